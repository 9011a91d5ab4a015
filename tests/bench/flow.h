// One direction of one session: what was sent, what arrived, and how much may be under way.
//
// Saturated load is a closed loop: as many packets are under way as the window allows. The window
// grows with what arrives and is halved by a loss, so that a server is driven to its limit and not
// far beyond it. Loss is never hidden by that: whatever was sent and did not arrive is lost.
#pragma once

#include <algorithm>
#include <bitset>
#include <cstddef>
#include <cstdint>

#include "tests/bench/payload.h"

namespace culvert::bench {

struct FlowCounts {
  uint64_t sent = 0;
  uint64_t delivered = 0;   // whole, right, each once
  uint64_t duplicates = 0;  // arrived again, or too late to tell
  uint64_t corrupt = 0;     // wrong size, flow or checksum

  FlowCounts& operator+=(const FlowCounts& other);
  friend FlowCounts operator-(FlowCounts a, const FlowCounts& b);
};

class Flow {
 public:
  // `most` packets under way at the most, `batch` sent at once.
  Flow(size_t most, size_t batch);

  uint64_t NextNumber() { return counts_.sent++; }

  // How many packets should be sent now; 0 until at least half a window has room, so that sending
  // stays worth a system call.
  size_t Burst() const;

  // A packet came whole. False when it came before.
  bool OnArrival(uint64_t number);
  void OnCorrupt() { ++counts_.corrupt; }
  // Called about every kSilence: what has been under way ever since the last call, without any
  // arrival in between, is given up.
  void OnSilenceCheck();
  static constexpr int64_t kSilenceNanoseconds = 200'000'000;

  const FlowCounts& counts() const { return counts_; }

 private:
  static constexpr size_t kRemembered = 4096;  // at least the largest window

  // Packets behind the highest that arrived: what lies below has come or is lost.
  uint64_t UnderWay() const { return counts_.sent - std::max(expected_, given_up_below_); }
  void OnLoss();
  void Grow();

  const size_t most_;
  const size_t batch_;
  FlowCounts counts_;
  size_t window_ = 2;
  size_t arrived_in_window_ = 0;
  bool lost_once_ = false;         // until then the window grows with each packet
  uint64_t recovered_at_ = 0;      // gaps below this number have been punished already
  uint64_t expected_ = 0;          // the number behind the highest that arrived
  uint64_t given_up_below_ = 0;    // numbers below are no longer waited for
  uint64_t delivered_before_ = 0;  // at the last silence check
  std::bitset<kRemembered> seen_;  // of the last kRemembered numbers below expected_
};

}  // namespace culvert::bench
