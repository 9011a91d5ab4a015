// Two relays with one database of quotas, over real sockets.

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "tests/support/redis_process.h"
#include "tests/support/relay_process.h"

namespace culvert::testing {
namespace {

class FleetQuotaTest : public ::testing::Test {
 protected:
  void Start(const std::string& limit) {
    ASSERT_EQ(redis_.Start(), "");
    const std::vector<std::string> options = {
        limit, "user=bob:builder", "redis-quotadb=\"" + redis_.connection_string() + "\""};
    ASSERT_EQ(first_.Start({.options = options}), "");
    ASSERT_EQ(second_.Start({.options = options}), "");
    for (const RelayProcess* node : {&first_, &second_}) {
      ASSERT_TRUE(Within(seconds(20), [node] {
        return node->Metric("culvert_quotadb_connected") == 2;
      })) << node->Log();
    }
  }
  // 0 and the client is kept, or the code of the refusal.
  int Allocate(const RelayProcess& node, ClientTransport transport = ClientTransport::kTcp,
               const ClientCredentials& user = RelayProcess::Alice()) {
    auto client = TurnClient::Connect(node.SettingsFor(transport), user);
    if (!client) return -1;
    client->set_timeout(seconds(20));
    const auto allocation = client->Allocate({});
    if (!allocation) return allocation.error().code;
    clients_.push_back(std::move(*client));
    return 0;
  }
  std::string Taken() {
    return redis_.Run({"ZCARD", "culvert/quota/{all}/user/culvert.test/alice"});
  }

  RedisProcess redis_;
  RelayProcess first_;
  RelayProcess second_;
  std::vector<TurnClient> clients_;
};

TEST_F(FleetQuotaTest, AUserHasOneQuotaOnAllNodes) {
  Start("user-quota=2");
  EXPECT_EQ(Allocate(first_, ClientTransport::kUdp), 0);
  EXPECT_EQ(Allocate(second_, ClientTransport::kTls), 0);
  EXPECT_EQ(Allocate(first_), 486);
  EXPECT_EQ(Allocate(second_, ClientTransport::kUdp), 486);
  EXPECT_EQ(Allocate(first_, ClientTransport::kTcp, {"bob", "builder"}), 0);

  // Deleted on one, free for the other.
  ASSERT_TRUE(clients_.front().Refresh(0).ok());
  ASSERT_TRUE(Within(seconds(20), [this] { return Taken() == "1"; }));
  EXPECT_EQ(Allocate(second_), 0);
  // Not refreshed for nothing.
  EXPECT_TRUE(clients_.back().Refresh(600).ok());
  EXPECT_EQ(Taken(), "2");
}

TEST_F(FleetQuotaTest, TheTotalIsOfAllNodes) {
  Start("total-quota=2");
  EXPECT_EQ(Allocate(first_), 0);
  EXPECT_EQ(Allocate(second_, ClientTransport::kTcp, {"bob", "builder"}), 0);
  EXPECT_EQ(Allocate(second_), 486);
}

// Also whose connection breaks, and what a relay has when it is stopped.
TEST_F(FleetQuotaTest, ANodeThatEndsLeavesNobodyCounted) {
  Start("user-quota=3");
  EXPECT_EQ(Allocate(first_), 0);
  EXPECT_EQ(Allocate(first_), 0);
  EXPECT_EQ(Allocate(second_), 0);
  EXPECT_EQ(Taken(), "3");
  clients_.erase(clients_.begin());
  ASSERT_TRUE(Within(seconds(20), [this] { return Taken() == "2"; }));
  EXPECT_EQ(first_.Stop(), "");
  EXPECT_EQ(Taken(), "1");
}

TEST_F(FleetQuotaTest, WithoutTheDatabaseEachNodeHasItsOwnQuota) {
  Start("user-quota=1");
  EXPECT_EQ(Allocate(first_), 0);
  EXPECT_EQ(Allocate(second_), 486);
  redis_.Kill();
  ASSERT_TRUE(
      Within(seconds(20), [this] { return second_.Metric("culvert_quotadb_connected") == 0; }));
  EXPECT_EQ(Allocate(second_), 0);
  EXPECT_EQ(Allocate(first_), 486);
  EXPECT_TRUE(clients_.front().Refresh(600).ok());
}

}  // namespace
}  // namespace culvert::testing
