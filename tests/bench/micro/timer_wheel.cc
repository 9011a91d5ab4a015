// What timers cost a worker with so many sessions.

#include <benchmark/benchmark.h>

#include <memory>
#include <random>
#include <vector>

#include "server/net/timer_wheel.h"

namespace culvert::net {
namespace {

constexpr Instant kStart{seconds(1000)};

constexpr milliseconds kSpread{600000};

// When it fires it arms itself again, as sessions do.
class Timer final : public TimerWheel::Entry {
 public:
  Timer(TimerWheel* wheel, int64_t* fired) : wheel_(wheel), fired_(fired) {}

 private:
  void OnTimer(Instant now) override {
    ++*fired_;
    wheel_->Arm(this, now + kSpread);
  }
  TimerWheel* wheel_;
  int64_t* fired_;
};

// Armed for random times of the next ten minutes.
struct Wheel {
  explicit Wheel(size_t count) {
    std::mt19937 random(1);
    for (size_t i = 0; i < count; ++i) {
      timers.push_back(std::make_unique<Timer>(&wheel, &fired));
      wheel.Arm(timers.back().get(), kStart + milliseconds(random() % kSpread.count()));
    }
  }
  int64_t fired = 0;
  TimerWheel wheel{kStart};
  std::vector<std::unique_ptr<Timer>> timers;
};

// A Refresh or a permission moves a session's deadline.
void Arm(benchmark::State& state) {
  const auto count = static_cast<size_t>(state.range(0));
  Wheel all(count);
  size_t next = 0;
  int64_t ahead = 0;
  for (auto _ : state) {
    all.wheel.Arm(all.timers[next].get(), kStart + milliseconds(ahead % kSpread.count()));
    next = (next + 7919) % count;
    ahead += 104729;
  }
  if (all.wheel.size() != count) state.SkipWithError("timers are missing");
}
BENCHMARK(Arm)->ArgName("timers")->Arg(1)->Arg(1000)->Arg(50000);

// A session that settles without a change, as most packets of the protocol leave it.
void ArmForTheSameTime(benchmark::State& state) {
  Wheel all(1000);
  Timer* const timer = all.timers.front().get();
  const Instant deadline = timer->deadline();
  for (auto _ : state) {
    all.wheel.Arm(timer, deadline);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(ArmForTheSameTime);

// A turn in which no tick ends.
void AdvanceWithinATick(benchmark::State& state) {
  Wheel all(1000);
  all.wheel.Advance(kStart + seconds(1));
  for (auto _ : state) {
    all.wheel.Advance(kStart + seconds(1));
    benchmark::ClobberMemory();
  }
}
BENCHMARK(AdvanceWithinATick);

// One tick, with what is due in it.
void AdvanceOneTick(benchmark::State& state) {
  Wheel all(static_cast<size_t>(state.range(0)));
  Instant now = kStart;
  for (auto _ : state) {
    now += TimerWheel::kTick;
    all.wheel.Advance(now);
  }
  state.SetItemsProcessed(all.fired);
}
BENCHMARK(AdvanceOneTick)->ArgName("timers")->Arg(1)->Arg(1000)->Arg(50000);

// What the loop asks at the end of each turn.
void NextWake(benchmark::State& state) {
  Wheel all(static_cast<size_t>(state.range(0)));
  for (auto _ : state) {
    Instant wake = all.wheel.NextWake(kStart + seconds(2));
    benchmark::DoNotOptimize(wake);
  }
}
BENCHMARK(NextWake)->ArgName("timers")->Arg(0)->Arg(1)->Arg(50000);

}  // namespace
}  // namespace culvert::net
