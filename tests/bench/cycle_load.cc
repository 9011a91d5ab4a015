#include "tests/bench/cycle_load.h"

#include <atomic>
#include <thread>
#include <vector>

#include "tests/bench/waiting.h"

namespace culvert::bench {
namespace {

enum class Phase : uint8_t { kWarmUp, kMeasured, kOver };

// One thread's share. Written by that thread, read when it has ended; the counts at any time.
struct Share {
  std::unique_ptr<Cycle> cycle;
  std::atomic<uint64_t> completed = 0;
  std::atomic<uint64_t> resumed = 0;
  uint64_t failed = 0;
  std::string first_failure{};
  Delays delays;
};

void RunShare(const std::atomic<Phase>& phase, Share& share) {
  while (phase.load() != Phase::kOver) {
    const bool measured = phase.load() == Phase::kMeasured;
    const auto done = share.cycle->Run();
    if (done) {
      if (done->resumed) share.resumed.fetch_add(1);
      share.completed.fetch_add(1);
      if (measured) share.delays.Add(static_cast<uint64_t>(done->delay.count()));
      continue;
    }
    if (share.failed++ == 0) share.first_failure = done.error().ToString();
  }
}

uint64_t Sum(const std::vector<Share>& shares, std::atomic<uint64_t> Share::*count) {
  uint64_t all = 0;
  for (const Share& share : shares) all += (share.*count).load();
  return all;
}

void Collect(const std::vector<Share>& shares, CycleResult* result) {
  for (const Share& share : shares) {
    result->failed += share.failed;
    result->delays.Add(share.delays);
    if (result->first_failure.empty()) result->first_failure = share.first_failure;
  }
}

}  // namespace

Result<CycleResult, std::string> RunCycles(const Options& options, const MakeCycle& make) {
  std::vector<Share> shares(options.parallel);
  for (Share& share : shares) {
    auto cycle = make();
    if (!cycle) return Failure{cycle.error()};
    share.cycle = std::move(*cycle);
  }
  std::atomic<Phase> phase = Phase::kWarmUp;
  std::vector<std::thread> threads;
  for (Share& share : shares) threads.emplace_back([&] { RunShare(phase, share); });
  WaitFor(options.warm_up_seconds);

  WindowMeter meter(options.server_pid);
  meter.Start();
  phase = Phase::kMeasured;
  const uint64_t before = Sum(shares, &Share::completed);
  const uint64_t resumed_before = Sum(shares, &Share::resumed);
  WaitFor(options.seconds);
  CycleResult result;
  result.cost = meter.Stop();
  result.completed = Sum(shares, &Share::completed) - before;
  result.resumed = Sum(shares, &Share::resumed) - resumed_before;
  phase = Phase::kOver;
  for (std::thread& thread : threads) thread.join();
  Collect(shares, &result);
  if (result.completed == 0) return Failure{"not one cycle succeeded: " + result.first_failure};
  return result;
}

}  // namespace culvert::bench
