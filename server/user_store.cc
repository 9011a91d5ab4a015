#include "server/user_store.h"

#include <utility>
#include <vector>

#include "auth/gba.h"
#include "auth/provider_chain.h"
#include "auth/providers/redis_origins.h"
#include "auth/providers/redis_store.h"
#include "auth/providers/redis_tokens.h"
#include "auth/providers/redis_users.h"
#include "server/redis/client.h"
#include "server/redis/connection_string.h"
#include "server/setup.h"

namespace culvert {
namespace {

// A provider with the reader of origins beside it, for both go with their store.
class WithOrigins final : public auth::Provider {
 public:
  WithOrigins(std::unique_ptr<auth::Provider> provider, std::unique_ptr<auth::RedisOrigins> origins)
      : origins_(std::move(origins)), provider_(std::move(provider)) {}

  std::string_view name() const override { return provider_->name(); }
  void Lookup(const auth::Question& question, const Now& now,
              std::function<void(auth::Answer)> done) override {
    provider_->Lookup(question, now, std::move(done));
  }
  auth::Offers offers() const override { return provider_->offers(); }
  void OnChange(Changed changed) override { provider_->OnChange(std::move(changed)); }

 private:
  const std::unique_ptr<auth::RedisOrigins> origins_;
  const std::unique_ptr<auth::Provider> provider_;
};

}  // namespace

Result<std::shared_ptr<const UserStore>, std::string> UserStore::Load(
    const config::Options& options) {
  auto redis = redis::ParseConnectionString(options.redis_userdb);
  if (!redis) return Failure{"redis-userdb: " + redis.error()};
  const auto ua = auth::ParseUaId(options.gba_ua);
  if (!ua) return Failure{std::string("gba-ua: expected 10 hexadecimal digits")};
  auto users = std::make_shared<auth::RedisUserSettings>();
  users->gba_naf = options.gba_naf;
  users->gba_ua = *ua;
  users->rest_separator = options.rest_api_separator;
  users->userhash = options.redis_userhash;
  users->sha256 = options.redis_sha256;
  users->impu = options.redis_impu;
  auto store = std::make_shared<UserStore>();
  store->redis_ = std::move(redis).value();
  store->users_ = std::move(users);
  store->cache_.fresh = options.redis_cache_ttl;
  store->cache_.stale = options.redis_cache_stale;
  store->cache_.most_entries = options.redis_cache_entries;
  store->origins_ = options.dynamic_realms;
  if (options.oauth) store->token_server_ = ServerNameOf(options);
  return std::shared_ptr<const UserStore>(std::move(store));
}

Result<WorkerProvider, std::string> UserStore::MakeFor(const ProviderParts& parts) const {
  auto client = redis::Client::Make(parts.loop, parts.wheel, redis_, parts.log);
  if (!client) return Failure{"redis-userdb: " + client.error()};
  const redis::Statistics* const statistics = &client.value()->statistics();
  const auto store = std::make_shared<auth::RedisStore>(std::move(client).value(), parts.log,
                                                        parts.counters.credentials.bad_records);
  const auto cached = [&](std::unique_ptr<auth::Provider> provider) {
    return std::make_unique<auth::CredentialCache>(std::move(provider), cache_,
                                                   parts.counters.credentials);
  };
  std::unique_ptr<auth::Provider> users = cached(std::make_unique<auth::RedisUsers>(store, users_));
  if (token_server_) {
    std::vector<std::unique_ptr<auth::Provider>> both;
    both.push_back(std::move(users));
    both.push_back(std::make_unique<auth::RedisTokens>(
        cached(std::make_unique<auth::RedisTokenKeys>(store)), *token_server_));
    users = std::make_unique<auth::ProviderChain>(std::move(both));
  }
  if (origins_ && parts.on_origins) {
    auto origins =
        std::make_unique<auth::RedisOrigins>(store, parts.loop, parts.wheel, parts.on_origins);
    users = std::make_unique<WithOrigins>(std::move(users), std::move(origins));
  }
  return WorkerProvider{std::move(users), statistics};
}

}  // namespace culvert
