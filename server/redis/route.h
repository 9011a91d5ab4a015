// How calls find their server: one implementation per shape of the settings. On the client's
// thread.
#pragma once

#include "server/redis/call.h"
#include "server/redis/key_watch.h"

namespace culvert::redis {

class Route {
 public:
  virtual ~Route() = default;
  // Starts connecting. `Environment::health` hears how it goes.
  virtual void Start() = 0;
  // As Client::Call, but that `done` of a call that is dropped with the route is dropped, too.
  virtual void Call(Command command, Instant deadline, CallDone done) = 0;
  // Has `watch` follow the servers that matter, now and when they change.
  virtual void Watch(KeyWatch& watch) = 0;
};

}  // namespace culvert::redis
