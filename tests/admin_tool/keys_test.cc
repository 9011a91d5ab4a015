// key and credential: what they print for values that are computed elsewhere, too
// (tests/auth/keys_test.cc, tests/auth/gba_test.cc), and how a password gets in.

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "tests/admin_tool/tool.h"

namespace culvert::testing {
namespace {

constexpr const char* kKsNaf = "4b51353b588fe4a4d003290278444c909c532749253894709b0bdecfb0382e6e";
constexpr const char* kGbaPassword = "S1E1O1iP5KTQAykCeERMkJxTJ0klOJRwmwvez7A4Lm4=";
constexpr const char* kCk = "b40ba9a3c58b2a05bbf0d987b21bf8cb";
constexpr const char* kIk = "f769bcd751044604127672711c6d3441";
constexpr const char* kRand = "23553cbe9637a89d218ae64dae47bf35";

// printf 'gorst:north.gov:hero' | md5sum (and sha256sum); printf 'gorst:north.gov' | sha256sum
constexpr const char* kGorstsKeys =
    "ha1         7da2270ccfa49786e0115366d3a3d14d\n"
    "ha1-sha256  09d34a27958c1a248939ee283773900b10eb8e49ddbaab29c9306f0e2ec01e5c\n"
    "userhash    171205b63925b340172cf5f6b526e073b435695b205c2eff1460d53f341083e0\n";

std::string FileWith(const std::string& text) {
  const std::string path = ::testing::TempDir() + "/secret";
  std::ofstream(path) << text;
  return path;
}

TEST(KeysTest, AUsersKeysAreMd5Sha256AndUserhash) {
  Tool tool;
  EXPECT_EQ(tool.Run({"key", "user", "gorst", "--realm", "north.gov", "--password", "hero"}),
            Says(kGorstsKeys));
}

TEST(KeysTest, AUsersKeysAsJson) {
  Tool tool;
  EXPECT_EQ(
      tool.Run({"key", "user", "gorst", "-r", "north.gov", "--password", "hero", "--json"}),
      Says("{\"ha1\":\"7da2270ccfa49786e0115366d3a3d14d\",\"ha1-sha256\":"
           "\"09d34a27958c1a248939ee283773900b10eb8e49ddbaab29c9306f0e2ec01e5c\",\"userhash\":"
           "\"171205b63925b340172cf5f6b526e073b435695b205c2eff1460d53f341083e0\"}\n"));
}

TEST(KeysTest, APasswordComesFromAPersonOnce) {
  Tool tool;
  tool.typed = {"hero"};
  EXPECT_EQ(tool.Run({"key", "user", "gorst", "--realm", "north.gov"}), Says(kGorstsKeys));
  EXPECT_EQ(tool.questions, std::vector<std::string>{"password of gorst"});
}

TEST(KeysTest, APasswordComesFromTheFirstLineOfAFileOrStandardInput) {
  Tool tool;
  const std::string path = FileWith("hero\r\nvillain\n");
  EXPECT_EQ(tool.Run({"key", "user", "gorst", "-r", "north.gov", "--password-file", path}),
            Says(kGorstsKeys));
  tool.standard_input = "hero\nvillain\n";
  EXPECT_EQ(tool.Run({"key", "user", "gorst", "-r", "north.gov", "--password-file", "-"}),
            Says(kGorstsKeys));
  EXPECT_TRUE(tool.questions.empty());
}

TEST(KeysTest, AnEmptyPasswordIsNone) {
  Tool tool;
  const std::vector<std::string> words = {"key", "user", "gorst", "-r", "north.gov"};
  tool.typed = {""};
  EXPECT_EQ(tool.Run(words), CouldNot("nothing was typed"));
  std::vector<std::string> from_input = words;
  from_input.insert(from_input.end(), {"--password-file", "-"});
  EXPECT_EQ(tool.Run(from_input), CouldNot("the first line of standard input is empty"));
}

TEST(KeysTest, KsNafFollowsFromCkAndIk) {
  Tool tool;
  const std::string expected =
      std::string("ks-naf      ") + kKsNaf + "\npassword    " + kGbaPassword + "\n";
  EXPECT_EQ(tool.Run({"key", "gba", "--ck", kCk, "--ik", kIk, "--rand", kRand, "--impi",
                      "user1_private@home1.net", "--naf", "turn1.home1.net"}),
            Says(expected));
  tool.standard_input = std::string("# of the HSS\nks=") + kCk + kIk + "\nrand=" + kRand + "\n";
  EXPECT_EQ(tool.Run({"key", "gba", "--keys-file", "-", "--impi", "user1_private@home1.net",
                      "--naf", "turn1.home1.net"}),
            Says(expected));
}

TEST(KeysTest, TheCardsKeyAndAnotherProtocolAreOthers) {
  Tool tool;
  std::vector<std::string> words = {"key",    "gba",
                                    "--ck",   kCk,
                                    "--ik",   kIk,
                                    "--rand", kRand,
                                    "--impi", "user1_private@home1.net",
                                    "--naf",  "turn1.home1.net"};
  words.emplace_back("--uicc");
  EXPECT_EQ(tool.Run(words).out.substr(0, 76),
            "ks-int-naf  89f1333ad4f54ef74263a5d72b01d5a50b2b2db35f987c7e2100520cdf5bbf4b");
  words.back() = "--ua=010001002f";
  EXPECT_EQ(tool.Run(words).out.substr(0, 76),
            "ks-naf      a58834439fee3de255281ddeed3ead4abe188f99400d7f4eaa7643196147a2c7");
}

TEST(KeysTest, WhatIsMissingOrWrongForKsNafIsNamed) {
  Tool tool;
  EXPECT_EQ(tool.Run({"key", "gba", "--impi", "a", "--naf", "b"}),
            UsedWrongly("which ck? Give --ck, or a line ck=HEX in --keys-file"));
  EXPECT_EQ(tool.Run({"key", "gba", "--ck", kCk, "--ik", "0", "--impi", "a", "--naf", "b"}),
            UsedWrongly("ik: expected 32 hex digits"));
}

// base64(HMAC-SHA1("north", "1700086400:alice")), by Python's hmac.
TEST(KeysTest, ACredentialEndsAfterItsTimeAndHasTheSecretsPassword) {
  Tool tool;
  EXPECT_EQ(tool.Run({"credential", "--secret", "north", "--user", "alice"}),
            Says("username    1700086400:alice\npassword    SXua5ne/+mDhiHTp0pQJzRO4ESg=\nttl      "
                 "   86400\n"));
}

TEST(KeysTest, ACredentialAsJsonIsThatOfTheTurnRestApi) {
  Tool tool;
  tool.typed = {"north"};
  EXPECT_EQ(
      tool.Run({"credential", "--ttl", "600", "--json", "--uri",
                "turn:relay.test:3478?transport=udp", "--uri", "turns:relay.test:443"}),
      Says("{\"username\":\"1700000600\",\"password\":\"pL3AD+pdSi0Td8xk/uSD7cXdsYc=\",\"ttl\":600,"
           "\"uris\":[\"turn:relay.test:3478?transport=udp\",\"turns:relay.test:443\"]}\n"));
  EXPECT_EQ(tool.questions, std::vector<std::string>{"shared secret"});
}

TEST(KeysTest, TurnadminsKeyIsPrintedAsTurnadminPrintsIt) {
  Tool tool;
  EXPECT_EQ(tool.Run({"-k", "-u", "gorst", "-r", "north.gov", "-p", "hero"}),
            Says("0x7da2270ccfa49786e0115366d3a3d14d\n"));
  EXPECT_EQ(tool.Run({"--key", "--user=gorst", "--realm=north.gov", "--password=hero"}),
            Says("0x7da2270ccfa49786e0115366d3a3d14d\n"));
}

}  // namespace
}  // namespace culvert::testing
