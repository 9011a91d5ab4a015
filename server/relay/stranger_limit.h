// How many datagrams of clients without a session are served, per source address and in total: a
// flood of requests without credentials must neither use up the worker nor turn it into an
// amplifier against a forged source. One per worker.
#pragma once

#include <array>
#include <cstdint>

#include "server/base/address.h"
#include "server/base/time.h"

namespace culvert::relay {

class StrangerLimit {
 public:
  // Datagrams per second; 0 is no limit. `seed` keeps attackers from choosing their bucket.
  StrangerLimit(uint32_t per_source, uint32_t in_total, uint64_t seed)
      : per_source_(per_source), in_total_(in_total), seed_(seed) {}

  // Counts one datagram; false when it is one too many.
  bool Admit(const IpAddress& source, Instant now) {
    const int64_t second = now.time_since_epoch() / seconds(1);
    const bool total = in_total_ == 0 || Count(total_, second) <= in_total_;
    const bool mine = per_source_ == 0 || Count(buckets_[BucketOf(source)], second) <= per_source_;
    return total && mine;
  }

 private:
  // Sources that share one share its rate; more buckets make that rarer and cost 16 bytes each.
  static constexpr size_t kBuckets = 4096;

  struct Window {
    int64_t second = 0;
    uint32_t count = 0;
  };

  static uint32_t Count(Window& window, int64_t second) {
    if (window.second != second) window = {second, 0};
    return ++window.count;
  }

  size_t BucketOf(const IpAddress& source) const {
    // An IPv6 host owns a /64 at least.
    const uint8_t* const bytes = source.bytes().data();
    const uint64_t prefix = source.is_v4() ? LoadBig32(bytes) : LoadBig64(bytes);
    uint64_t mixed = (prefix ^ seed_) * 0x9e3779b97f4a7c15u;
    mixed ^= mixed >> 29;
    mixed *= 0xbf58476d1ce4e5b9u;
    return static_cast<size_t>(mixed >> 52) % kBuckets;
  }

  const uint32_t per_source_;
  const uint32_t in_total_;
  const uint64_t seed_;
  Window total_;
  std::array<Window, kBuckets> buckets_{};
};

}  // namespace culvert::relay
