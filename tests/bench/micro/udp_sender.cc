// What it costs to gather a turn's datagrams and to make them ready for one sendmmsg, without the
// kernel's part.

#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "server/net/udp_batch.h"
#include "tests/bench/micro/memory_wire.h"

namespace culvert::net {
namespace {

constexpr int64_t kDatagrams = 40;

void Send(benchmark::State& state, const std::vector<Endpoint>& peers, const IpAddress* local,
          bool two_pieces) {
  testing::MemoryWire wire;
  const auto sender = std::make_unique<UdpSender>();
  const std::vector<uint8_t> bytes(static_cast<size_t>(state.range(0)), 'm');
  const ByteView all = bytes;
  const size_t cut = two_pieces ? 4 : all.size();
  uint64_t sent = 0;
  for (auto _ : state) {
    for (size_t i = 0; i < kDatagrams; ++i) {
      sender->Add(peers[i % peers.size()], local, all.first(cut), all.subspan(cut));
    }
    sent += sender->Flush(wire, -1).datagrams;
  }
  if (sent != static_cast<uint64_t>(state.iterations() * kDatagrams)) {
    state.SkipWithError("datagrams are missing");
  }
  state.SetItemsProcessed(state.iterations() * kDatagrams);
}

std::vector<Endpoint> Peers(uint8_t count) {
  std::vector<Endpoint> peers;
  for (uint8_t i = 0; i < count; ++i) peers.emplace_back(IpAddress::V4(198, 51, 100, i), 50000);
  return peers;
}

// One run.
void ToOnePeer(benchmark::State& state) {
  Send(state, Peers(1), nullptr, false);
}
BENCHMARK(ToOnePeer)->ArgName("bytes")->Arg(160)->Arg(1200);

// A message each.
void ToManyPeers(benchmark::State& state) {
  Send(state, Peers(kDatagrams), nullptr, false);
}
BENCHMARK(ToManyPeers)->ArgName("bytes")->Arg(160)->Arg(1200);

// Towards clients of a wildcard listener: header and body apart, and the source address told.
void ToOneClientFromAWildcard(benchmark::State& state) {
  const IpAddress local = IpAddress::V4(192, 0, 2, 1);
  Send(state, Peers(1), &local, true);
}
BENCHMARK(ToOneClientFromAWildcard)->ArgName("bytes")->Arg(160)->Arg(1200);

}  // namespace
}  // namespace culvert::net
