// What the TLS leg costs beyond the kernel: gathered frames into records, records into frames, by
// net::Stream as the relay uses it (TLS 1.3, the suite that both prefer).

#include <benchmark/benchmark.h>
#include <openssl/ssl.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "server/net/stream.h"
#include "tests/bench/micro/memory_wire.h"
#include "tests/support/test_certificate.h"
#include "tests/support/tls_pump.h"

namespace culvert::net {
namespace {

// A client and a stream that have shaken hands.
class Pair {
 public:
  Pair() : client_(testing::TlsClientSettings{}), stream_(wire_, Fd(), &buffers_) {
    TlsSettings settings;
    settings.cert_file = certificate_.cert_file();
    settings.pkey_file = certificate_.key_file();
    context_ = *TlsContext::Load(settings, TicketKeys::Random(), TlsContext::Kind::kStream);
    stream_.StartTls(context_->NewSession());
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    SSL_set_bio(client_.ssl(), in_, out_);
    SSL_set_connect_state(client_.ssl());
    wire_.Keep(true);
    for (int flight = 0; flight < 4 && stream_.handshaking(); ++flight) {
      SSL_do_handshake(client_.ssl());
      wire_.Put(Ciphertext());
      stream_.Read();
      const std::string answer = wire_.TakeSent();
      BIO_write(in_, answer.data(), static_cast<int>(answer.size()));
    }
    wire_.Keep(false);
  }

  bool ready() const { return !stream_.handshaking(); }
  Stream& stream() { return stream_; }
  testing::MemoryWire& wire() { return wire_; }
  // Each of `frames` pieces of `size` bytes in a record of its own, as clients send media.
  std::string Encrypted(int frames, size_t size) {
    const std::string frame(size, 'm');
    for (int i = 0; i < frames; ++i) {
      SSL_write(client_.ssl(), frame.data(), static_cast<int>(frame.size()));
    }
    return Ciphertext();
  }

 private:
  std::string Ciphertext() {
    std::string all(BIO_ctrl_pending(out_), '\0');
    if (!all.empty()) BIO_read(out_, all.data(), static_cast<int>(all.size()));
    return all;
  }

  testing::TestCertificate certificate_;
  std::shared_ptr<TlsContext> context_;
  testing::TlsClient client_;
  BIO* in_;
  BIO* out_;
  testing::MemoryWire wire_;
  StreamBuffers buffers_;
  Stream stream_;
};

void Report(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * state.range(0) * state.range(1));
}

void Write(benchmark::State& state) {
  Pair pair;
  if (!pair.ready()) return state.SkipWithError("no handshake");
  std::vector<uint8_t> frame(static_cast<size_t>(state.range(1)), 'm');
  const std::vector<iovec> pieces(static_cast<size_t>(state.range(0)),
                                  {frame.data(), frame.size()});
  bool sound = true;
  for (auto _ : state) sound &= pair.stream().Write(pieces);
  if (!sound) state.SkipWithError("the stream broke");
  Report(state);
}
BENCHMARK(Write)->ArgNames({"frames", "bytes"})->ArgsProduct({{1, 40}, {160, 1200}});

// The time of the reads alone: what they read must be encrypted anew each time.
void Read(benchmark::State& state) {
  constexpr int kReads = 16;
  Pair pair;
  if (!pair.ready()) return state.SkipWithError("no handshake");
  const auto expected = static_cast<size_t>(state.range(0) * state.range(1));
  while (state.KeepRunningBatch(kReads)) {
    for (int i = 0; i < kReads; ++i) {
      pair.wire().Put(
          pair.Encrypted(static_cast<int>(state.range(0)), static_cast<size_t>(state.range(1))));
    }
    bool whole = true;
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < kReads; ++i) whole &= pair.stream().Read().data.size() == expected;
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    state.SetIterationTime(took.count());
    if (!whole) return state.SkipWithError("something was not read");
  }
  Report(state);
}
BENCHMARK(Read)
    ->ArgNames({"frames", "bytes"})
    ->ArgsProduct({{1, 40}, {160, 1200}})
    ->UseManualTime();

}  // namespace
}  // namespace culvert::net
