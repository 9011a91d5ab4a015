// Changes that others make, told by Redis.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/redis/client_fixture.h"
#include "tests/support/redis_process.h"

namespace culvert::redis {
namespace {

using testing::RedisProcess;

using Told = std::vector<std::string>;

class WatchTest : public ClientFixture {
 protected:
  void SetUp() override { ASSERT_EQ(redis_.Start(), ""); }

  void Watch(Client& client, std::vector<std::string> prefixes) {
    client.Watch(std::move(prefixes), [this](std::optional<std::string_view> key) {
      told_.push_back(key ? std::string(*key) : "(anything)");
    });
  }

  RedisProcess redis_;
  Told told_;
};

TEST_F(WatchTest, ChangedKeysWithThePrefixesAreNamedAndNoOthers) {
  const auto client = Connect(redis_.connection_string());
  EXPECT_FALSE(client->watching());
  Watch(*client, {"turn/realm/", "turn/origin/"});
  ASSERT_TRUE(Until([&] { return client->watching(); }));
  EXPECT_EQ(told_, Told{"(anything)"});
  redis_.Run({"SET", "turn/realm/a", "1"});
  redis_.Run({"SET", "other", "1"});
  redis_.Run({"DEL", "turn/realm/a"});
  redis_.Run({"SET", "turn/origin/b", "1"});
  ASSERT_TRUE(Until([&] { return told_.size() == 4; }));
  EXPECT_EQ(told_, (Told{"(anything)", "turn/realm/a", "turn/realm/a", "turn/origin/b"}));
  EXPECT_EQ(client->statistics().invalidations.value(), 4u);
}

TEST_F(WatchTest, WithoutPrefixesEveryKeyIsNamed) {
  const auto client = Connect(redis_.connection_string());
  Watch(*client, {});
  ASSERT_TRUE(Until([&] { return client->watching(); }));
  redis_.Run({"SET", "any key", "1"});
  ASSERT_TRUE(Until([&] { return told_.size() == 2; }));
  EXPECT_EQ(told_, (Told{"(anything)", "any key"}));
}

TEST_F(WatchTest, OurOwnChangesAreToldToo) {
  const auto client = Connect(redis_.connection_string());
  Watch(*client, {"a"});
  ASSERT_TRUE(Until([&] { return client->watching(); }));
  EXPECT_EQ(Text(*client, {"SET", "a", "1"}), "OK");
  ASSERT_TRUE(Until([&] { return told_.size() == 2; }));
  EXPECT_EQ(told_, (Told{"(anything)", "a"}));
}

TEST_F(WatchTest, AFlushMayHaveChangedAnything) {
  const auto client = Connect(redis_.connection_string());
  Watch(*client, {"a"});
  ASSERT_TRUE(Until([&] { return client->watching(); }));
  redis_.Run({"FLUSHALL"});
  ASSERT_TRUE(Until([&] { return told_.size() == 2; }));
  EXPECT_EQ(told_, (Told{"(anything)", "(anything)"}));
}

TEST_F(WatchTest, AKeyThatExpiresIsNamed) {
  const auto client = Connect(redis_.connection_string());
  Watch(*client, {"a"});
  ASSERT_TRUE(Until([&] { return client->watching(); }));
  redis_.Run({"SET", "a", "1", "PX", "50"});
  ASSERT_TRUE(Until([&] { return told_.size() == 3; }));
  EXPECT_EQ(told_, (Told{"(anything)", "a", "a"}));
}

TEST_F(WatchTest, AfterALostConnectionAnythingMayHaveChanged) {
  const auto client = Connect(redis_.connection_string());
  Watch(*client, {"a"});
  ASSERT_TRUE(Until([&] { return client->watching(); }));
  ASSERT_EQ(redis_.Run({"CLIENT", "KILL", "TYPE", "pubsub"}), "1");
  ASSERT_TRUE(Until([&] { return told_.size() == 2; }));
  EXPECT_TRUE(client->watching());
  redis_.Run({"SET", "a", "1"});
  ASSERT_TRUE(Until([&] { return told_.size() == 3; }));
  EXPECT_EQ(told_, (Told{"(anything)", "(anything)", "a"}));
}

TEST_F(WatchTest, AFrozenServerIsNoticedWithoutACall) {
  const auto client = MakeClient(Impatient(redis_.address()));
  Watch(*client, {"a"});
  ASSERT_TRUE(Until([&] { return client->watching(); }));
  redis_.Freeze();
  ASSERT_TRUE(Until([&] { return !client->watching(); }));
  redis_.Thaw();
  ASSERT_TRUE(Until([&] { return client->watching(); }));
  EXPECT_EQ(told_, (Told{"(anything)", "(anything)"}));
}

TEST_F(WatchTest, AUserWhoMayNotTrackStillCalls) {
  redis_.Run({"ACL", "SETUSER", "relay", "on", ">hole", "~*", "+get", "+ping", "+client|id"});
  const auto client = Connect(redis_.connection_string() + " user=relay password=hole");
  Watch(*client, {"a"});
  ASSERT_TRUE(Until([&] {
    return redis_.Run({"ACL", "LOG"}).find("client|tracking") != std::string::npos;
  }));
  EXPECT_EQ(Text(*client, {"GET", "a"}), "(nil)");
  EXPECT_FALSE(client->watching());
  EXPECT_EQ(told_, Told{});
}

}  // namespace
}  // namespace culvert::redis
