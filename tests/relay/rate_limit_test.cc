#include "server/relay/rate_limit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

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

// One read of a stream may be worth minutes of a small rate.
TEST(RateLimitTest, ALongDebtIsPaidWhenItWasSaidToBe) {
  RateLimit limit(1000);
  limit.Charge(256 * 1024, kStart);
  const Instant ready = limit.Ready(kStart);
  EXPECT_GT(ready, kStart + seconds(261));
  EXPECT_LT(ready, kStart + seconds(263));
  EXPECT_EQ(limit.Ready(ready), ready);
}

// What there is to spend, in millionths of a byte and in a type that nothing overflows.
class Twin {
 public:
  explicit Twin(int64_t rate) : rate_(rate), level_(Burst()) {}
  bool Covers(int64_t bytes) const { return level_ >= std::min(bytes * kByte, Burst()); }
  // Whether it is so close to the decision that a part of a byte decides.
  bool Doubtful(int64_t bytes) const {
    const __int128 gap = level_ - std::min(bytes * kByte, Burst());
    return -kByte <= gap && gap <= kByte;
  }
  void Spend(int64_t bytes) { level_ -= bytes * kByte; }
  void Wait(Duration time) {
    level_ = std::min(level_ + static_cast<__int128>(time.count()) * rate_, Burst());
  }
  bool empty() const { return level_ <= 0; }
  // Until there is a byte.
  double SecondsInDebt() const {
    return static_cast<double>(kByte - level_) / static_cast<double>(rate_) / 1e6;
  }

 private:
  static constexpr __int128 kByte = 1000000;
  __int128 Burst() const { return std::max<__int128>(rate_ / 2, 1) * kByte; }
  const int64_t rate_;
  __int128 level_;
};

// The bucket may keep a part of a byte that the twin does not: within a byte of the border both
// answers are right.
TEST(RateLimitTest, RandomOperationsAgreeWithTheTwin) {
  constexpr uint32_t kSeed = 20260710;
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  const auto pick = [&random](uint32_t count) { return static_cast<int64_t>(random() % count); };
  for (const int64_t rate : {1, 3, 999, 64000, 1250000, 2000000000}) {
    SCOPED_TRACE(rate);
    RateLimit limit(static_cast<uint64_t>(rate));
    Twin twin(rate);
    Instant now = kStart;
    int passed = 0;
    int refused = 0;
    for (int step = 0; step < 3000; ++step) {
      SCOPED_TRACE(step);
      const auto most = static_cast<uint32_t>(std::min<int64_t>(rate, 60000));
      if (pick(20) == 0) {
        // At times as much as takes minutes to earn.
        const int64_t bytes = pick(most * (pick(10) == 0 ? 300 : 4));
        limit.Charge(static_cast<size_t>(bytes), now);
        twin.Spend(bytes);
      } else {
        const int64_t bytes = 1 + pick(most);
        const bool took = limit.Take(static_cast<size_t>(bytes), now);
        if (!twin.Doubtful(bytes)) {
          ASSERT_EQ(took, twin.Covers(bytes));
        }
        if (took) twin.Spend(bytes);
        ++(took ? passed : refused);
      }
      const Instant ready = limit.Ready(now);
      if (!twin.Doubtful(0)) {
        ASSERT_EQ(ready > now, twin.empty());
      }
      if (twin.empty() && ready > now) {
        const double wait = static_cast<double>((ready - now).count()) / 1e6;
        ASSERT_NEAR(wait, twin.SecondsInDebt(), 1.0 / static_cast<double>(rate) + 2e-6);
      }
      // Microseconds mostly, seconds at times, and hours.
      const Duration time = pick(100) == 0 ? Duration(seconds(pick(7200)))
                            : pick(4) == 0 ? Duration(milliseconds(pick(1000)))
                                           : Duration(pick(300));
      now += time;
      twin.Wait(time);
    }
    EXPECT_GT(passed, 100);
    if (rate < 1000000) {
      EXPECT_GT(refused, 100);
    }
  }
}

}  // namespace
}  // namespace culvert::relay
