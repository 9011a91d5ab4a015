// How much, how fast and how long.

#include <array>
#include <limits>

#include "server/config/option_groups.h"
#include "server/config/option_row.h"
#include "server/config/setters.h"

namespace culvert::config {
namespace {

constexpr uint64_t kMax63 = std::numeric_limits<int64_t>::max();

constexpr std::array kOptions = {
    Value("user-quota", 'q', "NUMBER", "0", SetNumber<&Options::user_quota, 0, kMax32>,
          "Allocations that one user may have at a time; 0: no limit."),
    Value("total-quota", 'Q', "NUMBER", "0", SetNumber<&Options::total_quota, 0, kMax32>,
          "Allocations at a time, of all users; 0: no limit."),
    Value("max-bps", 's', "BYTES", "0", SetNumber<&Options::max_bps, 0, kMax63>,
          "Bytes (not bits) per second of one allocation in one direction; 0: no limit."),
    Value("bps-capacity", 'B', "BYTES", "0", SetNumber<&Options::bps_capacity, 0, kMax63>,
          "Bytes (not bits) per second of all allocations in one direction; 0: no limit."),
    OptionalValue("max-allocate-lifetime", "SECONDS", "3600",
                  SetNumber<&Options::max_allocate_lifetime, 1, kMaxSeconds>,
                  "Longest lifetime that an allocation gets before it must be refreshed."),
    OptionalValue("channel-lifetime", "SECONDS", "600",
                  SetNumber<&Options::channel_lifetime, 1, kMaxSeconds>,
                  "Lifetime of a channel. RFC 8656 fixes it and clients rely on it."),
    OptionalValue("permission-lifetime", "SECONDS", "300",
                  SetNumber<&Options::permission_lifetime, 1, kMaxSeconds>,
                  "Lifetime of a permission. RFC 8656 fixes it and clients rely on it."),
    Value("max-allocate-timeout", kNoLetter, "SECONDS", "60",
          SetNumber<&Options::max_allocate_timeout, 1, kMaxSeconds>,
          "A connection that has no allocation after this time is closed."),
    Value("max-connections-per-allocation", kNoLetter, "NUMBER", "256",
          SetNumber<&Options::max_connections_per_allocation, 1, kMaxPort>,
          "Connections to peers that one TCP allocation (RFC 6062) may have at a time."),
};

}  // namespace

std::span<const Option> LimitOptions() {
  return kOptions;
}

}  // namespace culvert::config
