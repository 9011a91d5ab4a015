#include "server/net/timer_wheel.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <random>
#include <vector>

namespace culvert::net {
namespace {

constexpr Instant kStart{seconds(5000) + Duration(12345)};
constexpr Duration kTick = TimerWheel::kTick;

class Timer final : public TimerWheel::Entry {
 public:
  explicit Timer(std::function<void(Instant)> fired) : fired_(std::move(fired)) {}

 private:
  void OnTimer(Instant now) override { fired_(now); }
  std::function<void(Instant)> fired_;
};

TEST(TimerWheelTest, FiresAfterItsDeadlineAndAtMostOneTickLate) {
  for (const Duration wait :
       {Duration(0), Duration(1), kTick - Duration(1), kTick, kTick + Duration(1),
        Duration(seconds(102)), Duration(seconds(103)), Duration(seconds(3600))}) {
    TimerWheel wheel(kStart);
    Instant fired_at{};
    Timer timer([&](Instant now) { fired_at = now; });
    wheel.Arm(&timer, kStart + wait);
    for (Instant now = kStart; fired_at == Instant() && now < kStart + wait + seconds(1);) {
      now = wheel.NextWake(now + seconds(2));
      wheel.Advance(now);
    }
    EXPECT_GE(fired_at, kStart + wait);
    EXPECT_LE(fired_at, kStart + wait + kTick);
    EXPECT_FALSE(timer.armed());
    EXPECT_EQ(wheel.size(), 0u);
  }
}

TEST(TimerWheelTest, ALongSleepFiresEverythingThatIsDueOnce) {
  TimerWheel wheel(kStart);
  int fired = 0;
  std::vector<std::unique_ptr<Timer>> timers;
  for (int i = 0; i < 5000; ++i) {
    timers.push_back(std::make_unique<Timer>([&](Instant) { ++fired; }));
    wheel.Arm(timers.back().get(), kStart + milliseconds(i * 100));
  }
  wheel.Advance(kStart + seconds(400));
  EXPECT_GE(fired, 4000);
  EXPECT_LE(fired, 4001);
  wheel.Advance(kStart + seconds(10000));
  EXPECT_EQ(fired, 5000);
}

TEST(TimerWheelTest, AFiringTimerMayRearmItselfAndDestroyItsNeighbours) {
  TimerWheel wheel(kStart);
  int rearmed = 0;
  std::unique_ptr<Timer> neighbour;
  Timer first([&](Instant now) {
    neighbour.reset();
    if (++rearmed < 3) wheel.Arm(&first, now + seconds(1));
  });
  neighbour = std::make_unique<Timer>([](Instant) { FAIL() << "fired after its end"; });
  wheel.Arm(&first, kStart + seconds(1));
  wheel.Arm(neighbour.get(), kStart + seconds(1));
  for (int s = 0; s <= 10; ++s) wheel.Advance(kStart + seconds(s));
  EXPECT_EQ(rearmed, 3);
  EXPECT_EQ(wheel.size(), 0u);
}

TEST(TimerWheelTest, ADueTimerThatAnotherOneMovesDoesNotFire) {
  TimerWheel wheel(kStart);
  Timer second([](Instant now) { EXPECT_GE(now, kStart + seconds(5)); });
  Timer first([&](Instant) { wheel.Arm(&second, kStart + seconds(5)); });
  wheel.Arm(&first, kStart + seconds(1));
  wheel.Arm(&second, kStart + seconds(1));
  wheel.Advance(kStart + seconds(2));
  EXPECT_TRUE(second.armed());
  wheel.Advance(kStart + seconds(6));
  EXPECT_FALSE(second.armed());
}

TEST(TimerWheelTest, TimersMayOutliveTheWheel) {
  Timer timer([](Instant) {});
  {
    TimerWheel wheel(kStart);
    wheel.Arm(&timer, kStart + seconds(1));
  }
  EXPECT_FALSE(timer.armed());
}

TEST(TimerWheelTest, NeverDisarms) {
  TimerWheel wheel(kStart);
  Timer timer([](Instant) { FAIL(); });
  wheel.Arm(&timer, kStart + seconds(1));
  wheel.Arm(&timer, kNever);
  EXPECT_FALSE(timer.armed());
  wheel.Advance(kStart + seconds(1000));
  EXPECT_EQ(wheel.NextWake(kStart + seconds(2000)), kStart + seconds(2000));
}

// A table of deadlines that is looked through each time, next to the wheel, through the same random
// operations. A timer armed for the past is due at once.
TEST(TimerWheelTest, DoesWhatASlowTableDoes) {
  constexpr size_t kTimers = 200;
  std::mt19937 random(20261);
  TimerWheel wheel(kStart);
  Instant now = kStart;
  std::map<size_t, Instant> table;
  std::vector<size_t> fired;
  std::vector<std::unique_ptr<Timer>> timers(kTimers);
  const auto renew = [&](size_t i) {
    timers[i] = std::make_unique<Timer>([&fired, i](Instant) { fired.push_back(i); });
  };
  for (size_t i = 0; i < kTimers; ++i) renew(i);
  for (int step = 0; step < 50000; ++step) {
    const size_t i = random() % kTimers;
    switch (random() % 8) {
      case 0:
        wheel.Disarm(timers[i].get());
        table.erase(i);
        break;
      case 1:
        renew(i);
        table.erase(i);
        break;
      case 2:
      case 3: {
        const Duration ahead = random() % 100 == 0 ? Duration(seconds(random() % 500))
                                                   : Duration(milliseconds(random() % 2000));
        now += ahead;
        fired.clear();
        wheel.Advance(now);
        for (const size_t id : fired) {
          ASSERT_TRUE(table.contains(id)) << "fired without being armed, step " << step;
          ASSERT_LE(table[id], now) << "fired early, step " << step;
          table.erase(id);
        }
        for (const auto& [id, deadline] : table) {
          ASSERT_GT(deadline + kTick, now) << "not fired, step " << step;
        }
        break;
      }
      default: {
        const auto wait = milliseconds(static_cast<int>(random() % 200000) - 1000);
        wheel.Arm(timers[i].get(), now + wait);
        table[i] = std::max(now, now + wait);
      }
    }
    ASSERT_EQ(wheel.size(), table.size()) << step;
    const Instant wake = wheel.NextWake(now + seconds(3));
    for (const auto& [id, deadline] : table) ASSERT_LE(wake, deadline + kTick) << step;
  }
}

}  // namespace
}  // namespace culvert::net
