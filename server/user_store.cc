#include "server/user_store.h"

#include <utility>

#include "auth/gba.h"
#include "auth/providers/redis_users.h"
#include "server/redis/client.h"
#include "server/redis/connection_string.h"

namespace culvert {

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
  return std::shared_ptr<const UserStore>(std::move(store));
}

Result<WorkerProvider, std::string> UserStore::MakeFor(const ProviderParts& parts) const {
  auto client = redis::Client::Make(parts.loop, parts.wheel, redis_, parts.log);
  if (!client) return Failure{"redis-userdb: " + client.error()};
  const redis::Statistics* const statistics = &client.value()->statistics();
  auto users = std::make_unique<auth::RedisUsers>(std::move(client).value(), users_, parts.log,
                                                  parts.counters.credentials.bad_records);
  return WorkerProvider{
      std::make_unique<auth::CredentialCache>(std::move(users), cache_, parts.counters.credentials),
      statistics};
}

}  // namespace culvert
