// Users whose records are in Redis: SIP Digest, GBA, and coturn's own schema (docs/redis.md).
//
// A look-up is one round trip with all the keys that could know the user; a name that must be found
// first (USERHASH, IMPU) costs another before it. Nothing is remembered here: credential_cache.h
// goes around it. When Redis does not answer in time, or says that it cannot, the answer is
// kProviderDown.
//
// Owner and threads: one for each worker, on that worker's thread, with that worker's store.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "auth/contract.h"
#include "auth/providers/redis_answer.h"
#include "auth/providers/redis_store.h"
#include "server/redis/call.h"

namespace culvert::auth {

class RedisUsers : public Provider {
 public:
  RedisUsers(std::shared_ptr<RedisStore> store, std::shared_ptr<const RedisUserSettings> settings);
  ~RedisUsers() override;

  std::string_view name() const override { return "redis"; }
  // `done` is called from the loop, or before returning where nobody needs to be asked.
  void Lookup(const Question& question, const Now& now, std::function<void(Answer)> done) override;
  Offers offers() const override {
    return {.sha256 = settings_->sha256, .userhash = settings_->userhash};
  }
  // Told by Redis within a round trip. REQUIRES: called once at most.
  void OnChange(Changed changed) override;

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

  const std::shared_ptr<const RedisUserSettings> settings_;
  const std::shared_ptr<RedisStore> store_;
};

}  // namespace culvert::auth
