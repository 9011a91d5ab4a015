// A cluster of three primaries: calls find the node of their key, also while slots move.

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "server/redis/hash_slot.h"
#include "tests/redis/client_fixture.h"
#include "tests/support/redis_process.h"

namespace culvert::redis {
namespace {

using testing::RedisProcess;

constexpr size_t kNodes = 3;
constexpr std::array<const char*, kNodes + 1> kFirstSlots = {"0", "5461", "10923", "16384"};

class ClusterTest : public ClientFixture {
 protected:
  void SetUp() override {
    for (RedisProcess& node : nodes_) {
      ASSERT_EQ(node.Start({.lines = {"cluster-enabled yes", "cluster-node-timeout 2000",
                                      "cluster-require-full-coverage no"}}),
                "");
    }
    for (size_t i = 0; i < kNodes; ++i) {
      ASSERT_EQ(nodes_[i].Run({"CLUSTER", "ADDSLOTSRANGE", kFirstSlots[i],
                               std::to_string(std::stoi(kFirstSlots[i + 1]) - 1)}),
                "OK");
      ASSERT_EQ(nodes_[i].Run({"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(i + 1)}), "OK");
    }
    for (size_t i = 1; i < kNodes; ++i) {
      ASSERT_EQ(nodes_[0].Run({"CLUSTER", "MEET", nodes_[i].host(), nodes_[i].port()}), "OK");
    }
    ASSERT_TRUE(Until([this] { return AllKnowAll(); }, seconds(30))) << nodes_[0].Log();
  }

  bool AllKnowAll() const {
    for (const RedisProcess& node : nodes_) {
      const std::string info = node.Run({"CLUSTER", "INFO"});
      if (info.find("cluster_state:ok") == std::string::npos ||
          info.find("cluster_slots_ok:16384") == std::string::npos) {
        return false;
      }
    }
    return true;
  }

  // A key in the slots of node `index`.
  static std::string KeyOf(size_t index) {
    for (int i = 0;; ++i) {
      const std::string key = "turn/" + std::to_string(i);
      const int slot = HashSlot(key);
      if (slot >= std::stoi(kFirstSlots[index]) && slot < std::stoi(kFirstSlots[index + 1])) {
        return key;
      }
    }
  }

  std::string Id(size_t index) const { return nodes_[index].Run({"CLUSTER", "MYID"}); }
  std::string Seed(size_t index) const { return "cluster=" + nodes_[index].address().ToString(); }

  std::array<RedisProcess, kNodes> nodes_;
};

TEST_F(ClusterTest, EachKeyGoesToItsNodeWithoutADetour) {
  // The first of the operator's nodes is not there.
  const auto client = Connect("cluster=127.0.0.1:1," + nodes_[1].address().ToString() + "," +
                              nodes_[2].address().ToString());
  for (size_t i = 0; i < kNodes; ++i) {
    EXPECT_EQ(Text(*client, {"SET", KeyOf(i), "value"}), "OK");
    EXPECT_EQ(nodes_[i].Run({"GET", KeyOf(i)}), "value");
  }
  EXPECT_EQ(client->statistics().redirects.value(), 0u);
  // The key is the fourth word here, and none at all there.
  EXPECT_EQ(Text(*client, Command({"EVAL", "return redis.call('GET', KEYS[1])", "1", KeyOf(2)}, 3)),
            "value");
  EXPECT_EQ(Text(*client, Command({"PING"}, Command::kNoKey)), "PONG");
  EXPECT_EQ(client->statistics().redirects.value(), 0u);
}

TEST_F(ClusterTest, ACallThatIsMadeBeforeTheMapIsKnownIsRedirected) {
  const auto client = MakeClient(Seed(0));
  EXPECT_EQ(Text(*client, {"SET", KeyOf(1), "value"}), "OK");
  EXPECT_EQ(nodes_[1].Run({"GET", KeyOf(1)}), "value");
  EXPECT_EQ(client->statistics().redirects.value(), 1u);
}

TEST_F(ClusterTest, CallsFollowASlotThatMoves) {
  const auto client = Connect(Seed(0));
  const std::string key = KeyOf(0);
  const std::string slot = std::to_string(HashSlot(key));
  EXPECT_EQ(Text(*client, {"INCR", key}), "1");
  ASSERT_EQ(nodes_[1].Run({"CLUSTER", "SETSLOT", slot, "IMPORTING", Id(0)}), "OK");
  ASSERT_EQ(nodes_[0].Run({"CLUSTER", "SETSLOT", slot, "MIGRATING", Id(1)}), "OK");
  // The key is still at its old place.
  EXPECT_EQ(Text(*client, {"INCR", key}), "2");
  EXPECT_EQ(client->statistics().redirects.value(), 0u);
  ASSERT_EQ(nodes_[0].Run({"MIGRATE", nodes_[1].host(), nodes_[1].port(), key, "0", "5000"}), "OK");
  // ASK: this one there, the next one here again.
  EXPECT_EQ(Text(*client, {"INCR", key}), "3");
  EXPECT_EQ(client->statistics().redirects.value(), 1u);
  EXPECT_EQ(Text(*client, {"INCR", key}), "4");
  EXPECT_EQ(client->statistics().redirects.value(), 2u);
  ASSERT_EQ(nodes_[1].Run({"CLUSTER", "SETSLOT", slot, "NODE", Id(1)}), "OK");
  ASSERT_EQ(nodes_[0].Run({"CLUSTER", "SETSLOT", slot, "NODE", Id(1)}), "OK");
  // MOVED: once.
  EXPECT_EQ(Text(*client, {"INCR", key}), "5");
  EXPECT_EQ(client->statistics().redirects.value(), 3u);
  EXPECT_EQ(Text(*client, {"INCR", key}), "6");
  EXPECT_EQ(client->statistics().redirects.value(), 3u);
}

TEST_F(ClusterTest, ChangesOnEveryNodeAreTold) {
  const auto client = Connect(Seed(0));
  std::vector<std::string> told;
  client->Watch({"turn/"}, [&told](std::optional<std::string_view> key) {
    told.push_back(key ? std::string(*key) : "(anything)");
  });
  ASSERT_TRUE(Until([&] { return client->watching(); }));
  EXPECT_EQ(told, (std::vector<std::string>(kNodes, "(anything)")));
  told.clear();
  for (size_t i = 0; i < kNodes; ++i) {
    nodes_[i].Run({"SET", KeyOf(i), "value"});
    ASSERT_TRUE(Until([&] { return told.size() == i + 1; }));
    EXPECT_EQ(told.back(), KeyOf(i));
  }
}

TEST_F(ClusterTest, WhileOneNodeIsAwayTheOthersKeysAreServed) {
  const auto client = Connect(Seed(0));
  nodes_[2].Kill();
  ASSERT_TRUE(Until([&] { return !client->connected(); }));
  EXPECT_EQ(Text(*client, {"SET", KeyOf(0), "value"}), "OK");
  EXPECT_EQ(Text(*client, {"SET", KeyOf(1), "value"}), "OK");
  EXPECT_EQ(Text(*client, {"GET", KeyOf(2)}),
            "down: " + nodes_[2].address().ToString() + ": Connection refused");
  ASSERT_EQ(nodes_[2].StartAgain(), "");
  ASSERT_TRUE(Until([&] { return client->connected(); }, seconds(20))) << client->last_error();
  // A node that comes back answers CLUSTERDOWN until it has heard of the others.
  ASSERT_TRUE(Until([this] { return AllKnowAll(); }, seconds(20)));
  EXPECT_EQ(Text(*client, {"GET", KeyOf(2)}), "(nil)");
}

}  // namespace
}  // namespace culvert::redis
