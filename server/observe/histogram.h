// A histogram with fixed buckets: written by one thread, read by any. The unit is the caller's and
// belongs into the name of the bounds.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "server/observe/counter.h"

namespace culvert::observe {

// `kBounds` is a constexpr std::array<uint64_t, N> of upper bounds, ascending and inclusive. A
// value above the last bound is counted only in count() and sum(), as Prometheus' +Inf bucket wants
// it.
template <const auto& kBounds>
class Histogram {
 public:
  static constexpr size_t kBucketCount = kBounds.size();
  static constexpr const auto& bounds() { return kBounds; }

  // The writer's thread only.
  void Observe(uint64_t value) {
    const auto bound = std::lower_bound(kBounds.begin(), kBounds.end(), value);
    buckets_[static_cast<size_t>(bound - kBounds.begin())].Add();
    sum_.Add(value);
    max_.RaiseTo(value);
  }

  // Of one bucket alone, not cumulative; bucket(kBucketCount) lies above all bounds.
  uint64_t bucket(size_t index) const { return buckets_[index].value(); }
  uint64_t sum() const { return sum_.value(); }
  // The greatest value since the start.
  uint64_t max() const { return max_.value(); }
  uint64_t count() const {
    uint64_t all = 0;
    for (const Counter& bucket : buckets_) all += bucket.value();
    return all;
  }

 private:
  std::array<Counter, kBucketCount + 1> buckets_;
  Counter sum_;
  Counter max_;
};

}  // namespace culvert::observe
