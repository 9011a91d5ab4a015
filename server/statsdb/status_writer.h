// Tells the status database (redis-statsdb) of a worker's allocations: a key for each that lives,
// and an event for all that happens to it, as coturn does. Where coturn hurts a fleet this does
// not: nobody else's keys are touched, keys end by themselves when nobody refreshes them, and
// nothing waits for Redis. What Redis does not take in time is lost, and counted by the client.
//
// One for each worker, on its thread, with a client of its own.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "server/base/result.h"
#include "server/base/time.h"
#include "server/net/loop.h"
#include "server/net/timer_wheel.h"
#include "server/observe/log.h"
#include "server/redis/courier.h"
#include "server/redis/settings.h"
#include "server/redis/statistics.h"
#include "server/relay/allocation_observer.h"

namespace culvert::statsdb {

class StatusWriter final : public relay::AllocationObserver {
 public:
  // How long a key outlives its allocation where nobody deletes it: the relay was killed, or Redis
  // was out of reach. Longer shows such allocations for longer; shorter could let a key go while
  // its Refresh is on the way.
  static constexpr seconds kGrace{60};
  // For the settings: what waits for Redis at most before events are lost. Each allocation's end
  // takes seven calls, and a worker that stops ends all of its allocations at once.
  static constexpr redis::Limits kLimits{.pending_calls = 100'000,
                                         .pending_bytes = 32 * 1024 * 1024};

  // Begins to connect. All that is given outlives it. The error is one of TLS files.
  static Result<std::unique_ptr<StatusWriter>, std::string> Make(
      net::Loop& loop, net::TimerWheel& wheel, std::shared_ptr<const redis::Settings> settings,
      observe::Log& log);

  std::shared_ptr<relay::ObservedAllocation> OnCreated(const relay::AllocationFacts& facts,
                                                       seconds lifetime) override;
  void Finish(std::function<void()> done) override { courier_->Finish(std::move(done)); }

  const redis::Statistics& statistics() const { return courier_->statistics(); }

  // --- for its allocations
  void Set(const std::string& key, std::string value, seconds lifetime);
  void Delete(const std::string& key);
  void Publish(std::string channel, std::string message);

 private:
  explicit StatusWriter(std::unique_ptr<redis::Courier> courier) : courier_(std::move(courier)) {}

  const std::unique_ptr<redis::Courier> courier_;
};

}  // namespace culvert::statsdb
