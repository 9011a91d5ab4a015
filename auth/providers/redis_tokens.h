// Users who come with an access token (RFC 7635) whose key is in Redis, as coturn's web admin
// writes it: turn/oauth/kid/<key id>, a hash (docs/redis.md). What a token is: token_users.h.
//
// Two providers, so that keys are remembered, asked for once, and forgotten when they change by the
// same credential_cache.h as users are: RedisTokenKeys knows keys, RedisTokens asks it, through a
// cache, and opens the token with what it gets.
//
// Owner and threads: as every provider, one for each worker, on its thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "auth/contract.h"
#include "auth/providers/redis_store.h"

namespace culvert::auth {

// Answers a question about a key id with a credential whose keys.token is the key, by whose size
// the algorithm is known, and whose policy holds for users with tokens under it. Not a provider of
// users: whoever had it in a chain would let clients in who know what no client knows.
class RedisTokenKeys : public Provider {
 public:
  // Key ids come from clients; longer ones than coturn has are unknown without asking.
  static constexpr size_t kLongestKeyId = 128;

  explicit RedisTokenKeys(std::shared_ptr<RedisStore> store) : store_(std::move(store)) {}

  std::string_view name() const override { return "redis-token-keys"; }
  void Lookup(const Question& question, const Now& now, std::function<void(Answer)> done) override;
  void OnChange(Changed changed) override;

 private:
  struct Pending;
  using PendingPtr = std::shared_ptr<Pending>;

  void OnRecord(const PendingPtr& pending, const redis::Reply& hash);
  // A database without any key has lost its data.
  void OnUnknown(const PendingPtr& pending);
  void AskLimits(const PendingPtr& pending, const std::string& realm);

  const std::shared_ptr<RedisStore> store_;
};

class RedisTokens : public Provider {
 public:
  // `server_name`: who tokens are sealed for. `keys`: as RedisTokenKeys, or a cache around it.
  RedisTokens(std::unique_ptr<Provider> keys, std::string server_name)
      : keys_(std::move(keys)), server_name_(std::move(server_name)) {}

  std::string_view name() const override { return "redis-tokens"; }
  // A question without a token is about somebody else's user.
  void Lookup(const Question& question, const Now& now, std::function<void(Answer)> done) override;
  // As TokenUsers.
  Offers offers() const override { return {.sha256 = true, .userhash = false}; }

 private:
  const std::unique_ptr<Provider> keys_;
  const std::string server_name_;
};

}  // namespace culvert::auth
