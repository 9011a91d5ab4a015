// What the codec costs for each message: on the data path ChannelData and indications, for requests
// parsing and integrity.

#include <benchmark/benchmark.h>

#include <array>
#include <cstring>
#include <vector>

#include "server/stun/builder.h"
#include "server/stun/channel_data.h"
#include "server/stun/framer.h"
#include "server/stun/message.h"

namespace culvert::stun {
namespace {

constexpr std::array<uint8_t, 16> kKey = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

const Endpoint& Peer(Family family) {
  static const Endpoint v4 = *Endpoint::Parse("198.51.100.1:50000");
  static const Endpoint v6 = *Endpoint::Parse("[2001:db8::1]:50000");
  return family == Family::kIPv4 ? v4 : v6;
}

std::vector<uint8_t> Copy(ByteView bytes) {
  return {bytes.begin(), bytes.end()};
}

// As a client sends it for the second time.
std::vector<uint8_t> AllocateRequest(IntegrityKind kind) {
  std::array<uint8_t, 512> buffer;
  Builder request(buffer, Class::kRequest, Method::kAllocate, TransactionId{1, 2, 3});
  constexpr uint8_t kUdp[4] = {kTransportUdp, 0, 0, 0};
  request.Add(AttributeType::kRequestedTransport, kUdp);
  request.AddUint32(AttributeType::kLifetime, 600);
  request.AddText(AttributeType::kUsername, "1700000000:alice");
  request.AddText(AttributeType::kRealm, "turn.example.org");
  request.AddText(AttributeType::kNonce, "obMatJos2AAACf//499k954d6OL34oL9FSTvy64s");
  request.AddIntegrity(kind, kKey);
  request.AddFingerprint();
  return Copy(request.Finish());
}

std::vector<uint8_t> SendIndication(size_t size) {
  std::vector<uint8_t> buffer(size + 200);
  const std::vector<uint8_t> data(size, 0x5a);
  Builder indication(buffer, Class::kIndication, Method::kSend, TransactionId{1, 2, 3});
  indication.AddXorAddress(AttributeType::kXorPeerAddress, Peer(Family::kIPv4));
  indication.Add(AttributeType::kData, data);
  return Copy(indication.Finish());
}

void ParseAllocate(benchmark::State& state) {
  const std::vector<uint8_t> bytes = AllocateRequest(IntegrityKind::kSha1);
  for (auto _ : state) {
    auto message = Message::Parse(bytes);
    benchmark::DoNotOptimize(message);
  }
}
BENCHMARK(ParseAllocate);

// With what the data path asks of it.
void ParseSendIndication(benchmark::State& state) {
  const std::vector<uint8_t> bytes = SendIndication(static_cast<size_t>(state.range(0)));
  for (auto _ : state) {
    const auto message = Message::Parse(bytes);
    auto peer = message->XorAddress(AttributeType::kXorPeerAddress);
    auto data = message->Find(AttributeType::kData);
    benchmark::DoNotOptimize(peer);
    benchmark::DoNotOptimize(data);
  }
}
BENCHMARK(ParseSendIndication)->Arg(160)->Arg(1200);

void ParseChannelDataMessage(benchmark::State& state) {
  std::vector<uint8_t> bytes(kChannelHeaderSize + static_cast<size_t>(state.range(0)));
  StoreChannelHeader(bytes.data(), 0x4001, static_cast<uint16_t>(state.range(0)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(bytes.data());
    auto message = ParseChannelData(bytes);
    benchmark::DoNotOptimize(message);
  }
}
BENCHMARK(ParseChannelDataMessage)->Arg(160)->Arg(1200);

// Forty ChannelData messages that came in one read of a stream.
void FrameAStream(benchmark::State& state) {
  constexpr size_t kFrames = 40;
  const size_t frame = kChannelHeaderSize + PaddedSize(static_cast<size_t>(state.range(0)));
  std::vector<uint8_t> stream(kFrames * frame);
  for (size_t i = 0; i < kFrames; ++i) {
    StoreChannelHeader(stream.data() + i * frame, 0x4001, static_cast<uint16_t>(state.range(0)));
  }
  for (auto _ : state) {
    for (ByteView rest = stream; !rest.empty();) rest = rest.subspan(NextFrame(rest).size);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kFrames));
}
BENCHMARK(FrameAStream)->Arg(160)->Arg(1200);

// The whole of it, by the builder: the relay itself writes only the header, in front of the data.
void BuildDataIndication(benchmark::State& state) {
  const auto family = state.range(0) == 4 ? Family::kIPv4 : Family::kIPv6;
  const std::vector<uint8_t> data(static_cast<size_t>(state.range(1)), 0x5a);
  std::vector<uint8_t> buffer(data.size() + 200);
  for (auto _ : state) {
    Builder indication(buffer, Class::kIndication, Method::kData, TransactionId{});
    indication.AddXorAddress(AttributeType::kXorPeerAddress, Peer(family));
    indication.Add(AttributeType::kData, data);
    ByteView finished = indication.Finish();
    benchmark::DoNotOptimize(finished);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(BuildDataIndication)->ArgNames({"ip", "bytes"})->ArgsProduct({{4, 6}, {160, 1200}});

void CheckIntegrity(benchmark::State& state) {
  const auto kind = state.range(0) == 1 ? IntegrityKind::kSha1 : IntegrityKind::kSha256;
  const std::vector<uint8_t> bytes = AllocateRequest(kind);
  const auto message = Message::Parse(bytes);
  bool right = true;
  for (auto _ : state) right &= VerifyIntegrity(*message, kind, kKey);
  if (!right) state.SkipWithError("the integrity is wrong");
}
BENCHMARK(CheckIntegrity)->ArgName("sha")->Arg(1)->Arg(256);

}  // namespace
}  // namespace culvert::stun
