// Redis as operators have it: behind TLS, with an ACL user, at a unix socket, as a cluster, named
// in turnserver.conf.

#include <array>
#include <chrono>
#include <fstream>
#include <thread>

#include "tests/admin_tool/tool.h"
#include "tests/support/redis_process.h"
#include "tests/support/test_certificate.h"

#include <gtest/gtest.h>

namespace culvert::testing {
namespace {

// Also what docs/culvert-admin.md tells operators to give.
const std::vector<std::string> kRights = {
    "~turn/*",    "~culvert/*", "resetchannels", "+get",           "+set",         "+del",
    "+exists",    "+type",      "+ttl",          "+pttl",          "+pexpiretime", "+expireat",
    "+pexpireat", "+persist",   "+hget",         "+hgetall",       "+hset",        "+hdel",
    "+sadd",      "+srem",      "+smembers",     "+scard",         "+scan",        "+time",
    "+eval",      "+select",    "+ping",         "+client|setname"};

std::string Joined(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) all += " " + word;
  return all;
}

TEST(RedisReachTest, WithTlsAndAnAclUserOfTheDocumentedRightsEverythingWorks) {
  const TestCertificate certificate({.common_name = "redis.test"});
  RedisProcess redis;
  ASSERT_EQ(redis.Start(
                {.lines = {"user keeper on >hole" + Joined(kRights)}, .certificate = &certificate}),
            "");
  Tool tool;
  tool.environment["CULVERT_REDIS"] =
      redis.connection_string() +
      " user=keeper password=hole tls=true sni=redis.test ca=" + certificate.cert_file();
  tool.standard_input = "ikm_key=MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n";
  const std::string dump = ::testing::TempDir() + "/reach.jsonl";
  const std::vector<std::vector<std::string>> commands = {
      {"add", "user", "u", "-r", "a", "--password", "x", "--userhash"},
      {"add", "digest", "d", "-r", "a", "--password", "x", "--expires", "+1d", "--expire-key",
       "--replace"},
      {"set", "digest", "d", "-r", "a", "--expires", ""},
      {"bar", "digest", "d", "-r", "a"},
      {"unbar", "digest", "d", "-r", "a"},
      {"add", "oauth", "o", "--keys-file", "-"},
      {"add", "secret", "-r", "a", "--secret", "s"},
      {"add", "realm", "a", "--max-bps", "5", "--denied-peer-ip", "192.0.2.1", "--origin",
       "http://x"},
      {"show", "user", "u", "-r", "a"},
      {"show", "digest", "d", "-r", "a"},
      {"show", "realm", "a"},
      {"list", "user"},
      {"list", "realm"},
      {"list", "secret"},
      {"dump", "--out", dump},
      {"restore", dump, "--replace"},
      {"delete", "secret", "-r", "a", "--secret", "s"},
      {"delete", "realm", "a"},
      {"delete", "digest", "d", "-r", "a"},
      {"delete", "user", "u", "-r", "a", "--userhash"},
  };
  tool.now = std::chrono::floor<seconds>(std::chrono::system_clock::now());
  for (const auto& command : commands) {
    const Ran ran = tool.Run(command);
    EXPECT_EQ(ran.exit_code, 0) << Joined(command) << "\n" << ran;
  }
  EXPECT_EQ(redis.Run({"KEYS", "*"}), "turn/oauth/kid/o\n");
  EXPECT_EQ(redis.Run({"ACL", "LOG"}), "");
}

TEST(RedisReachTest, AMissingRightIsNamedWithWhatToDo) {
  RedisProcess redis;
  ASSERT_EQ(redis.Start({.lines = {"user keeper on >hole ~* +@all -eval"}}), "");
  Tool tool;
  tool.environment["CULVERT_REDIS"] = redis.connection_string() + " user=keeper password=hole";
  EXPECT_EQ(tool.Run({"add", "user", "u", "-r", "a", "--password", "x"}),
            CouldNot("Redis refuses: NOPERM this user has no permissions to run the 'eval' command"
                     "\nGive its user the rights that docs/culvert-admin.md lists, or use another "
                     "user."));
}

TEST(RedisReachTest, AWrongPasswordIsNamedAndNotShown) {
  RedisProcess redis;
  ASSERT_EQ(redis.Start({.lines = {"requirepass rabbit"}}), "");
  Tool tool;
  tool.environment["CULVERT_REDIS"] = redis.connection_string() + " password=hole";
  const Ran ran = tool.Run({"list", "user"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_NE(ran.err.find("AUTH is refused"), std::string::npos) << ran.err;
  EXPECT_EQ(ran.err.find("hole"), std::string::npos) << ran.err;
}

TEST(RedisReachTest, TheUnixSocketAndTheDatabaseOfATurnserverConf) {
  RedisProcess redis;
  ASSERT_EQ(redis.Start(), "");
  const std::string path = ::testing::TempDir() + "/turnserver.conf";
  std::ofstream(path) << "realm=north.gov\nlistening-port=3478\nredis-userdb=\"path="
                      << redis.socket_path() << " dbname=3\"\n";
  Tool tool;
  // The environment is for those who name nothing else.
  tool.environment["CULVERT_REDIS"] = "ip=127.0.0.1 port=1";
  EXPECT_EQ(tool.Run({"--config", path, "add", "user", "gorst", "--password", "hero"}),
            Says("added user gorst in north.gov\n"));
  EXPECT_EQ(tool.Run({"list", "user", "--config", path}), Says("gorst[north.gov]\n"));
  EXPECT_EQ(redis.Run({"DBSIZE"}), "0");
}

TEST(RedisReachTest, AConfigurationWithoutRedisIsNamed) {
  const std::string path = ::testing::TempDir() + "/other.conf";
  std::ofstream(path) << "realm=north.gov\n";
  Tool tool;
  EXPECT_EQ(tool.Run({"list", "user", "--config", path}),
            CouldNot(path + " has no redis-userdb: give --redis"));
}

// Two primaries, each with half of the slots.
class ClusterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (RedisProcess& node : nodes_) {
      ASSERT_EQ(node.Start({.lines = {"cluster-enabled yes"}}), "");
    }
    ASSERT_EQ(nodes_[0].Run({"CLUSTER", "ADDSLOTSRANGE", "0", "8191"}), "OK");
    ASSERT_EQ(nodes_[1].Run({"CLUSTER", "ADDSLOTSRANGE", "8192", "16383"}), "OK");
    ASSERT_EQ(nodes_[1].Run({"CLUSTER", "SET-CONFIG-EPOCH", "2"}), "OK");
    ASSERT_EQ(nodes_[0].Run({"CLUSTER", "MEET", nodes_[1].host(), nodes_[1].port()}), "OK");
    const auto give_up = std::chrono::steady_clock::now() + seconds(30);
    while (!AllKnowAll() && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
    ASSERT_TRUE(AllKnowAll()) << nodes_[0].Log();
    tool_.environment["CULVERT_REDIS"] = "cluster=" + nodes_[0].address().ToString();
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

  std::array<RedisProcess, 2> nodes_;
  Tool tool_;
};

TEST_F(ClusterTest, RecordsAndWhatLeadsToThemAreWrittenListedAndDeletedOnAllNodes) {
  std::string expected;
  for (const char* name : {"a", "b", "c", "d", "e", "f", "g", "h"}) {
    EXPECT_EQ(tool_.Run({"add", "digest", name, "-r", "home1.net", "--password", "x", "--userhash",
                         "--impu", std::string("sip:") + name}),
              Says(std::string("added digest ") + name + " in home1.net\n"));
    expected += std::string(name) + "[home1.net]\n";
  }
  for (const RedisProcess& node : nodes_) EXPECT_NE(node.Run({"DBSIZE"}), "0");
  EXPECT_EQ(tool_.Run({"list", "digest"}), Says(expected));
  const std::string dump = ::testing::TempDir() + "/cluster.jsonl";
  EXPECT_EQ(tool_.Run({"dump", "--out", dump}), Says("dumped 24 records to " + dump + "\n"));
  EXPECT_EQ(tool_.Run({"add", "digest", "a", "-r", "home1.net", "--password", "x"}).exit_code, 1);
  for (const char* name : {"a", "b", "c", "d", "e", "f", "g", "h"}) {
    EXPECT_EQ(tool_
                  .Run({"delete", "digest", name, "-r", "home1.net", "--userhash", "--impu",
                        std::string("sip:") + name})
                  .exit_code,
              0);
  }
  for (const RedisProcess& node : nodes_) EXPECT_EQ(node.Run({"DBSIZE"}), "0");
  EXPECT_EQ(tool_.Run({"restore", dump}), Says("wrote 24 records, left 0 that are there already, "
                                               "passed over 0 that are over\n"));
}

}  // namespace
}  // namespace culvert::testing
