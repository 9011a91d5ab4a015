#include "auth/admin/workplace.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <ostream>
#include <utility>

#include "server/config/turnserver_conf.h"

namespace culvert::auth::admin {
namespace {

constexpr const char* kEnvironment = "CULVERT_REDIS";

// The last value of an option in a turnserver.conf; empty where it has none.
Result<std::string, Trouble> ValueIn(const std::string& path, std::string_view option) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return CouldNot("cannot read " + path + ": " + std::strerror(errno));
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto settings = config::ReadTurnserverConf(path, text);
  if (!settings) return CouldNot(settings.error().message);
  std::string value;
  for (const config::Setting& setting : *settings) {
    if (setting.option->name == option) value = setting.value.value_or("");
  }
  return value;
}

}  // namespace

Result<std::string, Trouble> Workplace::ConnectionString() {
  if (!request.redis.empty()) return request.redis;
  if (!request.config.empty()) {
    auto value = ValueIn(request.config, "redis-userdb");
    if (value && value->empty()) {
      return CouldNot(request.config + " has no redis-userdb: give --redis");
    }
    return value;
  }
  if (auto value = console.environment(kEnvironment); value && !value->empty()) {
    return std::move(*value);
  }
  return UsedWrongly(
      "which Redis? Give --redis \"ip=127.0.0.1 port=6379 dbname=0\", --config with a "
      "turnserver.conf that has redis-userdb, or the environment variable CULVERT_REDIS");
}

Done Workplace::CheckWhere() {
  const auto where = ConnectionString();
  if (!where) return Failure{where.error()};
  return Store::Check(*where);
}

Result<Store*, Trouble> Workplace::OpenStore() {
  if (store_) return store_.get();
  const auto where = ConnectionString();
  if (!where) return Failure{where.error()};
  auto store = Store::Open(*where);
  if (!store) return Failure{store.error()};
  store_ = std::move(store.value());
  return store_.get();
}

Result<std::string, Trouble> Workplace::Realm() {
  std::string realm = request.realm;
  if (realm.empty() && !request.config.empty()) {
    auto value = ValueIn(request.config, "realm");
    if (!value) return value;
    realm = std::move(*value);
  }
  if (realm.empty()) return UsedWrongly("which realm? Give --realm");
  if (const auto wrong = WrongRealm(realm)) return UsedWrongly("--realm: " + *wrong);
  return realm;
}

void Workplace::Tell(const std::string& line, const Json& object) {
  if (request.json) {
    PrintJson(object);
  } else if (!request.quiet) {
    console.out << Printable(line) << "\n";
  }
}

void Workplace::PrintJson(const Json& json) {
  console.out << json.dump(-1, ' ', false, Json::error_handler_t::replace) << "\n";
}

std::string Printable(std::string_view text) {
  std::string shown(text);
  std::replace_if(
      shown.begin(), shown.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return shown;
}

bool IsUtf8(std::string_view text) {
  try {
    (void)Json(text).dump();
    return true;
  } catch (const Json::exception&) {
    return false;
  }
}

}  // namespace culvert::auth::admin
