// Users who are removed from Redis, barred there or out of time lose what they have opened.

#include "tests/scenario/redis_relay.h"
#include "tests/support/turn_request.h"

namespace culvert::testing {
namespace {

class RedisWithdrawalTest : public RedisRelay {
 protected:
  // A database without any key would be taken for one that has lost its data.
  void SetUp() override {
    RedisRelay::SetUp();
    Write({"SET", "something", "else"});
  }
  TurnClient Allocated(const std::string& name) {
    TurnClient client = Named(name, "pw");
    const auto answer = client.Allocate({});
    EXPECT_TRUE(answer.ok()) << answer.error().ToString();
    return client;
  }
  uint64_t Withdrawn() {
    return Count([](const observe::WorkerCounters& w) {
      return w.allocations_ended[turn::EndReason::kCredentialExpired].value();
    });
  }
  static std::string KeyOf(const std::string& name) {
    return std::string("turn/realm/") + kRealm + "/user/" + name + "/key";
  }
  static std::string DigestOf(const std::string& name) {
    return std::string("culvert/digest/") + kRealm + "/" + name;
  }
};

TEST_F(RedisWithdrawalTest, ARemovedUsersAllocationsEndAndNobodyElses) {
  StartRelayWithRedis();
  WriteCoturnUser("alice", "pw");
  WriteCoturnUser("bob", "pw");
  TurnClient alice = Allocated("alice");
  TurnClient again = Allocated("alice");
  TurnClient bob = Allocated("bob");
  Write({"DEL", KeyOf("alice")});
  ASSERT_TRUE(Eventually([this] { return Withdrawn() == 2; }));
  const auto refused = alice.Refresh(600);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, 401);
  EXPECT_TRUE(bob.Refresh(600).ok());
  EXPECT_EQ(Withdrawn(), 2u);
}

TEST_F(RedisWithdrawalTest, ABarredUsersAllocationsEnd) {
  StartRelayWithRedis();
  Write({"HSET", DigestOf("alice"), "ha1", Md5Hex("alice", "pw", kRealm)});
  TurnClient alice = Allocated("alice");
  Write({"HSET", DigestOf("alice"), "barred", "1"});
  EXPECT_TRUE(Eventually([this] { return Withdrawn() == 1; }));
}

TEST_F(RedisWithdrawalTest, ARecordThatRedisLetsExpireIsARemovedOne) {
  StartRelayWithRedis();
  Write({"HSET", DigestOf("alice"), "ha1", Md5Hex("alice", "pw", kRealm)});
  TurnClient alice = Allocated("alice");
  Write({"PEXPIRE", DigestOf("alice"), "1"});
  EXPECT_TRUE(Eventually([this] { return Withdrawn() == 1; }));
}

TEST_F(RedisWithdrawalTest, WhoHasANewPasswordKeepsTheAllocationAndNeedsIt) {
  StartRelayWithRedis();
  WriteCoturnUser("alice", "pw");
  TurnClient alice = Allocated("alice");
  WriteCoturnUser("alice", "another");
  // Until the relay has heard of it the old one is good.
  ASSERT_TRUE(Eventually([&alice] {
    const auto refused = alice.Refresh(600);
    return !refused.ok() && refused.error().code == 401;
  }));
  EXPECT_EQ(Withdrawn(), 0u);
  const ClientCredentials& known = alice.credentials();
  const TestUser renewed("alice", "another", known.realm);
  const auto request =
      TurnRequest(stun::Method::kRefresh, 7).Lifetime(900).SignedBy(renewed, known.nonce).bytes();
  ASSERT_TRUE(alice.connection().Send(request, kPatience).ok());
  std::vector<uint8_t> answer(2000);
  const auto size = alice.connection().Receive(answer, kPatience);
  ASSERT_TRUE(size.ok()) << size.error().ToString();
  answer.resize(*size);
  const auto message = stun::Message::Parse(answer);
  ASSERT_TRUE(message.ok());
  EXPECT_EQ(message->message_class(), stun::Class::kSuccess);
}

TEST_F(RedisWithdrawalTest, WithKeepWithdrawnAllocationsGoOn) {
  StartRelayWithRedis([](config::Options& o) { o.keep_withdrawn = true; });
  WriteCoturnUser("alice", "pw");
  TurnClient alice = Allocated("alice");
  const uint64_t told = relay().redis()[0]->invalidations.value();
  Write({"DEL", KeyOf("alice")});
  ASSERT_TRUE(Eventually([&] { return relay().redis()[0]->invalidations.value() > told; }));
  EXPECT_TRUE(alice.Refresh(600).ok());
  EXPECT_EQ(Withdrawn(), 0u);
  EXPECT_EQ(Try("alice", "pw"), 401);
}

// A database that has lost its data ends no calls; one that says that a user is barred does.
TEST_F(RedisWithdrawalTest, AfterALossOfDataOnlyWhoIsBarredIsWithdrawn) {
  StartRelayWithRedis();
  WriteCoturnUser("alice", "pw");
  Write({"HSET", DigestOf("bob"), "ha1", Md5Hex("bob", "pw", kRealm)});
  TurnClient alice = Allocated("alice");
  TurnClient bob = Allocated("bob");
  redis_.Kill();
  ASSERT_EQ(redis_.StartAgain(), "");
  // Before the relay is back; if it is faster, it is told of the change.
  Write({"HSET", DigestOf("bob"), "barred", "1"});
  ASSERT_TRUE(Eventually([this] { return Withdrawn() == 1; }));
  const auto end = bob.Refresh(600);
  ASSERT_FALSE(end.ok());
  EXPECT_EQ(end.error().code, 401);
  EXPECT_EQ(
      Count([](const observe::WorkerCounters& w) {
        return w.allocations_open[observe::RelayedProtocol::kUdp][turn::Transport::kTls].value();
      }),
      1);
}

}  // namespace
}  // namespace culvert::testing
