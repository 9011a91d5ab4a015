#include "server/relay/quota.h"

namespace culvert::relay {
namespace {

using Table = std::unordered_map<std::string, uint32_t>;

uint32_t Taken(const Table& table, const std::string& name) {
  const auto found = table.find(name);
  return found == table.end() ? 0 : found->second;
}

void GiveBack(Table& table, const std::string& name) {
  const auto found = table.find(name);
  if (found != table.end() && --found->second == 0) table.erase(found);
}

}  // namespace

uint64_t Quota::BandwidthFor(const auth::Credential& credential) const {
  return credential.policy.max_bytes_per_second.value_or(settings_.max_bytes_per_second);
}

Result<QuotaShare, stun::ErrorCode> Quota::Acquire(const auth::Credential& credential) {
  const uint32_t user_quota = credential.policy.user_quota.value_or(settings_.user_quota);
  const uint32_t realm_quota = credential.policy.realm_quota.value_or(0);
  const uint64_t bandwidth = BandwidthFor(credential);
  const std::lock_guard lock(mutex_);
  if (settings_.total_quota != 0 && allocations_ >= settings_.total_quota) {
    return Failure{stun::ErrorCode::kAllocationQuotaReached};
  }
  if (settings_.capacity_bytes_per_second != 0 &&
      bandwidth_ + bandwidth > settings_.capacity_bytes_per_second) {
    return Failure{stun::ErrorCode::kAllocationQuotaReached};
  }
  if (realm_quota != 0 && Taken(by_realm_, credential.realm) >= realm_quota) {
    return Failure{stun::ErrorCode::kAllocationQuotaReached};
  }
  if (user_quota != 0 && Taken(by_subject_, credential.subject) >= user_quota) {
    return Failure{stun::ErrorCode::kAllocationQuotaReached};
  }
  ++by_subject_[credential.subject];
  ++by_realm_[credential.realm];
  ++allocations_;
  bandwidth_ += bandwidth;
  return QuotaShare{credential.subject, credential.realm, bandwidth};
}

void Quota::Release(const QuotaShare& share) {
  const std::lock_guard lock(mutex_);
  --allocations_;
  bandwidth_ -= share.bytes_per_second;
  GiveBack(by_subject_, share.subject);
  GiveBack(by_realm_, share.realm);
}

}  // namespace culvert::relay
