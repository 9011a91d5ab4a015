// Keeps a thread at a rate, and wakes it at once when the run is over.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace culvert::soak {

// Told once, by whoever ends the run; shared by all threads.
class RunEnd {
 public:
  void Announce() {
    const std::lock_guard lock(mutex_);
    over_ = true;
    told_.notify_all();
  }
  // True when the run is over, else false at `until`.
  bool WaitUntil(std::chrono::steady_clock::time_point until) {
    std::unique_lock lock(mutex_);
    return told_.wait_until(lock, until, [this] { return over_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable told_;
  bool over_ = false;
};

class Pace {
 public:
  Pace(RunEnd& end, double per_second)
      : end_(end),
        interval_(std::chrono::duration_cast<std::chrono::steady_clock::duration>(
            std::chrono::duration<double>(1 / per_second))),
        next_(std::chrono::steady_clock::now()) {}

  // Waits for the next turn; false when the run is over. Turns that were missed by more than a
  // second are not made up for.
  bool Next() {
    next_ = std::max(next_ + interval_, std::chrono::steady_clock::now() - std::chrono::seconds(1));
    return !end_.WaitUntil(next_);
  }

 private:
  RunEnd& end_;
  const std::chrono::steady_clock::duration interval_;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace culvert::soak
