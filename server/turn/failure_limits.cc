#include "server/turn/failure_limits.h"

namespace culvert::turn {
namespace {

// How many failures come free before their rate counts. A carrier's NAT has clients with broken
// credentials, too; a user has a phone that was not told of his new password.
constexpr int kSourceBurst = 100;
constexpr int kUserBurst = 30;
constexpr int kPairBurst = 10;
// Of one source and user: a guesser of 86 400 passwords a day finds only bad ones, and a user who
// has mistyped ten times waits a second. Under pressure it is 8640.
constexpr seconds kPairCost{1};
constexpr seconds kPairCostUnderPressure{10};

Duration CostAt(seconds per, uint32_t rate) {
  return Duration(per) / rate;
}

bool Exceeds(const DebtTable& table, uint64_t key, Duration cost, int burst, Instant now) {
  return table.Owed(key, now) > cost * (burst - 1);
}

uint64_t HashOfSource(const HashKey& key, const IpAddress& source) {
  const IpAddress address = source.Unmapped();
  // An IPv6 host owns a /64 at least. The sizes keep the families apart.
  return KeyedHasher(key).Add(address.bytes().first(address.is_v4() ? 4 : 8)).Finish();
}

KeyedHasher HasherOfUser(const HashKey& key, std::string_view realm, std::string_view name) {
  KeyedHasher hasher(key);
  hasher.Add(AsBytes(realm)).AddSize(realm.size()).Add(AsBytes(name)).AddSize(name.size());
  return hasher;
}

}  // namespace

FailureLimits::Attempt::Attempt(const HashKey& key, const IpAddress& source, std::string_view realm,
                                std::string_view name)
    : source_(HashOfSource(key, source)) {
  KeyedHasher hasher = HasherOfUser(key, realm, name);
  user_ = KeyedHasher(hasher).Finish();
  pair_ = hasher.AddSize(source_).Finish();
}

// The user goes first: guessing one is worth more to its victim than to know the source.
std::optional<AuthLimit> FailureLimits::Pressure(const Attempt& attempt, Instant now) const {
  if (rates_.per_user != 0 &&
      Exceeds(users_, attempt.user_, CostAt(seconds(60), rates_.per_user), kUserBurst, now)) {
    return AuthLimit::kUser;
  }
  if (rates_.per_source != 0 && Exceeds(sources_, attempt.source_,
                                        CostAt(seconds(1), rates_.per_source), kSourceBurst, now)) {
    return AuthLimit::kSource;
  }
  return std::nullopt;
}

FailureLimits::Judgement FailureLimits::Judge(const Attempt& attempt, Instant now) const {
  const std::optional<AuthLimit> pressure = Pressure(attempt, now);
  const Duration allowed = pressure ? Duration(0) : Duration(kPairCost) * (kPairBurst - 1);
  const Duration owed = pairs_.Owed(attempt.pair_, now);
  if (owed <= allowed) return {now, pressure};
  const AuthLimit beyond = pressure.value_or(AuthLimit::kSourceAndUser);
  if (acquaintances_.Knows(attempt.pair_, now)) return {now, beyond};
  return {now + (owed - allowed), beyond};
}

void FailureLimits::Failed(const Attempt& attempt, Instant now) {
  const Duration pair_cost = Pressure(attempt, now) ? kPairCostUnderPressure : kPairCost;
  if (rates_.per_source != 0) {
    const Duration cost = CostAt(seconds(1), rates_.per_source);
    sources_.Charge(attempt.source_, cost, cost * kSourceBurst * 2, now);
  }
  if (rates_.per_user == 0) return;
  const Duration cost = CostAt(seconds(60), rates_.per_user);
  users_.Charge(attempt.user_, cost, cost * kUserBurst * 2, now);
  // No more than it takes to be beyond the limit: acquaintances go on failing.
  pairs_.Charge(attempt.pair_, pair_cost, Duration(kPairCost) * kPairBurst, now);
}

bool FailureLimits::MayLookAtUnproven(const Attempt& attempt, Instant now) const {
  return rates_.per_source == 0 || !Exceeds(unproven_, attempt.source_, kPairCost, kPairBurst, now);
}

void FailureLimits::UnprovenFailed(const Attempt& attempt, Instant now) {
  unproven_.Charge(attempt.source_, kPairCost, Duration(kPairCost) * kPairBurst, now);
}

}  // namespace culvert::turn
