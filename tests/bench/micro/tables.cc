// What the tables cost that are asked for each packet: by 5-tuple for the session, by channel or
// peer for the way on.

#include <absl/container/flat_hash_map.h>
#include <benchmark/benchmark.h>

#include <memory>
#include <random>
#include <vector>

#include "server/relay/udp_client.h"
#include "server/turn/allocation.h"

namespace culvert {
namespace {

constexpr Instant kNow{seconds(1000)};
constexpr Instant kLater{seconds(2000)};
// Looked up in this many random orders, so that no branch predictor learns them.
constexpr size_t kLookups = 4096;

PeerAddress Peer(size_t i) {
  return PeerAddress(IpAddress::V4(198, 51, static_cast<uint8_t>(i >> 8), static_cast<uint8_t>(i)),
                     50000);
}

uint16_t Number(size_t i) {
  return static_cast<uint16_t>(stun::kFirstChannel + i);
}

std::vector<size_t> RandomOrder(size_t below) {
  std::mt19937 random(1);
  std::vector<size_t> order(kLookups);
  for (size_t& index : order) index = random() % below;
  return order;
}

// An allocation with so many peers, each permitted, and bound to a channel if `channels`.
turn::RelayTable Table(size_t peers, bool channels) {
  turn::RelayTable table(RelayedAddress(IpAddress::V4(192, 0, 2, 1), 50000), kLater);
  for (size_t i = 0; i < peers; ++i) {
    table.InstallPermission(Peer(i).ip(), kNow, kLater, peers);
    if (channels) table.BindChannel(Number(i), Peer(i), kNow, kLater, peers);
  }
  return table;
}

void RouteInbound(benchmark::State& state) {
  const auto peers = static_cast<size_t>(state.range(0));
  const turn::RelayTable table = Table(peers, state.range(1) != 0);
  std::vector<PeerAddress> senders;
  for (const size_t i : RandomOrder(peers)) senders.push_back(Peer(i));
  size_t next = 0;
  for (auto _ : state) {
    auto inbound = table.RouteInbound(senders[next++ % kLookups], kNow);
    benchmark::DoNotOptimize(inbound);
  }
}
BENCHMARK(RouteInbound)->ArgNames({"peers", "channels"})->ArgsProduct({{1, 16, 256}, {0, 1}});

void RouteChannel(benchmark::State& state) {
  const auto peers = static_cast<size_t>(state.range(0));
  const turn::RelayTable table = Table(peers, true);
  std::vector<uint16_t> numbers;
  for (const size_t i : RandomOrder(peers)) numbers.push_back(Number(i));
  size_t next = 0;
  turn::Drop why{};
  for (auto _ : state) {
    const turn::Channel* channel = table.RouteChannel(numbers[next++ % kLookups], kNow, &why);
    benchmark::DoNotOptimize(channel);
  }
}
BENCHMARK(RouteChannel)->ArgName("peers")->Arg(1)->Arg(16)->Arg(256);

// A Send indication's question.
void Permits(benchmark::State& state) {
  const auto peers = static_cast<size_t>(state.range(0));
  const turn::RelayTable table = Table(peers, false);
  std::vector<IpAddress> ips;
  for (const size_t i : RandomOrder(peers)) ips.push_back(Peer(i).ip());
  size_t next = 0;
  for (auto _ : state) {
    bool permitted = table.Permits(ips[next++ % kLookups], kNow);
    benchmark::DoNotOptimize(permitted);
  }
}
BENCHMARK(Permits)->ArgName("peers")->Arg(1)->Arg(16)->Arg(256);

// The listener's look-up of a datagram's session, in a table like its own.
void ClientBy5Tuple(benchmark::State& state) {
  const auto clients = static_cast<size_t>(state.range(0));
  const IpAddress local = IpAddress::V4(192, 0, 2, 1);
  const auto path = [&local](size_t i) {
    return relay::UdpPath{
        Endpoint(IpAddress::V4(10, static_cast<uint8_t>(i >> 16), static_cast<uint8_t>(i >> 8),
                               static_cast<uint8_t>(i)),
                 static_cast<uint16_t>(1024 + i % 60000)),
        local};
  };
  absl::flat_hash_map<relay::UdpPath, std::unique_ptr<size_t>> table;
  for (size_t i = 0; i < clients; ++i) table.emplace(path(i), std::make_unique<size_t>(i));
  std::vector<relay::UdpPath> senders;
  for (const size_t i : RandomOrder(clients)) senders.push_back(path(i));
  size_t next = 0;
  for (auto _ : state) {
    auto found = table.find(senders[next++ % kLookups]);
    benchmark::DoNotOptimize(*found->second);
  }
}
BENCHMARK(ClientBy5Tuple)->ArgName("clients")->Arg(1)->Arg(1000)->Arg(50000);

}  // namespace
}  // namespace culvert
