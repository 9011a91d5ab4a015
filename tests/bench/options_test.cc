#include "tests/bench/options.h"

#include <gtest/gtest.h>

namespace culvert::bench {
namespace {

TEST(OptionsTest, ValuesFollowAnEqualsSignOrTheName) {
  const auto options =
      ParseOptions({"--transport=udp", "--sessions", "7", "-server-pid=12", "--direction=down"});
  ASSERT_TRUE(options) << options.error();
  EXPECT_EQ(options->transport, testing::ClientTransport::kUdp);
  EXPECT_EQ(options->sessions, 7u);
  EXPECT_EQ(options->server_pid, 12);
  EXPECT_FALSE(options->up);
  EXPECT_TRUE(options->down);
}

TEST(OptionsTest, AnUnknownNameIsRefused) {
  const auto options = ParseOptions({"--sesions=7"});
  ASSERT_FALSE(options);
  EXPECT_EQ(options.error(), "no option --sesions");
}

TEST(OptionsTest, AValueOutOfRangeIsRefused) {
  for (const char* wrong : {"--seconds=61", "--payload=31", "--payload=1473", "--batch=65",
                            "--sessions=0", "--rate=-1", "--server=localhost", "--seconds=2x"})
    EXPECT_FALSE(ParseOptions({wrong})) << wrong;
}

TEST(OptionsTest, ByteStreamsOverUdpAreRefused) {
  EXPECT_FALSE(ParseOptions({"--work=bulk", "--transport=udp"}));
  EXPECT_FALSE(ParseOptions({"--work=connections", "--transport=udp"}));
  EXPECT_TRUE(ParseOptions({"--work=bulk", "--transport=tcp"}));
}

TEST(OptionsTest, IdleNeedsTheProcessWhoseMemoryItMeasures) {
  EXPECT_FALSE(ParseOptions({"--work=idle"}));
  EXPECT_TRUE(ParseOptions({"--work=idle", "--server-pid=1"}));
}

TEST(OptionsTest, AStormComesOverSparseMediaOverTls) {
  EXPECT_FALSE(ParseOptions({"--storm-rate=500"}));
  EXPECT_FALSE(ParseOptions({"--storm-rate=500", "--rate=50", "--transport=udp"}));
  EXPECT_TRUE(ParseOptions({"--storm-rate=500", "--rate=50", "--transport=tls"}));
  EXPECT_TRUE(
      ParseOptions({"--storm-rate=500", "--rate=50", "--transport=udp", "--storm-users=100"}));
}

TEST(OptionsTest, TheLastOfTwoValuesCounts) {
  const auto options = ParseOptions({"--tls-version=1.2", "--protocol=bare", "--tls-version=1.3"});
  ASSERT_TRUE(options) << options.error();
  EXPECT_EQ(options->tls_version, TlsVersion::k13);
  EXPECT_EQ(options->protocol, Protocol::kBare);
}

}  // namespace
}  // namespace culvert::bench
