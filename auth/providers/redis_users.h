// Users whose records are in Redis: SIP Digest, GBA, and coturn's own schema (docs/redis.md).
//
// A look-up is one round trip with all the keys that could know the user; a name that must be found
// first (USERHASH, IMPU) costs another before it. Nothing is remembered here: credential_cache.h
// goes around it. When Redis does not answer in time, or says that it cannot, the answer is
// kProviderDown.
//
// Owner and threads: one for each worker, on that worker's thread, with a client of its own.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "auth/contract.h"
#include "auth/providers/redis_answer.h"
#include "server/observe/counter.h"
#include "server/observe/log.h"
#include "server/redis/client.h"

namespace culvert::auth {

class RedisUsers : public Provider {
 public:
  // `settings`, `log` and `bad_records` outlive it; the latter counts what was found in Redis and
  // could not be used.
  RedisUsers(std::unique_ptr<redis::Client> client,
             std::shared_ptr<const RedisUserSettings> settings, observe::Log& log,
             observe::Counter& bad_records);
  ~RedisUsers() override;

  std::string_view name() const override { return "redis"; }
  // `done` is called from the loop, or before returning where nobody needs to be asked.
  void Lookup(const Question& question, const Now& now, std::function<void(Answer)> done) override;
  Offers offers() const override {
    return {.sha256 = settings_->sha256, .userhash = settings_->userhash};
  }
  // Told by Redis within a round trip. REQUIRES: called once at most.
  void OnChange(Changed changed) override;

  const redis::Client& client() const { return *client_; }

 private:
  struct Pending;
  using PendingPtr = std::shared_ptr<Pending>;

  void FindName(const PendingPtr& pending, const std::string& key, bool is_hash);
  void OnName(const PendingPtr& pending, const std::string& key, bool is_hash,
              const redis::CallResult& result);
  void AskRecords(const PendingPtr& pending);
  void Ask(const PendingPtr& pending, redis::Command command, redis::Reply UserReplies::*into);
  void Take(const PendingPtr& pending, redis::Reply UserReplies::*into, redis::CallResult result);
  void Finish(const PendingPtr& pending);
  bool Understood(const redis::CallError& error);
  void Tell(const std::vector<Finding>& findings);
  void OnKey(std::optional<std::string_view> key, const Changed& changed);

  const std::shared_ptr<const RedisUserSettings> settings_;
  observe::Log& log_;
  observe::Counter& bad_records_;
  // Keys about which the log has a line, and errors of Redis: once each is enough.
  std::set<std::string, std::less<>> told_;
  std::unique_ptr<redis::Client> client_;  // first to go: its calls refer to the rest
};

}  // namespace culvert::auth
