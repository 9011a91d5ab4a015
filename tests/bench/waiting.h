// Passing time in a thread that has nothing to poll.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace culvert::bench {

inline void WaitUntil(std::chrono::steady_clock::time_point end) {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  never.wait_until(lock, end, [] { return false; });
}

inline void WaitFor(double seconds) {
  WaitUntil(std::chrono::steady_clock::now() +
            std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                std::chrono::duration<double>(seconds)));
}

}  // namespace culvert::bench
