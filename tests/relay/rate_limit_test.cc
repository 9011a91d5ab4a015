#include "server/relay/rate_limit.h"

#include <gtest/gtest.h>

namespace culvert::relay {
namespace {

constexpr Instant kStart{seconds(1000)};

TEST(RateLimitTest, ZeroIsNoLimit) {
  RateLimit limit(0);
  EXPECT_FALSE(limit.limited());
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(limit.Take(1 << 20, kStart));
  limit.Charge(1 << 30, kStart);
  EXPECT_EQ(limit.Ready(kStart), kStart);
}

TEST(RateLimitTest, TheBurstIsHalfASecond) {
  RateLimit limit(1000);
  EXPECT_TRUE(limit.Take(500, kStart));
  EXPECT_FALSE(limit.Take(1, kStart));
}

TEST(RateLimitTest, TokensComeBackWithTime) {
  RateLimit limit(1000);
  ASSERT_TRUE(limit.Take(500, kStart));
  EXPECT_FALSE(limit.Take(100, kStart + milliseconds(99)));
  EXPECT_TRUE(limit.Take(100, kStart + milliseconds(100)));
  EXPECT_FALSE(limit.Take(1, kStart + milliseconds(100)));
}

TEST(RateLimitTest, IdlenessSavesNoMoreThanTheBurst) {
  RateLimit limit(1000);
  ASSERT_TRUE(limit.Take(500, kStart));
  EXPECT_TRUE(limit.Take(500, kStart + seconds(3600)));
  EXPECT_FALSE(limit.Take(1, kStart + seconds(3600)));
}

TEST(RateLimitTest, ADatagramLargerThanTheBurstPassesWhenTheBucketIsFull) {
  RateLimit limit(1000);
  EXPECT_TRUE(limit.Take(1400, kStart));
  // 900 in debt.
  EXPECT_FALSE(limit.Take(1, kStart + milliseconds(900)));
  EXPECT_TRUE(limit.Take(1, kStart + milliseconds(901)));
}

TEST(RateLimitTest, ARefusedDatagramCostsNothing) {
  RateLimit limit(1000);
  ASSERT_TRUE(limit.Take(400, kStart));
  EXPECT_FALSE(limit.Take(200, kStart));
  EXPECT_TRUE(limit.Take(100, kStart));
}

TEST(RateLimitTest, AStreamPaysItsDebtBeforeTheNextRead) {
  RateLimit limit(100000);
  EXPECT_EQ(limit.Ready(kStart), kStart);
  limit.Charge(150000, kStart);
  // 50000 were saved, so 100000 are owed: a second, and a moment for the first byte.
  const Instant ready = limit.Ready(kStart);
  EXPECT_GT(ready, kStart + seconds(1));
  EXPECT_LT(ready, kStart + seconds(1) + milliseconds(1));
  EXPECT_EQ(limit.Ready(ready), ready);
}

// In small steps, too, in which less than a byte is earned.
TEST(RateLimitTest, OverALongTimeTheRateHolds) {
  RateLimit limit(999);
  uint64_t taken = 0;
  Instant now = kStart;
  for (; now < kStart + seconds(100); now += Duration(317)) {
    if (limit.Take(1, now)) ++taken;
  }
  EXPECT_GE(taken, 99u * 999);
  EXPECT_LE(taken, 100u * 999 + 500);
}

TEST(RateLimitTest, AHugeRateDoesNotOverflow) {
  RateLimit limit(10000000000);
  limit.Charge(size_t{1} << 40, kStart);
  const Instant ready = limit.Ready(kStart);
  EXPECT_GT(ready, kStart + seconds(100));
  EXPECT_LT(ready, kStart + seconds(120));
  EXPECT_FALSE(limit.Take(1, kStart + seconds(50)));
}

}  // namespace
}  // namespace culvert::relay
