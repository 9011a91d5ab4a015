#include "server/cluster/redis_quota.h"

#include <utility>
#include <vector>

namespace culvert::cluster {
namespace {

using redis::CallResult;
using redis::Command;
using relay::FleetClaim;

// KEYS: the sets. ARGV: the entry, for how many seconds, and for each set how many entries it may
// have. 1: the entry is in all of them; 0: in none that it was not in before. One that is there
// already just gets its new time.
constexpr const char* kTake = R"(
local now = tonumber(redis.call('TIME')[1])
for i, key in ipairs(KEYS) do
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
  if redis.call('ZCARD', key) >= tonumber(ARGV[2 + i]) and
     not redis.call('ZSCORE', key, ARGV[1]) then return 0 end
end
for i, key in ipairs(KEYS) do
  redis.call('ZADD', key, now + tonumber(ARGV[2]), ARGV[1])
  if redis.call('TTL', key) < tonumber(ARGV[2]) then redis.call('EXPIRE', key, ARGV[2]) end
end
return 1)";
// The same without a limit.
constexpr uint32_t kAnyNumber = 0xffffffff;

struct LimitedSet {
  std::string key;
  uint32_t limit;
};

std::vector<LimitedSet> SetsOf(const FleetClaim& claim) {
  const std::string prefix = "culvert/quota/{all}/";
  std::vector<LimitedSet> sets;
  const relay::QuotaLimits& limits = claim.limits;
  if (limits.in_total != 0) sets.push_back({prefix + "total", limits.in_total});
  if (limits.of_realm != 0) sets.push_back({prefix + "realm/" + claim.realm, limits.of_realm});
  if (limits.of_user != 0) {
    sets.push_back({prefix + "user/" + claim.realm + "/" + claim.subject, limits.of_user});
  }
  return sets;
}

std::string EntryOf(const FleetClaim& claim) {
  return std::to_string(static_cast<uint64_t>(claim.session));
}

Command Take(const FleetClaim& claim, seconds time, bool limited) {
  constexpr size_t kFirstKey = 3;
  const std::vector<LimitedSet> sets = SetsOf(claim);
  std::vector<std::string> words = {"EVAL", kTake, std::to_string(sets.size())};
  for (const LimitedSet& set : sets) words.push_back(set.key);
  words.push_back(EntryOf(claim));
  words.push_back(std::to_string(time.count()));
  for (const LimitedSet& set : sets) {
    words.push_back(std::to_string(limited ? set.limit : kAnyNumber));
  }
  return {std::move(words), kFirstKey};
}

}  // namespace

Result<std::unique_ptr<RedisQuota>, std::string> RedisQuota::Make(
    net::Loop& loop, net::TimerWheel& wheel, std::shared_ptr<const redis::Settings> settings,
    observe::Log& log) {
  auto courier = redis::Courier::Make(loop, wheel, std::move(settings), log, "redis-quotadb");
  if (!courier) return Failure{courier.error()};
  return std::unique_ptr<RedisQuota>(new RedisQuota(std::move(courier).value()));
}

void RedisQuota::Acquire(const FleetClaim& claim, std::function<void(bool)> done) {
  courier_->Send(Take(claim, kForAllocate, /*limited=*/true),
                 [done = std::move(done)](const CallResult& result) {
                   const bool refused = result && result->type() == redis::Reply::Type::kInteger &&
                                        result->integer() == 0;
                   done(!refused);
                 });
}

void RedisQuota::Hold(const FleetClaim& claim, seconds lifetime) {
  courier_->Send(Take(claim, lifetime + kGrace, /*limited=*/false));
}

void RedisQuota::Release(const FleetClaim& claim) {
  for (LimitedSet& set : SetsOf(claim)) {
    courier_->Send({"ZREM", std::move(set.key), EntryOf(claim)});
  }
}

}  // namespace culvert::cluster
