// Several nodes' quotas on one real Redis, on a loop that the test drives.
#include "server/cluster/redis_quota.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/redis/connection_string.h"
#include "tests/redis/client_fixture.h"
#include "tests/support/redis_process.h"

namespace culvert::cluster {
namespace {

using relay::FleetClaim;
using relay::QuotaLimits;
using testing::RedisProcess;

constexpr const char* kUserKey = "culvert/quota/{all}/user/r.test/alice";

class RedisQuotaTest : public redis::ClientFixture {
 protected:
  void SetUp() override { ASSERT_EQ(redis_.Start(), ""); }

  std::unique_ptr<RedisQuota> Node(const std::string& words = "") {
    auto settings = redis::ParseConnectionString(redis_.connection_string() + words);
    EXPECT_TRUE(settings.ok());
    return std::move(RedisQuota::Make(loop_, wheel_, *settings, observe::Log::Nowhere())).value();
  }
  static FleetClaim Claim(uint64_t session, QuotaLimits limits, const std::string& user = "alice",
                          const std::string& realm = "r.test") {
    return {observe::SessionId{session}, realm, user, limits};
  }
  bool Granted(RedisQuota& node, const FleetClaim& claim) {
    std::optional<bool> answer;
    node.Acquire(claim, [&answer](bool granted) { answer = granted; });
    EXPECT_FALSE(answer) << "called back from within Acquire";
    EXPECT_TRUE(Until([&answer] { return answer.has_value(); }));
    return answer.value_or(false);
  }
  // All that was sent has been answered.
  bool Settled(RedisQuota& node) {
    bool finished = false;
    node.Finish([&finished] { finished = true; });
    return finished || Until([&finished] { return finished; });
  }

  RedisProcess redis_;
};

TEST_F(RedisQuotaTest, AUsersQuotaHoldsOverAllNodes) {
  const auto first = Node();
  const auto second = Node();
  const QuotaLimits two{.of_user = 2};
  EXPECT_TRUE(Granted(*first, Claim(1, two)));
  EXPECT_TRUE(Granted(*second, Claim(2, two)));
  EXPECT_FALSE(Granted(*first, Claim(3, two)));
  EXPECT_FALSE(Granted(*second, Claim(4, two)));
  EXPECT_TRUE(Granted(*second, Claim(5, two, "bob")));
  EXPECT_TRUE(Granted(*second, Claim(6, two, "alice", "other.test")));
}

TEST_F(RedisQuotaTest, WhatIsReleasedIsFreeForAnyNode) {
  const auto first = Node();
  const auto second = Node();
  const QuotaLimits one{.of_user = 1};
  EXPECT_TRUE(Granted(*first, Claim(1, one)));
  EXPECT_FALSE(Granted(*second, Claim(2, one)));
  first->Release(Claim(1, one));
  ASSERT_TRUE(Settled(*first));
  EXPECT_TRUE(Granted(*second, Claim(2, one)));
  EXPECT_EQ(redis_.Run({"ZCARD", kUserKey}), "1");
}

TEST_F(RedisQuotaTest, ARefusalTakesNothing) {
  const auto node = Node();
  const QuotaLimits limits{.of_user = 5, .of_realm = 5, .in_total = 1};
  EXPECT_TRUE(Granted(*node, Claim(1, limits)));
  EXPECT_FALSE(Granted(*node, Claim(2, limits, "bob")));
  EXPECT_EQ(redis_.Run({"EXISTS", "culvert/quota/{all}/user/r.test/bob"}), "0");
  EXPECT_EQ(redis_.Run({"ZCARD", "culvert/quota/{all}/realm/r.test"}), "1");
  EXPECT_EQ(redis_.Run({"ZCARD", "culvert/quota/{all}/total"}), "1");
}

TEST_F(RedisQuotaTest, TheRealmAndTheTotalAreLimitsOfTheirOwn) {
  const auto node = Node();
  const QuotaLimits realm{.of_realm = 1};
  EXPECT_TRUE(Granted(*node, Claim(1, realm)));
  EXPECT_FALSE(Granted(*node, Claim(2, realm, "bob")));
  EXPECT_TRUE(Granted(*node, Claim(3, realm, "bob", "other.test")));
  const QuotaLimits total{.in_total = 1};
  EXPECT_TRUE(Granted(*node, Claim(4, total)));
  EXPECT_FALSE(Granted(*node, Claim(5, total, "bob", "other.test")));
}

// The point of it: ten nodes that ask at once let in no more than there are places.
TEST_F(RedisQuotaTest, TenNodesAtOnceNeverAdmitMoreThanThereAre) {
  constexpr size_t kNodes = 10;
  constexpr uint32_t kPlaces = 7;
  std::vector<std::unique_ptr<RedisQuota>> nodes;
  for (size_t i = 0; i < kNodes; ++i) nodes.push_back(Node());
  std::vector<bool> answers;
  uint64_t session = 0;
  for (int round = 0; round < 5; ++round) {
    for (const auto& node : nodes) {
      node->Acquire(Claim(++session, {.of_user = kPlaces}),
                    [&answers](bool granted) { answers.push_back(granted); });
    }
  }
  ASSERT_TRUE(Until([&] { return answers.size() == session; }));
  EXPECT_EQ(std::count(answers.begin(), answers.end(), true), kPlaces);
  EXPECT_EQ(redis_.Run({"ZCARD", kUserKey}), std::to_string(kPlaces));
}

TEST_F(RedisQuotaTest, WhatIsHeldIsKeptForItsLifetimeAndAGrace) {
  const auto node = Node();
  const QuotaLimits one{.of_user = 1};
  EXPECT_TRUE(Granted(*node, Claim(1, one)));
  node->Hold(Claim(1, one), seconds(3600));
  ASSERT_TRUE(Settled(*node));
  const int64_t now = std::stoll(redis_.Run({"TIME"}));
  const int64_t until = std::stoll(redis_.Run({"ZSCORE", kUserKey, "1"}));
  EXPECT_NEAR(static_cast<double>(until - now), 3630, 5);
  EXPECT_NEAR(std::stod(redis_.Run({"TTL", kUserKey})), 3630, 5);
}

// A node that is gone deletes nothing.
TEST_F(RedisQuotaTest, WhatIsOverMakesRoom) {
  const auto node = Node();
  const QuotaLimits one{.of_user = 1};
  EXPECT_TRUE(Granted(*node, Claim(1, one)));
  const int64_t now = std::stoll(redis_.Run({"TIME"}));
  redis_.Run({"ZADD", kUserKey, std::to_string(now - 1), "1"});
  EXPECT_TRUE(Granted(*node, Claim(2, one)));
  EXPECT_EQ(redis_.Run({"ZRANGE", kUserKey, "0", "-1"}), "2\n");
}

// As after a loss of Redis's data: what lives comes back with its next Refresh.
TEST_F(RedisQuotaTest, AHoldBringsBackWhatRedisHasLost) {
  const auto node = Node();
  const QuotaLimits one{.of_user = 1};
  EXPECT_TRUE(Granted(*node, Claim(1, one)));
  redis_.Run({"FLUSHALL"});
  node->Hold(Claim(1, one), seconds(600));
  ASSERT_TRUE(Settled(*node));
  EXPECT_FALSE(Granted(*node, Claim(2, one)));
}

TEST_F(RedisQuotaTest, WhomNobodyCanBeAskedAboutIsLetIn) {
  const auto node = Node();
  const QuotaLimits one{.of_user = 1};
  EXPECT_TRUE(Granted(*node, Claim(1, one)));
  redis_.Kill();
  EXPECT_TRUE(Granted(*node, Claim(2, one)));
  EXPECT_TRUE(Granted(*node, Claim(3, one)));
  ASSERT_EQ(redis_.StartAgain(), "");
  ASSERT_TRUE(Until([&] { return node->statistics().connected.value() == 1; }));
  EXPECT_TRUE(Granted(*node, Claim(4, one)));
  EXPECT_FALSE(Granted(*node, Claim(5, one)));
}

TEST_F(RedisQuotaTest, AFrozenRedisDelaysByTheCommandTimeout) {
  const auto node = Node(" command_timeout=1");
  const QuotaLimits one{.of_user = 1};
  EXPECT_TRUE(Granted(*node, Claim(1, one)));
  redis_.Freeze();
  EXPECT_TRUE(Granted(*node, Claim(2, one)));
  redis_.Thaw();
}

TEST_F(RedisQuotaTest, WhatTheAclOfTheDocumentationAllowsIsEnough) {
  EXPECT_EQ(
      redis_.Run({"ACL", "SETUSER", "quota", "on", ">rabbit", "resetchannels", "~culvert/quota/*",
                  "+eval", "+time", "+zadd", "+zcard", "+zscore", "+zrem", "+zremrangebyscore",
                  "+ttl", "+expire", "+ping", "+select", "+client|setname"}),
      "OK");
  const auto node = Node(" user=quota password=rabbit");
  const QuotaLimits one{.of_user = 1};
  EXPECT_TRUE(Granted(*node, Claim(1, one)));
  EXPECT_FALSE(Granted(*node, Claim(2, one)));
  node->Release(Claim(1, one));
  ASSERT_TRUE(Settled(*node));
  EXPECT_TRUE(Granted(*node, Claim(2, one)));
}

}  // namespace
}  // namespace culvert::cluster
