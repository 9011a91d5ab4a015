// How much of the server is handed out: allocations in all, per realm and per user, and bandwidth
// (coturn's total-quota, user-quota, bps-capacity). One for all workers, thread-safe; asked once
// per allocation.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

#include "auth/contract.h"
#include "server/base/result.h"
#include "server/relay/settings.h"
#include "server/stun/protocol.h"

namespace culvert::relay {

// How many allocations there may be at a time; 0: no limit.
struct QuotaLimits {
  uint32_t of_user = 0;
  uint32_t of_realm = 0;
  uint32_t in_total = 0;
  bool any() const { return of_user != 0 || of_realm != 0 || in_total != 0; }
};

// What one allocation has taken; give it back with Quota::Release.
struct QuotaShare {
  std::string subject;
  std::string realm;
  uint64_t bytes_per_second = 0;  // its limit per direction; 0: none
  QuotaLimits limits{};           // that it was measured by
};

class Quota {
 public:
  explicit Quota(const Settings& settings) : settings_(settings) {}

  // 486 when the user, the realm or the server has no more to give (RFC 8656 section 7.2, check
  // 10).
  Result<QuotaShare, stun::ErrorCode> Acquire(const auth::Credential& credential);
  void Release(const QuotaShare& share);

 private:
  uint64_t BandwidthFor(const auth::Credential& credential) const;

  const Settings& settings_;
  std::mutex mutex_;
  uint64_t allocations_ = 0;
  uint64_t bandwidth_ = 0;
  std::unordered_map<std::string, uint32_t> by_user_;
  std::unordered_map<std::string, uint32_t> by_realm_;
};

}  // namespace culvert::relay
