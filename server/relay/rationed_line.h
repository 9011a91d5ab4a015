// Lets one line into the log in a while, and counts those that were kept out: strangers must not
// write the log. One for each kind of line and worker.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "server/base/time.h"

namespace culvert::relay {

class RationedLine {
 public:
  static constexpr seconds kBetween{10};

  // For each event. Set when it may be logged: how many there were since the last line, with it.
  std::optional<uint64_t> Take(Instant now) {
    ++events_;
    if (now < next_) return std::nullopt;
    next_ = now + kBetween;
    return std::exchange(events_, 0);
  }

 private:
  Instant next_{};
  uint64_t events_ = 0;
};

}  // namespace culvert::relay
