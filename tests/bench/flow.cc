#include "tests/bench/flow.h"

#include <algorithm>

namespace culvert::bench {

FlowCounts& FlowCounts::operator+=(const FlowCounts& other) {
  sent += other.sent;
  delivered += other.delivered;
  duplicates += other.duplicates;
  corrupt += other.corrupt;
  return *this;
}

FlowCounts operator-(FlowCounts a, const FlowCounts& b) {
  a.sent -= b.sent;
  a.delivered -= b.delivered;
  a.duplicates -= b.duplicates;
  a.corrupt -= b.corrupt;
  return a;
}

Flow::Flow(size_t most, size_t batch) : most_(std::min(most, kRemembered)), batch_(batch) {}

size_t Flow::Burst() const {
  const uint64_t under_way = UnderWay();
  const size_t room = under_way < window_ ? window_ - under_way : 0;
  const size_t burst = std::clamp<size_t>(window_ / 2, 1, batch_);
  return room >= burst ? burst : 0;
}

bool Flow::OnArrival(uint64_t number) {
  if (number >= counts_.sent || number + kRemembered < expected_) {
    ++counts_.duplicates;
    return false;
  }
  if (number < expected_) {
    if (seen_[number % kRemembered]) {
      ++counts_.duplicates;
      return false;
    }
  } else {
    for (uint64_t missing = expected_; missing < number; ++missing)
      seen_.reset(missing % kRemembered);
    if (number > expected_ && expected_ >= recovered_at_) OnLoss();
    expected_ = number + 1;
  }
  seen_.set(number % kRemembered);
  ++counts_.delivered;
  Grow();
  return true;
}

void Flow::OnLoss() {
  recovered_at_ = counts_.sent;
  lost_once_ = true;
  window_ = std::max<size_t>(window_ / 2, 2);
}

void Flow::Grow() {
  if (window_ >= most_) return;
  if (lost_once_ && ++arrived_in_window_ < window_) return;
  arrived_in_window_ = 0;
  ++window_;
}

void Flow::OnSilenceCheck() {
  if (counts_.delivered == delivered_before_ && UnderWay() > 0) {
    given_up_below_ = counts_.sent;
    OnLoss();
  }
  delivered_before_ = counts_.delivered;
}

}  // namespace culvert::bench
