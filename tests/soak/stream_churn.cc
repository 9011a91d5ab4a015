#include "tests/soak/stream_churn.h"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "tests/support/numbered_bytes.h"

namespace culvert::soak {
namespace {

using testing::ClientConnection;
using testing::ClientError;
using testing::ClientFailure;
using testing::ClientResult;
using testing::ClientTransport;
using testing::LoopbackPeer;
using testing::TurnClient;

constexpr unsigned kThreads = 2;
constexpr unsigned kStreamsPerAllocation = 10;
// Of so many allocations one has plain TCP, whose bytes may take another way through the relay.
constexpr unsigned kPlainPeriod = 4;
constexpr size_t kLeast = 60'000;
constexpr size_t kSpread = 80'000;
constexpr size_t kPiece = 16 * 1024;
constexpr milliseconds kPatience = seconds(20);

// What went wrong; empty when nothing did.
using Trouble = std::string;

Trouble Explain(const char* step, const ClientError& error) {
  return std::string(step) + ": " + error.ToString();
}

// Sends `size` bytes of `flow` on a thread of its own.
class Sending {
 public:
  Sending(ClientConnection& stream, uint64_t flow, size_t size)
      : thread_([this, &stream, flow, size] {
          std::vector<uint8_t> bytes(size);
          testing::WriteStream(flow, 0, bytes);
          const auto sent = stream.Send(bytes, kPatience);
          if (!sent) trouble_ = Explain("the peer's sending", sent.error());
        }) {}
  ~Sending() {
    if (thread_.joinable()) thread_.join();
  }
  Trouble Finish() {
    thread_.join();
    return trouble_;
  }

 private:
  Trouble trouble_;
  std::thread thread_;
};

Trouble Expect(ClientConnection& stream, const char* where, uint64_t flow, size_t from, size_t to) {
  std::vector<uint8_t> got(to - from);
  if (const auto done = stream.ReceiveAll(got, kPatience); !done)
    return Explain(where, done.error());
  if (testing::IsStream(flow, from, got)) return "";
  return std::string(where) + ": bytes differ behind byte " + std::to_string(from);
}

// `size` bytes of two flows, at once.
Trouble MoveBothWays(ClientConnection& client, ClientConnection& peer, uint64_t flow, size_t size) {
  Sending down(peer, flow + 1, size);
  std::vector<uint8_t> piece;
  for (size_t at = 0; at < size; at += piece.size()) {
    piece.resize(std::min(kPiece, size - at));
    testing::WriteStream(flow, at, piece);
    if (const auto sent = client.Send(piece, kPatience); !sent) {
      return Explain("the client's sending", sent.error());
    }
    const size_t end = at + piece.size();
    if (auto trouble = Expect(peer, "at the peer", flow, at, end); !trouble.empty()) return trouble;
    if (auto trouble = Expect(client, "at the client", flow + 1, at, end); !trouble.empty()) {
      return trouble;
    }
  }
  return down.Finish();
}

// `first` ends; the other side must see it, and ends, too.
Trouble CloseOneAfterTheOther(ClientConnection& first, ClientConnection& other) {
  uint8_t byte = 0;
  for (auto [ending, hearing] : {std::pair(&first, &other), std::pair(&other, &first)}) {
    ending->EndSending();
    const auto end = hearing->Receive({&byte, 1}, kPatience);
    if (end) return "a byte came behind the last one";
    if (end.error().failure != ClientFailure::kClosed) return Explain("the end", end.error());
  }
  return "";
}

// One thread's allocation and the connections made of it.
class Owner {
 public:
  Owner(const testing::RelayProcess& relay, uint64_t flow) : relay_(relay), flow_(flow) {}

  Trouble NextStream() {
    if (streams_++ % kStreamsPerAllocation == 0) {
      if (auto trouble = Renew(); !trouble.empty()) return trouble;
    }
    if (!control_) return "there is no allocation";
    const auto id = control_->ConnectToPeer(listener_.address());
    if (!id) return Explain("Connect", id.error());
    auto peer = listener_.Accept(kPatience);
    if (!peer) return Explain("accepting", peer.error());
    auto client = control_->BindDataConnection(*id);
    if (!client) return Explain("ConnectionBind", client.error());
    flow_ += 2;
    const size_t size = kLeast + flow_ * 7919 % kSpread;
    if (auto trouble = MoveBothWays(*client, *peer, flow_, size); !trouble.empty()) return trouble;
    return streams_ % 2 == 0 ? CloseOneAfterTheOther(*client, *peer)
                             : CloseOneAfterTheOther(*peer, *client);
  }

  Trouble End() {
    if (!control_) return "";
    const auto ended = control_->Refresh(0);
    control_.reset();
    return ended ? "" : Explain("ending", ended.error());
  }

 private:
  Trouble Renew() {
    if (auto trouble = End(); !trouble.empty()) return trouble;
    const bool plain = ++renewals_ % kPlainPeriod == 0;
    auto client = relay_.Connect(plain ? ClientTransport::kTcp : ClientTransport::kTls);
    if (!client) return Explain("connecting", client.error());
    const auto answer = client->Allocate({.transport = stun::kTransportTcp});
    if (!answer) return Explain("allocating", answer.error());
    control_.emplace(std::move(*client));
    return "";
  }

  const testing::RelayProcess& relay_;
  uint64_t flow_;
  const LoopbackPeer listener_{SOCK_STREAM};
  std::optional<TurnClient> control_;
  unsigned streams_ = 0;
  unsigned renewals_ = 0;
};

}  // namespace

StreamChurn::StreamChurn(const testing::RelayProcess& relay, double per_second, RunEnd& end,
                         Findings& findings)
    : relay_(relay), end_(end), findings_(findings) {
  for (unsigned i = 0; i < kThreads; ++i) {
    threads_.emplace_back([this, per_second, i] { Run(per_second / kThreads, i); });
  }
}

void StreamChurn::Join() {
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void StreamChurn::Run(double per_second, unsigned thread) {
  Owner owner(relay_, uint64_t{thread + 1} << 48);
  Pace pace(end_, per_second);
  const auto report = [this](const Trouble& trouble) {
    if (!trouble.empty()) findings_.Add("stream, " + trouble);
  };
  while (pace.Next()) {
    report(owner.NextStream());
    ++done_;
  }
  report(owner.End());
}

}  // namespace culvert::soak
