// The primary is where the sentinels say.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/redis/client_fixture.h"
#include "tests/redis/scripted_server.h"
#include "tests/support/redis_process.h"

namespace culvert::redis {
namespace {

using testing::RedisProcess;

// An array of two texts, as sentinels answer.
std::string AddressReply(const RedisProcess& redis) {
  const auto text = [](const std::string& value) {
    return "$" + std::to_string(value.size()) + "\r\n" + value + "\r\n";
  };
  return "*2\r\n" + text(redis.host()) + text(redis.port());
}

class SentinelTest : public ClientFixture {
 protected:
  void StartReplication() {
    ASSERT_EQ(primary_.Start(), "");
    ASSERT_EQ(replica_.Start({.lines = {"replicaof " + primary_.host() + " " + primary_.port()}}),
              "");
    ASSERT_TRUE(Until([this] {
      return replica_.Run({"INFO", "replication"}).find("master_link_status:up") !=
             std::string::npos;
    }));
  }
  void StartSentinel(std::vector<std::string> lines = {}) {
    lines.insert(
        lines.begin(),
        {"sentinel monitor turn " + primary_.host() + " " + primary_.port() + " 1",
         "sentinel down-after-milliseconds turn 500", "sentinel failover-timeout turn 5000"});
    ASSERT_EQ(sentinel_.Start({.lines = std::move(lines), .sentinel = true}), "");
  }
  void AwaitReplicaAtSentinel() {
    ASSERT_TRUE(Until([this] {
      return sentinel_.Run({"SENTINEL", "REPLICAS", "turn"}).find(replica_.port()) !=
             std::string::npos;
    }));
  }
  // A client of ours is connected to it.
  static bool HasClient(const RedisProcess& redis) {
    return redis.Run({"CLIENT", "LIST"}).find(" name=culvert ") != std::string::npos;
  }
  std::string Sentinels() const {
    return "sentinel=" + sentinel_.address().ToString() + " master=turn";
  }

  RedisProcess primary_;
  RedisProcess replica_;
  RedisProcess sentinel_;
};

TEST_F(SentinelTest, ThePrimaryIsFoundAlsoWhenTheFirstSentinelIsAway) {
  ASSERT_EQ(primary_.Start(), "");
  StartSentinel();
  const auto client =
      Connect("sentinel=127.0.0.1:1," + sentinel_.address().ToString() + " master=turn dbname=2");
  EXPECT_EQ(Text(*client, {"SET", "a", "x"}), "OK");
  EXPECT_NE(primary_.Run({"INFO", "keyspace"}).find("db2:keys=1"), std::string::npos);
}

TEST_F(SentinelTest, SentinelsHaveCredentialsOfTheirOwn) {
  ASSERT_EQ(primary_.Start({.lines = {"requirepass rabbit"}}), "");
  StartSentinel({"sentinel auth-pass turn rabbit", "requirepass hole"});
  const auto stranger = MakeClient(Sentinels() + " password=rabbit");
  EXPECT_EQ(Text(*stranger, {"PING"}),
            "down: no sentinel knows the primary: " + sentinel_.address().ToString() +
                ": NOAUTH Authentication required.");
  const auto client = Connect(Sentinels() + " password=rabbit sentinel_password=hole");
  EXPECT_EQ(Text(*client, {"SET", "a", "x"}), "OK");
}

TEST_F(SentinelTest, APrimaryThatNoSentinelKnowsIsTheReason) {
  ASSERT_EQ(primary_.Start(), "");
  StartSentinel();
  const auto client = MakeClient("sentinel=" + sentinel_.address().ToString() + " master=other");
  EXPECT_EQ(Text(*client, {"PING"}), "down: no sentinel knows the primary: " +
                                         sentinel_.address().ToString() + ": does not know other");
}

TEST_F(SentinelTest, AfterTheDeathOfThePrimaryItsSuccessorIsUsed) {
  StartReplication();
  StartSentinel();
  AwaitReplicaAtSentinel();
  const auto client = Connect(Sentinels());
  std::vector<std::string> told;
  client->Watch({"a"}, [&told](std::optional<std::string_view> key) {
    told.push_back(key ? std::string(*key) : "(anything)");
  });
  ASSERT_TRUE(Until([&] { return client->watching(); }));
  EXPECT_EQ(Text(*client, {"SET", "a", "x"}), "OK");
  ASSERT_TRUE(Until([&] { return replica_.Run({"GET", "a"}) == "x"; }));
  primary_.Kill();
  ASSERT_TRUE(Until([&] { return !client->connected(); }));
  ASSERT_TRUE(Until([&] { return client->connected() && client->watching(); }, seconds(30)))
      << client->last_error() << sentinel_.Log();
  EXPECT_EQ(Text(*client, {"GET", "a"}), "x");
  EXPECT_EQ(Text(*client, {"SET", "a", "y"}), "OK");
  EXPECT_EQ(replica_.Run({"GET", "a"}), "y");
  ASSERT_TRUE(Until([&] { return told.back() == "a"; }));
  EXPECT_EQ(told, (std::vector<std::string>{"(anything)", "a", "(anything)", "a"}));
}

TEST_F(SentinelTest, AnOrderlyFailoverIsFollowed) {
  StartReplication();
  StartSentinel();
  AwaitReplicaAtSentinel();
  const auto client = Connect(Sentinels());
  // Refused until the sentinel has a connection to the replica.
  ASSERT_TRUE(Until([&] { return sentinel_.Run({"SENTINEL", "FAILOVER", "turn"}) == "OK"; }));
  // No call helps it on: the client hears of the switch and goes where the replica was promoted.
  ASSERT_TRUE(Until([&] { return HasClient(replica_); }, seconds(30)))
      << client->last_error() << sentinel_.Log();
  ASSERT_TRUE(Until([&] { return client->connected(); }));
  EXPECT_EQ(Text(*client, {"SET", "a", "y"}), "OK");
  EXPECT_EQ(replica_.Run({"GET", "a"}), "y");
}

// The rest has a sentinel of the test's own, which says what the test wants.

TEST_F(SentinelTest, AServerThatIsNoPrimaryIsRefused) {
  ASSERT_EQ(replica_.Start({.lines = {"replicaof 127.0.0.1 1"}}), "");
  const ScriptedServer sentinel(loop_, IpAddress::V4(127, 0, 0, 1),
                                [this](const std::string&) { return AddressReply(replica_); });
  const auto client = MakeClient("sentinel=" + sentinel.address().ToString() + " master=turn");
  EXPECT_EQ(Text(*client, {"PING"}),
            "down: " + replica_.address().ToString() + ": it is not the primary");
}

TEST_F(SentinelTest, APrimaryThatBecameAReplicaIsLeft) {
  ASSERT_EQ(primary_.Start(), "");
  ASSERT_EQ(replica_.Start(), "");
  const RedisProcess* chosen = &primary_;
  const ScriptedServer sentinel(loop_, IpAddress::V4(127, 0, 0, 1),
                                [&chosen](const std::string&) { return AddressReply(*chosen); });
  const auto client = Connect("sentinel=" + sentinel.address().ToString() + " master=turn");
  chosen = &replica_;
  ASSERT_EQ(primary_.Run({"REPLICAOF", "127.0.0.1", "1"}), "OK");
  EXPECT_EQ(Text(*client, {"SET", "a", "x"}),
            "server: READONLY You can't write against a read only replica.");
  EXPECT_EQ(Text(*client, {"SET", "a", "x"}), "OK");
  EXPECT_EQ(replica_.Run({"GET", "a"}), "x");
}

TEST_F(SentinelTest, AWordOfASwitchIsEnoughToLeaveAPrimaryThatStillAnswers) {
  ASSERT_EQ(primary_.Start(), "");
  ASSERT_EQ(replica_.Start(), "");
  int asked = 0;
  int asked_since = 0;
  bool switched = false;
  const ScriptedServer sentinel(
      loop_, IpAddress::V4(127, 0, 0, 1),
      [&](const std::string& received) -> std::optional<std::string> {
        if (received.find("SUBSCRIBE") == std::string::npos) {
          ++(switched ? asked_since : asked);
          return AddressReply(switched ? replica_ : primary_);
        }
        // The subscription comes again.
        if (asked == 0) return std::nullopt;
        switched = true;
        const std::string channel = "$14\r\n+switch-master\r\n";
        const std::string word = "turn " + primary_.host() + " " + primary_.port() + " " +
                                 replica_.host() + " " + replica_.port();
        return "*3\r\n$9\r\nsubscribe\r\n" + channel + ":1\r\n*3\r\n$7\r\nmessage\r\n" + channel +
               "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
      });
  const auto client = MakeClient("sentinel=" + sentinel.address().ToString() + " master=turn");
  ASSERT_TRUE(Until([&] { return asked_since > 0 && client->connected(); }));
  EXPECT_EQ(Text(*client, {"SET", "a", "x"}), "OK");
  EXPECT_EQ(replica_.Run({"GET", "a"}), "x");
  EXPECT_EQ(primary_.Run({"GET", "a"}), "(nil)");
}

}  // namespace
}  // namespace culvert::redis
