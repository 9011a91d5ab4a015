// How long something took: counts in buckets a sixteenth apart, so that percentiles are exact to 6
// %.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace culvert::bench {

class Delays {
 public:
  void Add(uint64_t nanoseconds);
  void Add(const Delays& other);
  void Clear() { *this = Delays(); }

  uint64_t count() const { return count_; }
  // Microseconds that `share` (0 to 1) of them did not exceed; 0 when there are none.
  double Percentile(double share) const;

 private:
  static constexpr size_t kSteps = 16;  // per doubling
  static constexpr size_t kDoublings = 40;

  static size_t BucketOf(uint64_t nanoseconds);
  static double UpperBound(size_t bucket);

  std::array<uint64_t, kSteps * kDoublings> buckets_{};
  uint64_t count_ = 0;
};

}  // namespace culvert::bench
