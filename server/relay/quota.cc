#include "server/relay/quota.h"

namespace culvert::relay {

uint64_t Quota::BandwidthFor(const auth::Credential& credential) const {
  return credential.policy.max_bytes_per_second.value_or(settings_.max_bytes_per_second);
}

Result<QuotaShare, stun::ErrorCode> Quota::Acquire(const auth::Credential& credential) {
  const uint32_t user_quota = credential.policy.user_quota.value_or(settings_.user_quota);
  const uint64_t bandwidth = BandwidthFor(credential);
  const std::lock_guard lock(mutex_);
  if (settings_.total_quota != 0 && allocations_ >= settings_.total_quota) {
    return Failure{stun::ErrorCode::kAllocationQuotaReached};
  }
  if (settings_.capacity_bytes_per_second != 0 &&
      bandwidth_ + bandwidth > settings_.capacity_bytes_per_second) {
    return Failure{stun::ErrorCode::kAllocationQuotaReached};
  }
  uint32_t& of_user = by_subject_[credential.subject];
  if (user_quota != 0 && of_user >= user_quota) {
    return Failure{stun::ErrorCode::kAllocationQuotaReached};
  }
  ++of_user;
  ++allocations_;
  bandwidth_ += bandwidth;
  return QuotaShare{credential.subject, bandwidth};
}

void Quota::Release(const QuotaShare& share) {
  const std::lock_guard lock(mutex_);
  --allocations_;
  bandwidth_ -= share.bytes_per_second;
  const auto found = by_subject_.find(share.subject);
  if (found != by_subject_.end() && --found->second == 0) by_subject_.erase(found);
}

}  // namespace culvert::relay
