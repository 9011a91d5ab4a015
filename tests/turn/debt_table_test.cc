#include "server/turn/debt_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace culvert::turn {
namespace {

constexpr Instant kStart{seconds(1000)};
constexpr seconds kCost{1};
constexpr seconds kMost{20};

// A key of set 1, apart from all others by `number`.
uint64_t InOneSet(uint64_t number) {
  return 1 + number * DebtTable::kSets;
}

TEST(DebtTableTest, DebtsAddUpAndTimePaysThem) {
  DebtTable table;
  EXPECT_EQ(table.Owed(7, kStart), seconds(0));
  table.Charge(7, kCost, kMost, kStart);
  table.Charge(7, kCost, kMost, kStart);
  EXPECT_EQ(table.Owed(7, kStart), seconds(2));
  EXPECT_EQ(table.Owed(7, kStart + milliseconds(500)), milliseconds(1500));
  EXPECT_EQ(table.Owed(7, kStart + seconds(3)), seconds(0));
  // What was paid is over: nobody saves for later.
  table.Charge(7, kCost, kMost, kStart + seconds(10));
  EXPECT_EQ(table.Owed(7, kStart + seconds(10)), seconds(1));
  EXPECT_EQ(table.Owed(8, kStart), seconds(0));
}

TEST(DebtTableTest, NobodyOwesMoreThanTheMost) {
  DebtTable table;
  for (int i = 0; i < 1000; ++i) table.Charge(7, kCost, kMost, kStart);
  EXPECT_EQ(table.Owed(7, kStart), kMost);
}

TEST(DebtTableTest, OfTooManyInOneSetTheLeastIndebtedIsForgotten) {
  DebtTable table;
  for (uint64_t who = 0; who < DebtTable::kPlaces; ++who) {
    for (uint64_t times = 0; times <= who; ++times) {
      table.Charge(InOneSet(who), kCost * 2, kMost, kStart);
    }
  }
  // The newcomer owes less than all of them and is not remembered.
  table.Charge(InOneSet(9), kCost, kMost, kStart);
  EXPECT_EQ(table.Owed(InOneSet(9), kStart), seconds(0));
  // Now he owes more than the least.
  table.Charge(InOneSet(9), kCost * 3, kMost, kStart);
  EXPECT_EQ(table.Owed(InOneSet(9), kStart), kCost * 3);
  EXPECT_EQ(table.Owed(InOneSet(0), kStart), seconds(0));
  EXPECT_EQ(table.Owed(InOneSet(1), kStart), kCost * 4);
}

TEST(DebtTableTest, AHundredThousandPettyDebtorsDoNotFreeTheGreatOne) {
  DebtTable table;
  for (int i = 0; i < 10; ++i) table.Charge(InOneSet(3), kCost, kMost, kStart);
  std::mt19937_64 random(20261121);
  for (int i = 0; i < 100000; ++i) table.Charge(random(), kCost, kMost, kStart);
  EXPECT_EQ(table.Owed(InOneSet(3), kStart), kCost * 10);
}

// A bucket of tokens for each key in a map, as everybody would write it.
class Twin {
 public:
  Duration Owed(uint64_t key, Instant now) {
    Debt& debt = debts_[key];
    debt.owed = std::max(debt.owed - (now - debt.since), Duration(0));
    debt.since = now;
    return debt.owed;
  }
  void Charge(uint64_t key, Duration cost, Duration most, Instant now) {
    const Duration owed = Owed(key, now);
    debts_[key].owed = std::min(owed + cost, most);
  }

 private:
  struct Debt {
    Duration owed{0};
    Instant since{};
  };
  std::map<uint64_t, Debt> debts_;
};

// Four debtors in each of two sets, so that nobody has to be forgotten.
TEST(DebtTableTest, RandomDebtsAgreeWithTheTwin) {
  constexpr uint32_t kSeed = 20261122;
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  DebtTable table;
  Twin twin;
  Instant now = kStart;
  int in_debt = 0;
  for (int step = 0; step < 20000; ++step) {
    const uint64_t key = InOneSet(random() % 4) + random() % 2;
    if (random() % 2 == 0) {
      const milliseconds cost(random() % 3000);
      table.Charge(key, cost, kMost, now);
      twin.Charge(key, cost, kMost, now);
    }
    const Duration owed = table.Owed(key, now);
    ASSERT_EQ(owed, twin.Owed(key, now)) << "step " << step;
    in_debt += owed > Duration(0);
    now += milliseconds(random() % (step % 2000 < 1500 ? 200 : 2000));
  }
  EXPECT_GT(in_debt, 5000);
  EXPECT_LT(in_debt, 19000);
}

}  // namespace
}  // namespace culvert::turn
