// User databases: Redis, and those of coturn that are not read. Connection strings carry passwords,
// so that no value here is ever shown.

#include <algorithm>
#include <array>
#include <cctype>

#include "server/config/option_groups.h"
#include "server/config/option_row.h"
#include "server/config/setters.h"
#include "server/redis/connection_string.h"

namespace culvert::config {
namespace {

constexpr std::string_view kNoSqlite =
    "SQLite is not read; users come from redis-userdb, user and user-file";
constexpr std::string_view kNoPostgres =
    "PostgreSQL is not read; users come from redis-userdb, user and user-file";
constexpr std::string_view kNoMysql =
    "MySQL is not read; users come from redis-userdb, user and user-file";
constexpr std::string_view kNoMongo =
    "MongoDB is not read; users come from redis-userdb, user and user-file";

template <std::string Options::*kField>
std::optional<std::string> SetRedis(Options& options, std::string_view value) {
  const auto settings = redis::ParseConnectionString(value);
  if (!settings) return settings.error();
  options.*kField = std::string(value);
  return std::nullopt;
}

// A host name (RFC 1123), for it goes into keys as it is written here.
std::optional<std::string> SetNaf(Options& options, std::string_view value) {
  constexpr size_t kLongestName = 253;
  const bool is_name = std::all_of(value.begin(), value.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '.';
  });
  if (value.empty() || value.size() > kLongestName || !is_name) {
    return std::string("expected a host name, such as turn1.home1.net");
  }
  options.gba_naf = std::string(value);
  return std::nullopt;
}

std::optional<std::string> SetUa(Options& options, std::string_view value) {
  constexpr size_t kDigits = 10;
  const bool is_hex = std::all_of(value.begin(), value.end(),
                                  [](unsigned char c) { return std::isxdigit(c) != 0; });
  if (value.size() != kDigits || !is_hex) return std::string("expected 10 hexadecimal digits");
  options.gba_ua = std::string(value);
  return std::nullopt;
}

constexpr std::array kOptions = {
    NoEffectValue("userdb", "FILE", "", kNoSqlite, 'b'),
    NoEffectValue("db", "FILE", "", kNoSqlite),
    Secret(NoEffectValue("psql-userdb", "CONNECTION", "", kNoPostgres, 'e')),
    Secret(NoEffectValue("sql-userdb", "CONNECTION", "", kNoPostgres)),
    Secret(NoEffectValue("mysql-userdb", "CONNECTION", "", kNoMysql, 'M')),
    NoEffectValue("secret-key-file", "FILE", "", kNoMysql),
    Secret(NoEffectValue("mongo-userdb", "CONNECTION", "", kNoMongo, 'J')),
    Secret(Value("redis-userdb", 'N', "CONNECTION", "none", SetRedis<&Options::redis_userdb>,
                 "Users are in this Redis, too: SIP Digest and GBA records, and coturn's own. See "
                 "docs/redis.md for the words and the records.")),
    Value("redis-cache-ttl", kNoLetter, "SECONDS", "300",
          SetNumber<&Options::redis_cache_ttl, 0, kMaxSeconds>,
          "How long a user from Redis is known without asking again. Redis tells of changes, so "
          "that they take effect at once anyway; 0: always ask."),
    Value("redis-cache-stale", kNoLetter, "SECONDS", "3600",
          SetNumber<&Options::redis_cache_stale, 0, kMaxSeconds>,
          "How long users who are known are served while Redis is out of reach; 0: not at all."),
    Value("redis-cache-entries", kNoLetter, "NUMBER", "100000",
          SetNumber<&Options::redis_cache_entries, 1, kMax32>,
          "How many users from Redis a worker remembers."),
    Flag("redis-userhash", kNoLetter, "no", SetFlag<&Options::redis_userhash>,
         "All users in Redis have an entry by their USERHASH, so that names may come hashed."),
    Flag("redis-sha256", kNoLetter, "no", SetFlag<&Options::redis_sha256>,
         "All users in Redis have a SHA-256 key, so that SHA-256 may be announced."),
    Flag("redis-impu", kNoLetter, "no", SetFlag<&Options::redis_impu>,
         "A USERNAME may be a public identity (sip:, sips:, tel:) that Redis maps to a private "
         "one."),
    Value("gba-naf", kNoLetter, "HOST", "none", SetNaf,
          "The name that GBA keys are made for, where the realm does not hold it."),
    Value("gba-ua", kNoLetter, "HEX", "0100000002", SetUa,
          "The Ua security protocol identifier that GBA keys are made for (TS 33.220 Annex H)."),
    Flag("keep-withdrawn", kNoLetter, "no", SetFlag<&Options::keep_withdrawn>,
         "Allocations go on to their end when their user is removed or barred, as in coturn; else "
         "they end within seconds."),
    Secret(Value("redis-quotadb", kNoLetter, "CONNECTION", "none",
                 SetRedis<&Options::redis_quotadb>,
                 "Redis by which user-quota, total-quota and the quotas of realms hold for all "
                 "relays that name it; a database of its own. See docs/redis.md.")),
    Secret(Value("redis-statsdb", 'O', "CONNECTION", "none", SetRedis<&Options::redis_statsdb>,
                 "Allocations and their traffic are told to this Redis, with coturn's keys and "
                 "events. See docs/redis.md.")),
};

}  // namespace

std::span<const Option> DatabaseOptions() {
  return kOptions;
}

}  // namespace culvert::config
