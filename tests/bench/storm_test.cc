#include "tests/bench/storm.h"

#include <gtest/gtest.h>

namespace culvert::bench {
namespace {

using std::chrono::milliseconds;

TEST(StormTest, ClientsAreDueAtEqualDistances) {
  EXPECT_EQ(DueInStorm(0, 500), milliseconds(0));
  EXPECT_EQ(DueInStorm(1, 500), milliseconds(2));
  EXPECT_EQ(DueInStorm(1500, 500), milliseconds(3000));
}

TEST(StormTest, UsersComeInTurn) {
  EXPECT_EQ(StormUser(0, 3), "user0");
  EXPECT_EQ(StormUser(2, 3), "user2");
  EXPECT_EQ(StormUser(3, 3), "user0");
}

}  // namespace
}  // namespace culvert::bench
