// The client of a Redis: asynchronous, pipelined, never blocking. One server, a primary that
// sentinels know, or a cluster: the settings say which, callers see no difference.
//
//   auto client = Client::Make(loop, wheel, settings, log);
//   client->Call({"GET", "turn/realm/a/user/b/key"}, milliseconds(500), [](CallResult result)
//   {...});
//
// One per worker; everything belongs to the loop's thread (statistics() may be read by any). Who
// owns loop and wheel advances the wheel (timer_wheel.h): all deadlines hang on it, with its tick.
//
// The connection is made at once and made again whenever it is lost, with growing pauses. Calls
// made before the first attempt has ended, or right after a loss, wait for its outcome; while Redis
// is known to be down they fail at once. Nothing is sent twice: a command whose connection breaks
// under it fails with kDown.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/result.h"
#include "server/base/time.h"
#include "server/net/loop.h"
#include "server/net/timer_wheel.h"
#include "server/observe/log.h"
#include "server/redis/call.h"
#include "server/redis/settings.h"
#include "server/redis/statistics.h"

namespace culvert::redis {

class Client {
 public:
  // Which key has changed; nothing: anything may have.
  using OnChange = std::function<void(std::optional<std::string_view> key)>;

  // Starts connecting. Everything given outlives the client. The error is a text for the operator:
  // a file of TLS that cannot be used.
  static Result<std::unique_ptr<Client>, std::string> Make(net::Loop& loop, net::TimerWheel& wheel,
                                                           std::shared_ptr<const Settings> settings,
                                                           observe::Log& log);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Sends `command`. `done` is called exactly once, later and from the loop, never from within
  // Call: with the reply, or with why there is none by the deadline. An error that Redis answers is
  // a CallError; errors inside an array are elements of the Reply. A command that misses its
  // deadline takes its connection with it, for a pipeline cannot skip an answer.
  //
  // `done` may Call again. It may not destroy the client. A client that is destroyed destroys what
  // it has not called yet, uncalled.
  void Call(Command command, milliseconds deadline, CallDone done);

  // From now on tells of every change of a key that begins with one of `prefixes` (empty: of any
  // key), within a round trip and without any setting of Redis (CLIENT TRACKING BCAST, Redis 6).
  // Calls `changed` with nothing whenever changes may have gone unseen: at each (re)connection of
  // the tracking, on FLUSHALL and FLUSHDB. So what was read after that call and not named since is
  // fresh. Changes of our own are told, too. Prefixes must not begin with one another.
  // REQUIRES: not called before.
  void Watch(std::vector<std::string> prefixes, OnChange changed);

  // Calls are sent at once, now.
  bool connected() const { return statistics_.connected.value() != 0; }
  // Watch sees what changes, now; false without Watch.
  bool watching() const;
  // Why the last connection ended or did not come up; empty before that.
  const std::string& last_error() const;

  const Settings& settings() const { return *settings_; }
  const Statistics& statistics() const { return statistics_; }

 private:
  struct Parts;
  explicit Client(std::shared_ptr<const Settings> settings);
  void OnResult(Instant start, size_t size, const CallResult& result);

  const std::shared_ptr<const Settings> settings_;
  Statistics statistics_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace culvert::redis
