#include "tests/bench/storm.h"

#include <gtest/gtest.h>

namespace culvert::bench {
namespace {

using std::chrono::milliseconds;

TEST(StormTest, ConnectionsAreDueAtEqualDistances) {
  EXPECT_EQ(DueInStorm(0, 500), milliseconds(0));
  EXPECT_EQ(DueInStorm(1, 500), milliseconds(2));
  EXPECT_EQ(DueInStorm(1500, 500), milliseconds(3000));
}

}  // namespace
}  // namespace culvert::bench
