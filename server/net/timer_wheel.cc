#include "server/net/timer_wheel.h"

#include <algorithm>

namespace culvert::net {

void TimerWheel::Entry::Unlink() {
  if (next_ == nullptr) return;
  next_->previous_ = previous_;
  previous_->next_ = next_;
  next_ = previous_ = nullptr;
  if (wheel_ != nullptr) --wheel_->size_;
}

TimerWheel::TimerWheel(Instant now) : tick_(TickOf(now)) {
  for (Head& head : buckets_) head.next_ = head.previous_ = &head;
}

TimerWheel::~TimerWheel() {
  for (Head& head : buckets_) {
    while (head.next_ != &head) head.next_->Unlink();
    head.next_ = head.previous_ = nullptr;
  }
}

void TimerWheel::Arm(Entry* entry, Instant deadline) {
  if (entry->armed() && entry->deadline_ == deadline) return;
  entry->Unlink();
  if (deadline == kNever) return;
  entry->deadline_ = deadline;
  entry->wheel_ = this;
  // One tick beyond the deadline's own, so that a fired bucket holds nothing that is early.
  const int64_t tick = std::max(TickOf(deadline) + 1, tick_ + 1);
  Entry* head = &buckets_[static_cast<size_t>(tick) % kBuckets];
  entry->previous_ = head->previous_;
  entry->next_ = head;
  head->previous_->next_ = entry;
  head->previous_ = entry;
  ++size_;
}

void TimerWheel::Advance(Instant now) {
  const int64_t target = TickOf(now);
  // After a long pause one full round visits every bucket; more would visit them twice.
  if (target - tick_ > static_cast<int64_t>(kBuckets)) {
    tick_ = target - static_cast<int64_t>(kBuckets);
  }
  while (tick_ < target) {
    ++tick_;
    FireBucket(&buckets_[static_cast<size_t>(tick_) % kBuckets], now);
  }
}

void TimerWheel::FireBucket(Entry* head, Instant now) {
  // Firing may arm and unlink any entry, so move what is due to a list of its own first.
  Head due;
  due.next_ = due.previous_ = &due;
  for (Entry* entry = head->next_; entry != head;) {
    Entry* const next = entry->next_;
    if (entry->deadline_ <= now) {
      entry->next_->previous_ = entry->previous_;
      entry->previous_->next_ = entry->next_;
      entry->previous_ = due.previous_;
      entry->next_ = &due;
      due.previous_->next_ = entry;
      due.previous_ = entry;
    }
    entry = next;
  }
  while (due.next_ != &due) {
    Entry* const entry = due.next_;
    entry->Unlink();
    entry->OnTimer(now);
  }
  due.next_ = due.previous_ = nullptr;
}

Instant TimerWheel::NextWake(Instant horizon) const {
  if (size_ == 0) return horizon;
  const int64_t last = std::min(TickOf(horizon), tick_ + static_cast<int64_t>(kBuckets));
  for (int64_t tick = tick_ + 1; tick <= last; ++tick) {
    const Entry& head = buckets_[static_cast<size_t>(tick) % kBuckets];
    if (head.next_ != &head) return std::min(Instant(tick * kTick), horizon);
  }
  return horizon;
}

}  // namespace culvert::net
