#include "server/turn/acquaintances.h"

#include <gtest/gtest.h>

#include <random>

namespace culvert::turn {
namespace {

constexpr Instant kStart{seconds(100000)};
// The table's clock ticks every 16 seconds.
constexpr seconds kTick{16};

// A hash whose place is the same for all numbers.
uint64_t InOneSet(uint64_t number) {
  return 5 + (number << 32);
}

TEST(AcquaintancesTest, WhoWasRememberedIsKnownForAnHour) {
  Acquaintances table({});
  EXPECT_FALSE(table.Knows(InOneSet(1), kStart));
  table.Remember(InOneSet(1), kStart);
  EXPECT_TRUE(table.Knows(InOneSet(1), kStart));
  EXPECT_TRUE(table.Knows(InOneSet(1), kStart + Acquaintances::kRemembered - kTick));
  EXPECT_FALSE(table.Knows(InOneSet(1), kStart + Acquaintances::kRemembered + kTick));
  EXPECT_FALSE(table.Knows(InOneSet(2), kStart));
}

TEST(AcquaintancesTest, EachSuccessBeginsTheHourAnew) {
  Acquaintances table({});
  table.Remember(InOneSet(1), kStart);
  table.Remember(InOneSet(1), kStart + seconds(3000));
  EXPECT_TRUE(table.Knows(InOneSet(1), kStart + seconds(6000)));
}

TEST(AcquaintancesTest, OfTooManyInOneSetTheOldestIsForgotten) {
  Acquaintances table({});
  for (uint64_t who = 1; who <= Acquaintances::kPlaces + 1; ++who) {
    table.Remember(InOneSet(who), kStart + kTick * static_cast<int>(who));
  }
  const Instant now = kStart + kTick * 10;
  EXPECT_FALSE(table.Knows(InOneSet(1), now));
  for (uint64_t who = 2; who <= Acquaintances::kPlaces + 1; ++who) {
    EXPECT_TRUE(table.Knows(InOneSet(who), now)) << who;
  }
}

// A piece of the hash stands for the whole: strangers must not be taken for acquaintances by it.
TEST(AcquaintancesTest, OfAMillionStrangersNoneIsTakenForAnAcquaintance) {
  Acquaintances table({});
  std::mt19937_64 random(20261121);
  for (int i = 0; i < 20000; ++i) table.Remember(random(), kStart);
  int known = 0;
  for (int i = 0; i < 1000000; ++i) known += table.Knows(random(), kStart);
  EXPECT_EQ(known, 0);
}

}  // namespace
}  // namespace culvert::turn
