// What culvert-admin writes is what the relay reads: each kind of record opens an allocation over
// TLS or closes the way to it, without a word to the relay.

#include <chrono>

#include "auth/keys.h"
#include "tests/admin_tool/tool.h"
#include "tests/scenario/redis_relay.h"

namespace culvert::testing {
namespace {

constexpr const char* kBTid = "I1U8vpY3qJ0hiuZNrke/NQ==@bsf.home1.net";
constexpr const char* kGbaRealm = "3GPP-bootstrapping@turn1.home1.net";
constexpr const char* kGbaPassword = "S1E1O1iP5KTQAykCeERMkJxTJ0klOJRwmwvez7A4Lm4=";

class CulvertAdminTest : public RedisRelay {
 protected:
  void SetUp() override {
    RedisRelay::SetUp();
    tool_.environment["CULVERT_REDIS"] = redis_.connection_string();
    // A database without any key is taken for one that has lost its data (docs/redis.md).
    Write({"SET", "other", "x"});
    tool_.now = std::chrono::floor<seconds>(std::chrono::system_clock::now());
  }
  // What is written is told to the relay, which takes a moment.
  void ExpectSoon(int code, const std::string& name, const std::string& password) {
    const auto give_up = std::chrono::steady_clock::now() + seconds(10);
    int last = Try(name, password);
    while (last != code && std::chrono::steady_clock::now() < give_up) last = Try(name, password);
    EXPECT_EQ(last, code) << name;
  }
  void Admin(std::vector<std::string> words) {
    const Ran ran = tool_.Run(std::move(words));
    EXPECT_EQ(ran.exit_code, 0) << ran;
  }

  Tool tool_;
};

TEST_F(CulvertAdminTest, AUserComesIsBarredComesBackAndGoes) {
  StartRelayWithRedis();
  Admin({"add", "user", "gorst", "-r", kRealm, "--password", "hero"});
  ExpectSoon(0, "gorst", "hero");
  ExpectSoon(401, "gorst", "villain");
  Admin({"bar", "user", "gorst", "-r", kRealm});
  ExpectSoon(401, "gorst", "hero");
  Admin({"unbar", "user", "gorst", "-r", kRealm});
  ExpectSoon(0, "gorst", "hero");
  Admin({"delete", "user", "gorst", "-r", kRealm});
  ExpectSoon(401, "gorst", "hero");
}

TEST_F(CulvertAdminTest, ADigestUserIsServedUntilTheEnd) {
  StartRelayWithRedis();
  Admin({"add", "digest", "alice", "-r", kRealm, "--password", "pw", "--expires", "+1h"});
  ExpectSoon(0, "alice", "pw");
  Admin({"add", "digest", "alice", "-r", kRealm, "--password", "pw", "--expires", "1700000000",
         "--replace"});
  ExpectSoon(401, "alice", "pw");
}

TEST_F(CulvertAdminTest, ABootstrappingIsServed) {
  StartRelayWithRedis([](config::Options& o) { o.realm = kGbaRealm; });
  tool_.standard_input =
      "ck=b40ba9a3c58b2a05bbf0d987b21bf8cb\nik=f769bcd751044604127672711c6d3441\n";
  Admin({"add", "gba", kBTid, "--keys-file", "-", "--impi", "user1_private@home1.net", "--expires",
         "+1h"});
  ExpectSoon(0, kBTid, kGbaPassword);
  Admin({"delete", "gba", kBTid});
  ExpectSoon(401, kBTid, kGbaPassword);
}

TEST_F(CulvertAdminTest, ACredentialOfASecretIsServed) {
  StartRelayWithRedis();
  Admin({"add", "secret", "-r", kRealm, "--secret", "north"});
  const Ran ran = tool_.Run({"credential", "--secret", "north", "--user", "alice", "--ttl", "600"});
  const std::string name =
      std::to_string((tool_.now + seconds(600)).time_since_epoch().count()) + ":alice";
  const std::string password(auth::EphemeralPassword("north", name).view());
  EXPECT_EQ(ran, Says("username    " + name + "\npassword    " + password + "\nttl         600\n"));
  ExpectSoon(0, name, password);
  Admin({"delete", "secret", "-r", kRealm, "--all"});
  ExpectSoon(401, name, password);
}

TEST_F(CulvertAdminTest, ALimitOfTheRealmHolds) {
  StartRelayWithRedis();
  Admin({"add", "user", "gorst", "-r", kRealm, "--password", "hero"});
  Admin({"add", "realm", kRealm, "--user-quota", "1"});
  TurnClient first = Named("gorst", "hero");
  ASSERT_TRUE(first.Allocate({}).ok());
  ExpectSoon(486, "gorst", "hero");
}

TEST_F(CulvertAdminTest, WhatIsRestoredIsServed) {
  StartRelayWithRedis();
  Admin({"add", "user", "gorst", "-r", kRealm, "--password", "hero"});
  tool_.standard_input = tool_.Run({"dump", "--secrets"}).out;
  Admin({"delete", "user", "gorst", "-r", kRealm});
  Admin({"restore", "-"});
  ExpectSoon(0, "gorst", "hero");
}

}  // namespace
}  // namespace culvert::testing
