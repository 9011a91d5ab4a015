#include "tests/bench/delays.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace culvert::bench {

size_t Delays::BucketOf(uint64_t nanoseconds) {
  if (nanoseconds < kSteps) return nanoseconds;
  const auto doubling =
      static_cast<size_t>(std::bit_width(nanoseconds)) - 4;  // from 16 on: 1, 2, ...
  const size_t step = (nanoseconds >> (doubling - 1)) - kSteps;
  return std::min(doubling * kSteps + step, kSteps * kDoublings - 1);
}

double Delays::UpperBound(size_t bucket) {
  if (bucket < kSteps) return static_cast<double>(bucket);
  const auto doubling = static_cast<int>(bucket / kSteps);
  return std::ldexp(static_cast<double>(kSteps + bucket % kSteps + 1), doubling - 1);
}

void Delays::Add(uint64_t nanoseconds) {
  ++buckets_[BucketOf(nanoseconds)];
  ++count_;
}

void Delays::Add(const Delays& other) {
  for (size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
}

double Delays::Percentile(double share) const {
  const auto wanted = static_cast<uint64_t>(std::ceil(share * static_cast<double>(count_)));
  uint64_t seen = 0;
  for (size_t i = 0; i < buckets_.size() && count_ > 0; ++i) {
    seen += buckets_[i];
    if (seen >= wanted) return UpperBound(i) / 1e3;
  }
  return 0;
}

}  // namespace culvert::bench
