#include "tests/soak/growth.h"

#include <algorithm>
#include <cstddef>

namespace culvert::soak {
namespace {

constexpr size_t kFewest = 6;  // one for each sixth

}  // namespace

uint64_t Growth::MedianOfSixth(size_t sixth) const {
  const size_t from = samples_.size() * sixth / 6;
  const size_t to = samples_.size() * (sixth + 1) / 6;
  if (from == to) return 0;
  std::vector<uint64_t> part(samples_.begin() + static_cast<ptrdiff_t>(from),
                             samples_.begin() + static_cast<ptrdiff_t>(to));
  std::sort(part.begin(), part.end());
  return part[part.size() / 2];
}

std::string Growth::Finding() const {
  if (samples_.size() < kFewest) return name_ + ": too few samples to tell whether it grew";
  const auto relative = static_cast<uint64_t>(static_cast<double>(settled()) * factor_);
  const uint64_t most = settled() + std::max(relative, slack_);
  if (at_end() <= most) return "";
  return name_ + " grew from " + std::to_string(settled()) + " to " + std::to_string(at_end()) +
         ", more than the allowed " + std::to_string(most);
}

}  // namespace culvert::soak
