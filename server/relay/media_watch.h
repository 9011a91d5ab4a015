// Tells whether a worker is relaying media at present, by what it has relayed lately. Slow to
// forget: a pause of all calls is shorter than what follows from the answer is worth.
//
// Owned by a worker. Not thread-safe.
#pragma once

#include <cstdint>

#include "server/base/time.h"

namespace culvert::relay {

class MediaWatch {
 public:
  // Looking more often costs more additions, less often notices the first call later.
  static constexpr Duration kWindow = milliseconds(100);
  // One voice stream in one direction is 50 datagrams a second; keep-alives of many idle clients
  // are fewer.
  static constexpr uint64_t kPerSecond = 40;
  // How long after the last busy window it still counts as relaying.
  static constexpr Duration kLinger = seconds(2);

  // Whether it is time for Look.
  bool Due(Instant now) const { return now - looked_ >= kWindow; }
  // `relayed`: datagrams since the start; never less than before.
  void Look(uint64_t relayed, Instant now) {
    const auto passed = static_cast<uint64_t>((now - looked_) / milliseconds(1));
    if ((relayed - relayed_) * 1000 >= kPerSecond * passed && relayed != relayed_) {
      until_ = now + kLinger;
    }
    relaying_ = now < until_;
    relayed_ = relayed;
    looked_ = now;
  }
  // As of the last Look.
  bool relaying() const { return relaying_; }

 private:
  uint64_t relayed_ = 0;
  Instant looked_{};
  Instant until_{};
  bool relaying_ = false;
};

}  // namespace culvert::relay
