#include "server/net/loop.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <utility>

#include "server/net/clock.h"
#include "server/net/fd.h"

namespace culvert::net {
namespace {

class Dying final : public Deletable {
 public:
  explicit Dying(std::function<void()> last_act) : last_act_(std::move(last_act)) {}
  ~Dying() override { last_act_(); }

 private:
  std::function<void()> last_act_;
};

class TurnEnd final : public TurnHandler {
 public:
  explicit TurnEnd(std::function<bool()> act) : act_(std::move(act)) {}
  bool OnTurnEnd() override { return act_(); }

 private:
  std::function<bool()> act_;
};

// A descriptor that is always writable, and readable when signalled.
class Bell final : public FdHandler {
 public:
  explicit Bell(std::function<void(unsigned)> act)
      : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)), act_(std::move(act)) {}
  void Ring() {
    const uint64_t one = 1;
    EXPECT_EQ(write(fd_.get(), &one, sizeof one), static_cast<ssize_t>(sizeof one));
  }
  void Silence() {
    uint64_t count;
    EXPECT_EQ(read(fd_.get(), &count, sizeof count), static_cast<ssize_t>(sizeof count));
  }
  int fd() const { return fd_.get(); }
  void OnReady(unsigned what) override { act_(what); }
  FdWatch watch;

 private:
  Fd fd_;
  std::function<void(unsigned)> act_;
};

// Wakes the loop once by a descriptor, not by its alarm.
class Interruption final : public FdHandler {
 public:
  Interruption(Loop& loop, std::function<void()> act)
      : fd_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)), act_(std::move(act)) {
    watch_.Start(loop, fd_.get(), this, true, false);
  }
  void After(Duration wait) {
    const itimerspec once{{}, {wait.count() / 1000000, wait.count() % 1000000 * 1000}};
    EXPECT_EQ(timerfd_settime(fd_.get(), 0, &once, nullptr), 0);
  }
  void OnReady(unsigned) override {
    uint64_t count;
    EXPECT_EQ(read(fd_.get(), &count, sizeof count), static_cast<ssize_t>(sizeof count));
    act_();
  }

 private:
  Fd fd_;
  std::function<void()> act_;
  FdWatch watch_;
};

TEST(LoopTest, WhatIsDeferredDiesAfterTheTurnsEndOldestFirst) {
  Loop loop;
  std::string order;
  Bell bell([&](unsigned) {
    bell.Silence();
    loop.DeferDelete(std::make_unique<Dying>([&] { order += "a"; }));
    loop.DeferDelete(std::make_unique<Dying>([&] {
      order += "b";
      loop.DeferDelete(std::make_unique<Dying>([&] { order += "d"; }));
    }));
    loop.DeferDelete(std::make_unique<Dying>([&] { order += "c"; }));
    order += "handler ";
    loop.Stop();
  });
  bell.watch.Start(loop, bell.fd(), &bell, true, false);
  bell.Ring();
  TurnEnd end([&] {
    order += "end ";
    return false;
  });
  loop.Run(&end);
  EXPECT_EQ(order, "handler end abcd");
}

TEST(LoopTest, WhatIsLeftDiesWithTheLoop) {
  bool died = false;
  {
    Loop loop;
    loop.DeferDelete(std::make_unique<Dying>([&] { died = true; }));
    EXPECT_FALSE(died);
  }
  EXPECT_TRUE(died);
}

TEST(LoopTest, AnAlarmWakesAtItsTimeAndTheLatestCounts) {
  Loop loop;
  const Instant start = ReadMonotonic();
  loop.SetAlarm(start + seconds(3600));
  loop.SetAlarm(start + milliseconds(30));
  TurnEnd end([&] {
    if (loop.now().instant >= start + milliseconds(30)) loop.Stop();
    loop.SetAlarm(start + milliseconds(30));
    return false;
  });
  loop.Run(&end);
  EXPECT_GE(ReadMonotonic(), start + milliseconds(30));
}

// libevent reads a clock of some milliseconds' grain: woken by something else shortly before an
// alarm, it may fire that before ours says that it is time. Then the end of the turn asks for the
// very same alarm again, and must get it.
TEST(LoopTest, AnAlarmThatFiredEarlyIsSetAgain) {
  constexpr int kAlarms = 300;
  constexpr Duration kWait = milliseconds(5);
  constexpr Duration kStep{137};
  Loop loop;
  bool lost = false;
  Interruption patience(loop, [&] {
    lost = true;
    loop.Stop();
  });
  patience.After(seconds(20));
  Instant when = kNever;
  int alarms = 0;
  Interruption before_alarm(loop, [] {});
  // Each alarm is set, and interrupted, at another place in the grain.
  Interruption set_alarm(loop, [&] {
    when = loop.now().instant + kWait;
    before_alarm.After(kStep * (1 + alarms % 30));
  });
  set_alarm.After(kStep);
  TurnEnd end([&] {
    if (loop.now().instant >= when) {
      if (++alarms == kAlarms) loop.Stop();
      when = kNever;
      set_alarm.After(kStep * (1 + alarms % 31));
    }
    loop.SetAlarm(when);
    return false;
  });
  loop.Run(&end);
  EXPECT_FALSE(lost) << "after " << alarms << " alarms";
}

TEST(LoopTest, MoreWorkMeansThatTheNextWaitDoesNotBlock) {
  Loop loop;
  int turns = 0;
  TurnEnd end([&] {
    if (++turns == 10) loop.Stop();
    return true;
  });
  loop.Run(&end);
  EXPECT_EQ(turns, 10);
}

TEST(LoopTest, AWatchTellsWhatWasAskedFor) {
  Loop loop;
  std::string heard;
  Bell bell([&](unsigned what) {
    heard += what == FdHandler::kReadable ? "r" : what == FdHandler::kWritable ? "w" : "b";
    if (heard == "r") bell.watch.Want(false, true);
    if (heard == "rw") bell.watch.Want(true, true);
    if (heard == "rwb") {
      bell.watch.Stop();
      loop.Stop();
    }
  });
  bell.watch.Start(loop, bell.fd(), &bell, true, false);
  EXPECT_TRUE(bell.watch.reading());
  EXPECT_FALSE(bell.watch.writing());
  bell.Ring();
  loop.Run(nullptr);
  EXPECT_EQ(heard, "rwb");
}

TEST(LoopTest, AWatchThatWantsNothingHearsNothing) {
  Loop loop;
  Bell quiet([](unsigned) { FAIL() << "nobody asked"; });
  quiet.watch.Start(loop, quiet.fd(), &quiet, true, true);
  quiet.watch.Want(false, false);
  quiet.Ring();
  int turns = 0;
  TurnEnd end([&] {
    if (++turns == 5) loop.Stop();
    return true;
  });
  loop.Run(&end);
}

TEST(LoopTest, ThroughATurnTimeStandsStill) {
  Loop loop;
  Bell bell([&](unsigned) {
    const Instant before = loop.now().instant;
    while (ReadMonotonic() < before + milliseconds(2)) {
    }
    EXPECT_EQ(loop.now().instant, before);
    loop.Stop();
  });
  bell.watch.Start(loop, bell.fd(), &bell, true, false);
  bell.Ring();
  loop.Run(nullptr);
  EXPECT_GE(loop.last_turn(), milliseconds(2));
}

}  // namespace
}  // namespace culvert::net
