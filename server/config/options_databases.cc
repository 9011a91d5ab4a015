// coturn's user databases. Connection strings carry passwords, so that no value here is ever shown.

#include <array>

#include "server/config/option_groups.h"
#include "server/config/option_row.h"

namespace culvert::config {
namespace {

constexpr std::string_view kNoSqlite =
    "SQLite is not read; users come from user and user-file, secrets from static-auth-secret";
constexpr std::string_view kNoPostgres =
    "PostgreSQL is not read; users come from user and user-file, secrets from static-auth-secret";
constexpr std::string_view kNoMysql =
    "MySQL is not read; users come from user and user-file, secrets from static-auth-secret";
constexpr std::string_view kNoMongo =
    "MongoDB is not read; users come from user and user-file, secrets from static-auth-secret";
constexpr std::string_view kNoRedis =
    "Redis is not read; users come from user and user-file, secrets from static-auth-secret";

constexpr std::array kOptions = {
    NoEffectValue("userdb", "FILE", "", kNoSqlite, 'b'),
    NoEffectValue("db", "FILE", "", kNoSqlite),
    Secret(NoEffectValue("psql-userdb", "CONNECTION", "", kNoPostgres, 'e')),
    Secret(NoEffectValue("sql-userdb", "CONNECTION", "", kNoPostgres)),
    Secret(NoEffectValue("mysql-userdb", "CONNECTION", "", kNoMysql, 'M')),
    NoEffectValue("secret-key-file", "FILE", "", kNoMysql),
    Secret(NoEffectValue("mongo-userdb", "CONNECTION", "", kNoMongo, 'J')),
    Secret(NoEffectValue("redis-userdb", "CONNECTION", "", kNoRedis, 'N')),
    Secret(NoEffectValue("redis-statsdb", "CONNECTION", "",
                         "the state of allocations is not written to Redis; see the metrics", 'O')),
};

}  // namespace

std::span<const Option> DatabaseOptions() {
  return kOptions;
}

}  // namespace culvert::config
