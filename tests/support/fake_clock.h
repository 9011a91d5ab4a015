// Time that moves only when a test says so: both clocks in step, as on a real machine.
#pragma once

#include "server/base/time.h"

namespace culvert {

class FakeClock {
 public:
  const Now& now() const { return now_; }

  // `by` is whole seconds or more of them: the calendar knows nothing smaller.
  void Advance(seconds by) {
    now_.instant += by;
    now_.wall += by;
  }

 private:
  // 2027-01-15 08:00 UTC, and a machine that has been up for a day.
  Now now_{Instant(std::chrono::hours(24)), WallTime(seconds(1'800'000'000))};
};

}  // namespace culvert
