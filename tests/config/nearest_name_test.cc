#include "server/config/nearest_name.h"

#include <gtest/gtest.h>

#include <string>

namespace culvert::config {
namespace {

TEST(EditDistanceTest, CountsInsertionsDeletionsReplacementsAndSwaps) {
  EXPECT_EQ(EditDistance("", ""), 0u);
  EXPECT_EQ(EditDistance("", "abc"), 3u);
  EXPECT_EQ(EditDistance("abc", ""), 3u);
  EXPECT_EQ(EditDistance("realm", "realm"), 0u);
  EXPECT_EQ(EditDistance("relm", "realm"), 1u);
  EXPECT_EQ(EditDistance("reaalm", "realm"), 1u);
  EXPECT_EQ(EditDistance("reaxm", "realm"), 1u);
  EXPECT_EQ(EditDistance("relam", "realm"), 1u);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3u);
}

TEST(EditDistanceTest, ASwapIsNotEditedOnceMore) {
  EXPECT_EQ(EditDistance("ca", "abc"), 3u);
}

TEST(NearestOptionNameTest, FindsWhatWasMeant) {
  EXPECT_EQ(NearestOptionName("lisening-port"), "listening-port");
  EXPECT_EQ(NearestOptionName("listening_port"), "listening-port");
  EXPECT_EQ(NearestOptionName("extrenal-ip"), "external-ip");
  EXPECT_EQ(NearestOptionName("ca-file"), "CA-file");
  EXPECT_EQ(NearestOptionName("denied-peer-ips"), "denied-peer-ip");
}

TEST(NearestOptionNameTest, SaysNothingWhenNothingIsNear) {
  EXPECT_EQ(NearestOptionName("colour-of-the-sky"), "");
  EXPECT_EQ(NearestOptionName(""), "");
  EXPECT_EQ(NearestOptionName(std::string(1000, 'x')), "");
}

TEST(NearestOptionNameTest, DoesNotGiveHiddenOptionsAway) {
  EXPECT_EQ(NearestOptionName("dump-options-m"), "");
}

}  // namespace
}  // namespace culvert::config
