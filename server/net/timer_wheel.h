// One wheel of timers per worker: deadlines in buckets of kTick, so that arming, moving and
// disarming a timer is a few pointer writes whatever their number. Firing is at most one tick late,
// never early; state that must not outlive its deadline is checked against it when used, too.
//
// Not thread-safe. An entry is a member of its owner and leaves the wheel when it dies.
#pragma once

#include <array>
#include <cstdint>

#include "server/base/time.h"

namespace culvert::net {

class TimerWheel {
 public:
  // A shorter tick costs more wake-ups of an idle worker, a longer one fires later. RFC timers are
  // seconds.
  static constexpr Duration kTick = milliseconds(100);
  // Covers 102 s; later deadlines go round more than once.
  static constexpr size_t kBuckets = 1024;

  class Entry {
   public:
    Entry() = default;
    virtual ~Entry() { Unlink(); }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    bool armed() const { return next_ != nullptr; }
    Instant deadline() const { return deadline_; }

   protected:
    // Called by Advance once the deadline has passed; the entry is no longer armed and may arm
    // itself again.
    virtual void OnTimer(Instant now) = 0;

   private:
    friend class TimerWheel;
    void Unlink();
    Entry* next_ = nullptr;
    Entry* previous_ = nullptr;
    Instant deadline_ = kNever;
    TimerWheel* wheel_ = nullptr;
  };

  explicit TimerWheel(Instant now);
  ~TimerWheel();
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  // Arms or moves `entry`; kNever disarms.
  void Arm(Entry* entry, Instant deadline);
  void Disarm(Entry* entry) { entry->Unlink(); }

  // Fires what is due.
  void Advance(Instant now);
  // When Advance should be called next: `horizon` or earlier. A near horizon is cheap to ask for.
  Instant NextWake(Instant horizon) const;

  size_t size() const { return size_; }

 private:
  struct Head final : Entry {
    void OnTimer(Instant) override {}
  };
  static int64_t TickOf(Instant at) { return at.time_since_epoch() / kTick; }
  void FireBucket(Entry* head, Instant now);

  std::array<Head, kBuckets> buckets_;
  int64_t tick_;  // the last one that was fired
  size_t size_ = 0;
};

}  // namespace culvert::net
