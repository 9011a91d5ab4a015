#include "tests/bench/delays.h"

#include <gtest/gtest.h>

namespace culvert::bench {
namespace {

TEST(DelaysTest, NoDelaysHaveNoPercentiles) {
  EXPECT_EQ(Delays().Percentile(0.99), 0);
}

TEST(DelaysTest, APercentileIsAtMostASixteenthTooLong) {
  for (uint64_t nanoseconds = 20; nanoseconds < 10'000'000'000; nanoseconds = nanoseconds * 3 + 1) {
    Delays delays;
    delays.Add(nanoseconds);
    const double exact = static_cast<double>(nanoseconds) / 1e3;
    EXPECT_GE(delays.Percentile(0.5), exact);
    EXPECT_LE(delays.Percentile(0.5), exact * 17 / 16 + 0.001);
  }
}

TEST(DelaysTest, PercentilesSplitTheCounts) {
  Delays delays, others;
  for (int i = 0; i < 90; ++i) delays.Add(1'000);
  for (int i = 0; i < 10; ++i) others.Add(1'000'000);
  delays.Add(others);
  EXPECT_EQ(delays.count(), 100u);
  EXPECT_LT(delays.Percentile(0.9), 1.1);
  EXPECT_GT(delays.Percentile(0.91), 1'000);
}

}  // namespace
}  // namespace culvert::bench
