// What a run found wrong, from all threads: the first few in full, all of them counted.
#pragma once

#include <mutex>
#include <string>
#include <vector>

namespace culvert::soak {

class Findings {
 public:
  void Add(std::string what) {
    const std::lock_guard lock(mutex_);
    ++count_;
    if (first_.size() < kKept) first_.push_back(std::move(what));
  }
  size_t count() const {
    const std::lock_guard lock(mutex_);
    return count_;
  }
  std::vector<std::string> first() const {
    const std::lock_guard lock(mutex_);
    return first_;
  }

 private:
  static constexpr size_t kKept = 20;
  mutable std::mutex mutex_;
  std::vector<std::string> first_;
  size_t count_ = 0;
};

}  // namespace culvert::soak
