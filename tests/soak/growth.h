// Whether what a server uses has grown over a run: samples at a steady rate, the median of the last
// sixth against the median of the sixth behind the settling time (the first sixth).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace culvert::soak {

class Growth {
 public:
  // More than both of `factor` (0.02 is 2 %) and `slack` is growth.
  Growth(std::string name, double factor, uint64_t slack)
      : name_(std::move(name)), factor_(factor), slack_(slack) {}

  void Sample(uint64_t value) { samples_.push_back(value); }
  uint64_t last() const { return samples_.empty() ? 0 : samples_.back(); }
  uint64_t settled() const { return MedianOfSixth(1); }
  uint64_t at_end() const { return MedianOfSixth(5); }
  // Empty when it has not grown; also too few samples to tell are a finding.
  std::string Finding() const;

 private:
  uint64_t MedianOfSixth(size_t sixth) const;

  const std::string name_;
  const double factor_;
  const uint64_t slack_;
  std::vector<uint64_t> samples_;
};

}  // namespace culvert::soak
