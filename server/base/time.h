// Points in time. `Instant` is monotonic and drives every timer; `WallTime` is the calendar and is
// used only where a standard or a credential names a date. They do not convert into each other.
// Neither type can read a clock: `server/net/clock.h` does, once per loop turn, and passes it down.
#pragma once

#include <chrono>

namespace culvert {

struct MonotonicTag {
  using duration = std::chrono::microseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicTag>;
  static constexpr bool is_steady = true;
};

// Microseconds since an arbitrary start, never going backwards.
using Instant = std::chrono::time_point<MonotonicTag>;

// Seconds since 1970-01-01 00:00 UTC.
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::seconds>;

using Duration = std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Both clocks, read at the same moment.
struct Now {
  Instant instant;
  WallTime wall;
};

inline constexpr Instant kNever = Instant::max();

}  // namespace culvert
