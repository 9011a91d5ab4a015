#include "tests/scenario/redis_relay.h"

#include "auth/hex.h"
#include "auth/keys.h"

namespace culvert::testing {

void RedisRelay::StartRelayWithRedis(const Change& change, const std::string& words) {
  StartRelay([&](config::Options& o) {
    o.users.clear();
    o.relay_threads = 1;
    o.redis_userdb = redis_.connection_string() + " " + words;
    if (change) change(o);
  });
}

TurnClient RedisRelay::Named(const std::string& name, const std::string& password,
                             ClientTransport transport) {
  auto client = TurnClient::Connect(SettingsFor(transport), {name, password});
  EXPECT_TRUE(client.ok()) << client.error().ToString();
  client->set_timeout(kPatience);
  return std::move(*client);
}

int RedisRelay::Try(const std::string& name, const std::string& password, uint8_t protocol) {
  TurnClient client = Named(name, password);
  const auto answer = client.Allocate({.transport = protocol});
  return answer.ok() ? 0 : answer.error().code;
}

void RedisRelay::WriteCoturnUser(const std::string& name, const std::string& password) {
  Write({"SET", std::string("turn/realm/") + kRealm + "/user/" + name + "/key",
         Md5Hex(name, password, kRealm)});
}

std::string Md5Hex(const std::string& name, const std::string& password, const std::string& realm) {
  return auth::Hex(auth::DeriveMd5Key(name, realm, password));
}

}  // namespace culvert::testing
