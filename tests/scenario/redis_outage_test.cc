// What Redis's failures cost: docs/redis.md has the table, each row of it is a test here.

#include <chrono>

#include "tests/scenario/peers.h"
#include "tests/scenario/redis_relay.h"

namespace culvert::testing {
namespace {

using observe::CredentialCounters;

// The command timeout is a second; the rest is for a busy machine.
constexpr milliseconds kDeadline = seconds(6);

class RedisOutageTest : public RedisRelay {
 protected:
  // Alice and bob are known to Redis, alice to the relay, too.
  void StartWithAliceKnown(const Change& change = {}) {
    StartRelayWithRedis(change);
    WriteCoturnUser("alice", "pw");
    WriteCoturnUser("bob", "pw");
    ASSERT_EQ(Try("alice", "pw"), 0);
  }

  // Bob is asked for, and told to come again: 500, soon, and not 401, after which he would not.
  void ExpectBobIsToldToComeAgain() {
    const auto asked = std::chrono::steady_clock::now();
    EXPECT_EQ(Try("bob", "pw"), 500);
    EXPECT_LT(std::chrono::steady_clock::now() - asked, kDeadline);
  }

  static void ExpectGoesOn(TurnClient& client) {
    const auto refreshed = client.Refresh(900);
    EXPECT_TRUE(refreshed.ok()) << refreshed.error().ToString();
    UdpPeer peer;
    ASSERT_TRUE(client.ChannelBind(0x4000, peer.address()).ok());
    ASSERT_TRUE(client.SendChannelData(0x4000, AsBytes("still here")).ok());
    EXPECT_EQ(peer.Receive(kPatience).text(), "still here");
  }
};

TEST_F(RedisOutageTest, AFrozenRedisStopsNobodyWhoIsKnown) {
  StartWithAliceKnown();
  TurnClient running = Named("alice", "pw");
  ASSERT_TRUE(running.Allocate({}).ok());
  redis_.Freeze();
  ExpectGoesOn(running);
  EXPECT_EQ(Try("alice", "pw"), 0);
  ExpectBobIsToldToComeAgain();
  redis_.Thaw();
  EXPECT_TRUE(Eventually([&] { return Try("bob", "pw") == 0; }));
}

// Without a time of its own an answer is asked for again, and taken from memory when none comes.
TEST_F(RedisOutageTest, WhoseTimeInTheCacheIsOverIsServedWhileRedisIsFrozen) {
  StartWithAliceKnown([](config::Options& o) { o.redis_cache_ttl = seconds(0); });
  redis_.Freeze();
  EXPECT_EQ(Try("alice", "pw"), 0);
  EXPECT_GE(Credentials(&CredentialCounters::stale), 1u);
  EXPECT_EQ(Try("alice", "wrong"), 401);
  ExpectBobIsToldToComeAgain();
}

TEST_F(RedisOutageTest, WithoutStaleAnswersNobodyIsServedWhileRedisIsGone) {
  StartWithAliceKnown([](config::Options& o) {
    o.redis_cache_ttl = seconds(0);
    o.redis_cache_stale = seconds(0);
  });
  TurnClient running = Named("alice", "pw");
  ASSERT_TRUE(running.Allocate({}).ok());
  redis_.Kill();
  // A second, for what was asked in this very second is not stale yet.
  EXPECT_TRUE(Eventually([&] { return Try("alice", "pw") == 500; }));
  ExpectGoesOn(running);
}

TEST_F(RedisOutageTest, AKilledRedisStopsNobodyWhoIsKnown) {
  StartWithAliceKnown([](config::Options& o) { o.redis_cache_ttl = seconds(0); });
  TurnClient running = Named("alice", "pw");
  ASSERT_TRUE(running.Allocate({}).ok());
  redis_.Kill();
  ExpectGoesOn(running);
  EXPECT_EQ(Try("alice", "pw"), 0);
  ExpectBobIsToldToComeAgain();
}

TEST_F(RedisOutageTest, ARedisThatComesBackEmptyStopsNobodyWhoIsKnown) {
  StartWithAliceKnown();
  TurnClient running = Named("alice", "pw");
  ASSERT_TRUE(running.Allocate({}).ok());
  const uint64_t connects = relay().redis()[0]->connects.value();
  redis_.Kill();
  ASSERT_EQ(redis_.StartAgain(), "");
  ASSERT_TRUE(Eventually([&] { return relay().redis()[0]->connects.value() > connects; }));
  ASSERT_TRUE(Eventually([&] { return relay().redis()[0]->connected.value() == 1; }));
  ExpectGoesOn(running);
  EXPECT_EQ(Try("alice", "pw"), 0);
  ExpectBobIsToldToComeAgain();
  WriteCoturnUser("bob", "pw");
  EXPECT_TRUE(Eventually([&] { return Try("bob", "pw") == 0; }));
  // Now it is a database again, and what is not in it is not known.
  EXPECT_EQ(Try("carol", "pw"), 401);
}

TEST_F(RedisOutageTest, ARelayThatStartsBeforeRedisWaitsForIt) {
  redis_.Kill();
  StartRelayWithRedis();
  EXPECT_TRUE(relay().users_never_reached());
  ExpectBobIsToldToComeAgain();
  ASSERT_EQ(redis_.StartAgain(), "");
  WriteCoturnUser("bob", "pw");
  EXPECT_TRUE(Eventually([&] { return Try("bob", "pw") == 0; }));
  EXPECT_FALSE(relay().users_never_reached());
  // What it has reached once it is ready without: it serves whom it knows.
  redis_.Kill();
  EXPECT_FALSE(relay().users_never_reached());
}

TEST_F(RedisOutageTest, OtherUsersNeedNoRedis) {
  redis_.Kill();
  StartRelayWithRedis([](config::Options& o) { o.users = {"alice:pw"}; });
  EXPECT_FALSE(relay().users_never_reached());
  EXPECT_EQ(Try("alice", "pw"), 0);
  ExpectBobIsToldToComeAgain();
}

TEST_F(RedisOutageTest, WithoutTheRightToReadUsersAreToldToComeAgain) {
  redis_.Run({"ACL", "SETUSER", "relay", "on", ">hole", "~turn/*", "+get", "+ping", "+client"});
  StartRelayWithRedis({}, "user=relay password=hole");
  WriteCoturnUser("bob", "pw");
  ExpectBobIsToldToComeAgain();
}

// docs/redis.md's line.
TEST_F(RedisOutageTest, TheRightsThatAreDocumentedAreEnough) {
  ASSERT_EQ(redis_.Run({"ACL",
                        "SETUSER",
                        "relay",
                        "on",
                        ">hole",
                        "resetchannels",
                        "%R~turn/*",
                        "%R~culvert/*",
                        "&__redis__:invalidate",
                        "+get",
                        "+hgetall",
                        "+smembers",
                        "+dbsize",
                        "+scan",
                        "+ping",
                        "+select",
                        "+client|setname",
                        "+client|id",
                        "+client|tracking",
                        "+subscribe"}),
            "OK");
  StartRelayWithRedis({}, "user=relay password=hole");
  WriteCoturnUser("bob", "pw");
  EXPECT_EQ(Try("bob", "pw"), 0);
  ASSERT_TRUE(Eventually([&] { return relay().redis()[0]->invalidations.value() >= 1; }));
  const uint64_t told = relay().redis()[0]->invalidations.value();
  WriteCoturnUser("bob", "other");
  EXPECT_TRUE(Eventually([&] { return relay().redis()[0]->invalidations.value() > told; }));
  EXPECT_EQ(redis_.Run({"ACL", "LOG"}), "");
}

}  // namespace
}  // namespace culvert::testing
