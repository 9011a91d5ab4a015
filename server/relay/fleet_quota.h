// Quotas that hold for all nodes together: the seam that a room above plugs something into (over
// Redis: server/cluster). relay::Quota comes first and holds for this process whatever comes of
// this.
//
// Belongs to one worker and is called on its thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "server/base/time.h"
#include "server/observe/log.h"
#include "server/relay/quota.h"

namespace culvert::relay {

// One allocation's place in the quotas.
struct FleetClaim {
  observe::SessionId session;  // unique over all nodes
  std::string realm;
  std::string subject;
  QuotaLimits limits;
};

class FleetQuota {
 public:
  virtual ~FleetQuota() = default;
  // REQUIRES: there is a limit. `done` is called once, later, from the loop: whether all limits
  // leave room. What is granted is given back with Release. Whom nobody can be asked about is let
  // in: the quotas of this node still hold.
  virtual void Acquire(const FleetClaim& claim, std::function<void(bool granted)> done) = 0;
  // It was granted, and lives for `lifetime` from now: afterwards the place is free again, however
  // this node has ended.
  virtual void Hold(const FleetClaim& claim, seconds lifetime) = 0;
  virtual void Release(const FleetClaim& claim) = 0;
  // The worker is about to stop: `done` is called once, when what was released is out or lost.
  virtual void Finish(std::function<void()> done) = 0;
};

}  // namespace culvert::relay
