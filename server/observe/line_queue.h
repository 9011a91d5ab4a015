// Lines on their way from any thread to the one that writes them. Bounded: when it is full the
// oldest lines are given up and counted. The reader takes lines in batches, so that a server that
// logs thousands of lines a second wakes it a few dozen times.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>

#include "server/base/time.h"
#include "server/observe/log.h"

namespace culvert::observe {

struct QueuedLine {
  std::chrono::system_clock::time_point time;
  Level level;
  std::string text;
};

class LineQueue {
 public:
  // How long the reader lets a first line wait for others. Longer makes fewer wake-ups, shorter
  // shows a line sooner to whoever follows the log.
  static constexpr milliseconds kGatherTime{20};

  explicit LineQueue(size_t capacity) : capacity_(capacity) {}

  // Any thread. Throws std::bad_alloc.
  void Push(QueuedLine line);
  // Waits for lines, and a little longer for more of them. Empty once the queue is closed and
  // everything was taken.
  std::deque<QueuedLine> Take();
  // The reader gets what is there without waiting, then nothing.
  void Close();

  // Lines given up.
  uint64_t lost() const;

 private:
  const size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<QueuedLine> lines_;
  uint64_t lost_ = 0;
  bool closed_ = false;
};

}  // namespace culvert::observe
