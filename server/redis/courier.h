// A client for what is written in passing: who is about to stop can wait until all of it is
// answered, and what Redis refuses goes to the log, once each.
//
// On the loop's thread, as Client is.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "server/base/result.h"
#include "server/net/loop.h"
#include "server/net/timer_wheel.h"
#include "server/observe/log.h"
#include "server/redis/client.h"

namespace culvert::redis {

class Courier {
 public:
  // As Client::Make; `option` is what the operator calls this Redis.
  static Result<std::unique_ptr<Courier>, std::string> Make(
      net::Loop& loop, net::TimerWheel& wheel, std::shared_ptr<const Settings> settings,
      observe::Log& log, const char* option);

  // `done` as for Client::Call, within the command timeout; none where nobody asks.
  void Send(Command command, CallDone done = nullptr);
  // Calls `done` once, now or later from the loop, when all that was sent has been answered or has
  // failed, which takes no longer than the command timeout. What an answer leads to is waited for,
  // too.
  void Finish(std::function<void()> done);

  const Statistics& statistics() const { return client_->statistics(); }

 private:
  Courier(std::unique_ptr<Client> client, observe::Log& log, const char* option)
      : log_(log), option_(option), client_(std::move(client)) {}
  void Tell(const CallError& error);

  observe::Log& log_;
  const char* const option_;
  std::set<std::string> told_;  // errors that the log has a line about
  uint64_t pending_ = 0;
  std::function<void()> finished_;
  std::unique_ptr<Client> client_;  // first to go: its calls refer to the rest
};

}  // namespace culvert::redis
