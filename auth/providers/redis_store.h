// The Redis that a worker's users are in: the client, and what everybody who reads there has in
// common. What is wrong there is counted and goes to the log once; changes are told to all readers.
//
// Owner and threads: one for each worker, on its thread, shared by those who read. Readers that go
// before it must go in the same turn as it does, for its calls refer to them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "auth/providers/redis_answer.h"
#include "server/observe/counter.h"
#include "server/observe/log.h"
#include "server/redis/client.h"

namespace culvert::auth {

class RedisStore {
 public:
  // `log` and `bad_records` outlive it; the latter counts what was found and could not be used.
  RedisStore(std::unique_ptr<redis::Client> client, observe::Log& log,
             observe::Counter& bad_records);
  ~RedisStore();
  RedisStore(const RedisStore&) = delete;
  RedisStore& operator=(const RedisStore&) = delete;

  // Asks within the command timeout; `done` as for Client::Call.
  void Ask(redis::Command command, redis::CallDone done);
  // Asks several at once. `done` gets the replies in their order, an error where a key is of
  // another type, or nothing when Redis could not be asked.
  void AskAll(std::vector<redis::Command> commands,
              std::function<void(std::optional<std::vector<redis::Reply>>)> done);

  // Whether an error that Redis answers is about the key. The others (no right to ask, still
  // loading, no quorum) say nothing about it, and go to the log.
  bool Understood(const redis::CallError& error);
  void Tell(const std::vector<Finding>& findings);

  // From now on `changed` is told of each key with one of WatchedPrefixes() (redis_keys.h) that
  // changes, and with nothing when changes may have gone unseen, as Client::Watch does.
  void Watch(redis::Client::OnChange changed);

  const redis::Client& client() const { return *client_; }

 private:
  void OnKey(std::optional<std::string_view> key);

  observe::Log& log_;
  observe::Counter& bad_records_;
  // Keys about which the log has a line, and errors of Redis: once each is enough.
  std::set<std::string, std::less<>> told_;
  std::vector<redis::Client::OnChange> watchers_;
  std::unique_ptr<redis::Client> client_;  // first to go: its calls refer to the rest
};

}  // namespace culvert::auth
