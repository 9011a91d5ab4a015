#include "server/observe/line_queue.h"

#include <utility>

namespace culvert::observe {

void LineQueue::Push(QueuedLine line) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    if (lines_.size() >= capacity_) {
      lines_.pop_front();
      ++lost_;
    }
    lines_.push_back(std::move(line));
    first = lines_.size() == 1;
  }
  if (first) changed_.notify_one();
}

std::deque<QueuedLine> LineQueue::Take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !lines_.empty() || closed_; });
  changed_.wait_for(lock, kGatherTime, [this] { return closed_; });
  return std::exchange(lines_, {});
}

void LineQueue::Close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_one();
}

uint64_t LineQueue::lost() const {
  const std::lock_guard lock(mutex_);
  return lost_;
}

}  // namespace culvert::observe
