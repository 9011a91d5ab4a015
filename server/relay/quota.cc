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

std::string UserKey(const std::string& realm, const std::string& subject) {
  return realm + '\0' + subject;
}

}  // namespace

uint64_t Quota::BandwidthFor(const auth::Credential& credential) const {
  return credential.policy.max_bytes_per_second.value_or(settings_.max_bytes_per_second);
}

Result<QuotaShare, stun::ErrorCode> Quota::Acquire(const auth::Credential& credential) {
  const QuotaLimits limits{.of_user = credential.policy.user_quota.value_or(settings_.user_quota),
                           .of_realm = credential.policy.realm_quota.value_or(0),
                           .in_total = settings_.total_quota};
  // Two realms may each have an alice.
  const std::string user = UserKey(credential.realm, credential.subject);
  const uint64_t bandwidth = BandwidthFor(credential);
  const std::lock_guard lock(mutex_);
  if (limits.in_total != 0 && allocations_ >= limits.in_total) {
    return Failure{stun::ErrorCode::kAllocationQuotaReached};
  }
  if (settings_.capacity_bytes_per_second != 0 &&
      bandwidth_ + bandwidth > settings_.capacity_bytes_per_second) {
    return Failure{stun::ErrorCode::kAllocationQuotaReached};
  }
  if (limits.of_realm != 0 && Taken(by_realm_, credential.realm) >= limits.of_realm) {
    return Failure{stun::ErrorCode::kAllocationQuotaReached};
  }
  if (limits.of_user != 0 && Taken(by_user_, user) >= limits.of_user) {
    return Failure{stun::ErrorCode::kAllocationQuotaReached};
  }
  ++by_user_[user];
  ++by_realm_[credential.realm];
  ++allocations_;
  bandwidth_ += bandwidth;
  return QuotaShare{credential.subject, credential.realm, bandwidth, limits};
}

void Quota::Release(const QuotaShare& share) {
  const std::lock_guard lock(mutex_);
  --allocations_;
  bandwidth_ -= share.bytes_per_second;
  GiveBack(by_user_, UserKey(share.realm, share.subject));
  GiveBack(by_realm_, share.realm);
}

}  // namespace culvert::relay
