// Quotas over all nodes, kept in a Redis (redis-quotadb): a sorted set for each user, each realm
// and for all, with an entry for each allocation under the time at which it is over. One script
// takes a place in all of them or in none, by Redis's own clock, so that however many nodes ask at
// once no more are let in than there are places.
//
//   culvert/quota/{all}/total
//   culvert/quota/{all}/realm/<realm>
//   culvert/quota/{all}/user/<realm>/<subject>
//
// (The braces keep them on one node of a Redis Cluster, as one script needs.)
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
#include "server/relay/fleet_quota.h"

namespace culvert::cluster {

class RedisQuota final : public relay::FleetQuota {
 public:
  // How long a place is kept for an Allocate that is not answered yet.
  static constexpr seconds kForAllocate{60};
  // How long an entry outlives its allocation where nobody deletes it: its Refresh may be on the
  // way.
  static constexpr seconds kGrace{30};

  // Begins to connect. All that is given outlives it. The error is one of TLS files.
  static Result<std::unique_ptr<RedisQuota>, std::string> Make(
      net::Loop& loop, net::TimerWheel& wheel, std::shared_ptr<const redis::Settings> settings,
      observe::Log& log);

  void Acquire(const relay::FleetClaim& claim, std::function<void(bool)> done) override;
  void Hold(const relay::FleetClaim& claim, seconds lifetime) override;
  void Release(const relay::FleetClaim& claim) override;
  void Finish(std::function<void()> done) override { courier_->Finish(std::move(done)); }

  const redis::Statistics& statistics() const { return courier_->statistics(); }

 private:
  explicit RedisQuota(std::unique_ptr<redis::Courier> courier) : courier_(std::move(courier)) {}

  const std::unique_ptr<redis::Courier> courier_;
};

}  // namespace culvert::cluster
