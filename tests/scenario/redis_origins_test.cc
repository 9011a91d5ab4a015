// The realm that Redis names for a web origin is asked for and served, on every worker.

#include <cstdio>

#include "tests/scenario/redis_relay.h"

namespace culvert::testing {
namespace {

constexpr const char* kOrigin = "https://app.example.org";
constexpr const char* kItsRealm = "app.realm";

class RedisOriginsTest : public RedisRelay {
 protected:
  // The realm that a client of `origin` is asked for.
  std::string RealmFor(const std::string& origin) {
    TurnClient client = Named("alice", "pw", ClientTransport::kTcp);
    (void)AllocateFrom(client, origin);
    return client.credentials().realm;
  }
  // 0, or the code of the refusal.
  static int AllocateFrom(TurnClient& client, const std::string& origin) {
    const auto answer = client.Transact(stun::Method::kAllocate, [&](stun::Builder& request) {
      request.AddUint32(stun::AttributeType::kRequestedTransport, stun::kTransportUdp << 24);
      request.AddText(stun::AttributeType::kOrigin, origin);
    });
    return answer.ok() ? 0 : answer.error().code;
  }
  // The kernel spreads connections over the workers: so many in a row are hardly ever of one.
  bool IsAskedForEverywhere(const std::string& realm) {
    constexpr int kConnections = 20;
    for (int i = 0; i < kConnections; ++i) {
      if (RealmFor(kOrigin) != realm) return false;
    }
    return true;
  }
};

TEST_F(RedisOriginsTest, AnOriginThatTurnadminWritesIsAskedForItsRealm) {
  StartRelayWithRedis([](config::Options& o) { o.relay_threads = 3; });
  EXPECT_EQ(RealmFor(kOrigin), kRealm);
  const std::string command = std::string("turnadmin -O -o ") + kOrigin + "/page -r " + kItsRealm +
                              " -N '" + redis_.connection_string() + " dbname=0' 2>&1";
  FILE* const program = popen(command.c_str(), "r");
  ASSERT_NE(program, nullptr);
  std::string said;
  for (int c = std::fgetc(program); c != EOF; c = std::fgetc(program)) said += static_cast<char>(c);
  ASSERT_EQ(pclose(program), 0) << said;
  EXPECT_TRUE(Eventually([&] { return IsAskedForEverywhere(kItsRealm); })) << said;
  EXPECT_EQ(RealmFor("https://other.example.org"), kRealm);

  // And its users are served.
  Write({"SET", std::string("turn/realm/") + kItsRealm + "/user/alice/key",
         Md5Hex("alice", "pw", kItsRealm)});
  TurnClient alice = Named("alice", "pw");
  EXPECT_EQ(AllocateFrom(alice, kOrigin), 0);
  EXPECT_EQ(alice.credentials().realm, kItsRealm);

  // Who has an allocation keeps it when the origin goes.
  redis_.Run({"DEL", std::string("turn/origin/") + kOrigin + ":443"});
  EXPECT_TRUE(Eventually([&] { return IsAskedForEverywhere(kRealm); }));
  EXPECT_TRUE(alice.Refresh(900).ok());
}

TEST_F(RedisOriginsTest, TheConfigurationGoesBefore) {
  Write({"SET", std::string("turn/origin/") + kOrigin + ":443", kItsRealm});
  Write({"SET", "turn/origin/https://other.example.org:443", "other.realm"});
  StartRelayWithRedis([](config::Options& o) { o.realms_of = {{kOrigin, "mine"}}; });
  EXPECT_TRUE(Eventually([&] { return RealmFor("https://other.example.org") == "other.realm"; }));
  EXPECT_EQ(RealmFor(kOrigin), "mine");
}

TEST_F(RedisOriginsTest, WithoutDynamicRealmsOriginsAreNotRead) {
  Write({"SET", std::string("turn/origin/") + kOrigin + ":443", kItsRealm});
  StartRelayWithRedis([](config::Options& o) { o.dynamic_realms = false; });
  // Who reads them begins before the first change is told.
  ASSERT_TRUE(Eventually([&] {
    WriteCoturnUser("alice", "pw");
    return relay().redis()[0]->invalidations.value() >= 1;
  }));
  EXPECT_EQ(relay().redis()[0]->commands.value(), 0u);
  EXPECT_EQ(RealmFor(kOrigin), kRealm);
}

}  // namespace
}  // namespace culvert::testing
