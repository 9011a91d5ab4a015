// A token bucket: max-bps of one allocation and direction. Burst: what half a second allows.
#pragma once

#include <algorithm>
#include <cstdint>

#include "server/base/time.h"

namespace culvert::relay {

class RateLimit {
 public:
  // 0 is no limit.
  explicit RateLimit(uint64_t bytes_per_second = 0)
      : rate_(static_cast<int64_t>(bytes_per_second)), tokens_(Burst()) {}

  bool limited() const { return rate_ != 0; }

  // For datagrams: takes `bytes` if they are there, else nothing and false.
  bool Take(size_t bytes, Instant now) {
    if (!limited()) return true;
    Refill(now);
    const auto wanted = static_cast<int64_t>(bytes);
    // A datagram larger than the burst may still pass when the bucket is full.
    if (tokens_ < std::min(wanted, Burst())) return false;
    tokens_ -= wanted;
    return true;
  }

  // For streams: what was read is read; the debt is paid before the next read.
  void Charge(size_t bytes, Instant now) {
    if (!limited()) return;
    Refill(now);
    tokens_ -= static_cast<int64_t>(bytes);
  }
  // How much of a stream may be read now.
  size_t Left(Instant now) {
    if (!limited()) return SIZE_MAX;
    Refill(now);
    return static_cast<size_t>(std::max<int64_t>(tokens_, 0));
  }
  // When there will be something to spend; `now` or earlier if there is.
  Instant Ready(Instant now) {
    if (!limited()) return now;
    Refill(now);
    if (tokens_ > 0) return now;
    return now + Duration((1 - tokens_) * 1000000 / rate_ + 1);
  }

 private:
  int64_t Burst() const { return std::max<int64_t>(rate_ / 2, 1); }
  void Refill(Instant now) {
    if (last_ == Instant()) last_ = now;
    // The bound keeps the product below 2^63. Nothing less will do: a slow bucket's debt may be
    // worth hours.
    const int64_t elapsed = std::min<int64_t>((now - last_).count(), (INT64_MAX - 1000000) / rate_);
    const int64_t earned = elapsed * rate_ + fraction_;
    tokens_ = std::min(tokens_ + earned / 1000000, Burst());
    fraction_ = earned % 1000000;
    last_ = now;
  }

  int64_t rate_;
  int64_t tokens_;
  // Millionths of a byte: what many short waits earn is not to be rounded away.
  int64_t fraction_ = 0;
  Instant last_;
};

// Both directions of one allocation, shared by its data connections.
struct Bandwidth {
  explicit Bandwidth(uint64_t bytes_per_second) : up(bytes_per_second), down(bytes_per_second) {}
  RateLimit up;  // client to peers
  RateLimit down;
};

}  // namespace culvert::relay
