// Drives running sessions on a thread of its own: a step of traffic at each tick, and what arrives
// is taken at once.
#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "server/base/time.h"
#include "tests/support/running_session.h"

namespace culvert::testing {

class SteadyTraffic {
 public:
  static constexpr milliseconds kTick{10};
  static constexpr seconds kRenewal{60};

  explicit SteadyTraffic(milliseconds tick = kTick) : tick_(tick) {}
  ~SteadyTraffic();
  SteadyTraffic(const SteadyTraffic&) = delete;
  SteadyTraffic& operator=(const SteadyTraffic&) = delete;

  // Before Start.
  void Add(RunningSessionPtr session) { sessions_.push_back(std::move(session)); }
  void Start();
  // Sends no more, waits for what is under way, deletes the allocations. What went wrong in each
  // session, and everything that did not arrive; empty when all is well.
  std::vector<std::string> Stop();

  // From any thread.
  bool healthy() const { return healthy_; }
  uint64_t steps() const { return steps_; }

 private:
  using Time = std::chrono::steady_clock::time_point;
  void Run();
  void ReceiveUntil(Time until);

  const milliseconds tick_;
  std::vector<RunningSessionPtr> sessions_;
  std::thread thread_;
  std::atomic<bool> stop_ = false;
  std::atomic<bool> healthy_ = true;
  std::atomic<uint64_t> steps_ = 0;
};

}  // namespace culvert::testing
