// Who the client says that it is, and what comes of it when Redis does not agree.

#include <gtest/gtest.h>

#include <string>

#include "tests/redis/client_fixture.h"
#include "tests/support/redis_process.h"

namespace culvert::redis {
namespace {

using testing::RedisProcess;

class LoginTest : public ClientFixture {
 protected:
  std::string Where() const { return redis_.address().ToString(); }

  RedisProcess redis_;
};

TEST_F(LoginTest, APasswordAloneIsForTheDefaultUser) {
  ASSERT_EQ(redis_.Start({.lines = {"requirepass rabbit"}}), "");
  const auto client = Connect(redis_.connection_string() + " password=rabbit");
  EXPECT_EQ(Text(*client, {"ACL", "WHOAMI"}), "default");
}

TEST_F(LoginTest, AUserOfTheAccessListLogsIn) {
  ASSERT_EQ(redis_.Start({.lines = {"requirepass rabbit", "user relay on >hole ~* +@all"}}), "");
  const auto client = Connect(redis_.connection_string() + " user=relay password=hole");
  EXPECT_EQ(Text(*client, {"ACL", "WHOAMI"}), "relay");
}

TEST_F(LoginTest, AWrongPasswordIsTheReasonAndIsNotShown) {
  ASSERT_EQ(redis_.Start({.lines = {"requirepass rabbit"}}), "");
  const auto client = MakeClient(redis_.connection_string() + " password=hare");
  EXPECT_EQ(Text(*client, {"GET", "a"}),
            "down: " + Where() +
                ": AUTH is refused: WRONGPASS invalid username-password pair or user is disabled.");
  EXPECT_EQ(client->last_error().find("hare"), std::string::npos);
}

TEST_F(LoginTest, AMissingPasswordIsTheReason) {
  ASSERT_EQ(redis_.Start({.lines = {"requirepass rabbit"}}), "");
  const auto client = MakeClient(redis_.connection_string());
  EXPECT_EQ(Text(*client, {"GET", "a"}), "down: " + Where() + ": NOAUTH Authentication required.");
}

TEST_F(LoginTest, WithoutCredentialsNoneAreSent) {
  ASSERT_EQ(redis_.Start(), "");
  const auto logins = [this] {
    const std::string statistics = redis_.Run({"INFO", "commandstats"});
    const std::string name = "cmdstat_auth:calls=";
    const size_t at = statistics.find(name);
    return at == std::string::npos ? -1 : std::stoi(statistics.substr(at + name.size()));
  };
  const int before = logins();
  const auto client = Connect(redis_.connection_string());
  EXPECT_EQ(Text(*client, {"PING"}), "PONG");
  // One more is the test's own hand, which logs in to ask.
  EXPECT_EQ(logins(), before + 1);
}

// As with coturn, which sends it and does not look at the answer.
TEST_F(LoginTest, APasswordThatRedisDoesNotWantDoesNoHarm) {
  ASSERT_EQ(redis_.Start(), "");
  const auto client = Connect(redis_.connection_string() + " password=rabbit");
  EXPECT_EQ(Text(*client, {"PING"}), "PONG");
}

TEST_F(LoginTest, AUserWhoMayOnlyReadIsConnectedAllTheSame) {
  ASSERT_EQ(redis_.Start({.lines = {"user relay on >hole ~* +get"}}), "");
  const auto client = Connect(redis_.connection_string() + " user=relay password=hole");
  EXPECT_EQ(Text(*client, {"GET", "a"}), "(nil)");
  EXPECT_EQ(Text(*client, {"SET", "a", "x"}),
            "server: NOPERM this user has no permissions to run the 'set' command");
}

TEST_F(LoginTest, AFullServerIsTheReason) {
  ASSERT_EQ(redis_.Start({.lines = {"maxclients 1"}}), "");
  const auto first = Connect(redis_.connection_string());
  const auto second = MakeClient(redis_.connection_string());
  EXPECT_EQ(Text(*second, {"PING"}), "down: " + Where() + ": ERR max number of clients reached");
}

}  // namespace
}  // namespace culvert::redis
