#include "tests/bench/allocation_load.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "tests/support/turn_client.h"

namespace culvert::bench {
namespace {

using std::chrono::steady_clock;
using testing::ClientResult;
using testing::TurnClient;

enum class Phase : uint8_t { kWarmUp, kMeasured, kOver };

// One thread's share. Written by that thread, read when it has ended; `completed` at any time.
struct Share {
  std::atomic<uint64_t> completed = 0;
  uint64_t failed = 0;
  std::string first_failure{};
  Delays delays;
};

// Of the whole of 127.0.0.0/8 another address each time where the server is on loopback: a server
// may remember an address and port for a while after its allocation is gone (RFC 8656 section 7.2
// has it answer 437), and the ports of one address are soon used up.
std::optional<IpAddress> NextSource(const Endpoint& server) {
  static std::atomic<uint32_t> count = 0;
  if (!server.ip().is_v4() || !server.ip().is_loopback()) return std::nullopt;
  const uint32_t n = count.fetch_add(1);
  return IpAddress::V4(127, static_cast<uint8_t>(1 + (n / 62500) % 254),
                       static_cast<uint8_t>(1 + (n / 250) % 250),
                       static_cast<uint8_t>(1 + n % 250));
}

// One cycle; how long it took until the allocation stood.
ClientResult<steady_clock::duration> AllocateOnce(const Options& options) {
  testing::ConnectionSettings settings;
  settings.transport = options.transport;
  settings.server = options.server;
  settings.from = NextSource(options.server);
  const auto start = steady_clock::now();
  auto client = TurnClient::Connect(settings, {options.user, options.password});
  if (!client) return Failure{client.error()};
  const auto allocation = client->Allocate({});
  if (!allocation) return Failure{allocation.error()};
  const auto stood = steady_clock::now() - start;
  const auto deleted = client->Refresh(0);
  if (!deleted) return Failure{deleted.error()};
  return stood;
}

void RunShare(const Options& options, const std::atomic<Phase>& phase, Share& share) {
  while (phase.load() != Phase::kOver) {
    const bool measured = phase.load() == Phase::kMeasured;
    const auto stood = AllocateOnce(options);
    if (stood) {
      share.completed.fetch_add(1);
      if (measured) share.delays.Add(static_cast<uint64_t>(stood->count()));
      continue;
    }
    if (share.failed++ == 0) share.first_failure = stood.error().ToString();
  }
}

uint64_t Completed(const std::vector<Share>& shares) {
  uint64_t all = 0;
  for (const Share& share : shares) all += share.completed.load();
  return all;
}

// Passes the time of a phase without polling.
void WaitFor(double seconds) {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  const auto end = steady_clock::now() + std::chrono::duration<double>(seconds);
  never.wait_until(lock, end, [] { return false; });
}

void Collect(const std::vector<Share>& shares, AllocationResult* result) {
  for (const Share& share : shares) {
    result->failed += share.failed;
    result->delays.Add(share.delays);
    if (result->first_failure.empty()) result->first_failure = share.first_failure;
  }
}

}  // namespace

Result<AllocationResult, std::string> RunAllocations(const Options& options) {
  std::atomic<Phase> phase = Phase::kWarmUp;
  std::vector<Share> shares(options.parallel);
  std::vector<std::thread> threads;
  for (Share& share : shares) threads.emplace_back([&] { RunShare(options, phase, share); });
  WaitFor(options.warm_up_seconds);

  WindowMeter meter(options.server_pid);
  meter.Start();
  phase = Phase::kMeasured;
  const uint64_t before = Completed(shares);
  WaitFor(options.seconds);
  AllocationResult result;
  result.cost = meter.Stop();
  result.completed = Completed(shares) - before;
  phase = Phase::kOver;
  for (std::thread& thread : threads) thread.join();
  Collect(shares, &result);
  if (result.completed == 0) return Failure{"no allocation succeeded: " + result.first_failure};
  return result;
}

}  // namespace culvert::bench
