// The contract between the relay and whoever knows the users.
//
// A provider is asked a Question and answers with a Credential (keys, expiry, policy) or a Refusal.
// It never sees a message and never checks integrity itself: it hands out the key, the relay
// verifies. A provider may answer at once (tables in memory) or later (a database); it must never
// block.
//
// Threads: every worker has its own instance of each provider, called on that worker's thread only,
// and `done` is called on that thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/address.h"
#include "server/base/address_range.h"
#include "server/base/result.h"
#include "server/base/time.h"
#include "server/stun/protocol.h"

namespace culvert::auth {

// Long-term keys of RFC 8489 section 18.5.1: a hash of user ":" realm ":" password.
using Md5Key = std::array<uint8_t, 16>;
using Sha256Key = std::array<uint8_t, 32>;

// The keys of one user by password algorithm. At least one is set.
struct IntegrityKeys {
  std::optional<Md5Key> md5;
  std::optional<Sha256Key> sha256;
  friend bool operator==(const IntegrityKeys&, const IntegrityKeys&) = default;
};

// What a user may do beyond the server-wide limits. Unset means: the server's own setting.
struct Policy {
  std::optional<uint32_t> user_quota;            // allocations at the same time
  std::optional<uint64_t> max_bytes_per_second;  // per allocation and direction
  std::optional<seconds> max_lifetime;           // of an allocation
  std::vector<AddressRange> allowed_peers;       // go before denied ones
  std::vector<AddressRange> denied_peers;
};

inline constexpr WallTime kNoExpiry = WallTime::max();

struct Credential {
  std::string username;  // as in USERNAME
  // Who this is, under whatever name: two usernames with one subject may follow each other on one
  // allocation (a renewed REST name, a renewed B-TID); any other change of name is 441.
  std::string subject;
  std::string realm;
  // What a message must verify under, and what the answer to it is protected with.
  IntegrityKeys keys;
  // While a shared secret is being rotated a user may hold a password made with an older one. Tried
  // in order when `keys` do not verify; mostly empty.
  std::vector<IntegrityKeys> older_keys;
  WallTime expiry = kNoExpiry;  // nothing opened with it lives longer
  Policy policy;

  // The first keys, newest first, for which `verifies(const IntegrityKeys&)` is true; null for
  // none. The answer is protected with those that the request came with. Lives as long as the
  // credential.
  template <typename Predicate>
  const IntegrityKeys* FirstKeysThat(Predicate verifies) const {
    if (verifies(keys)) return &keys;
    for (const IntegrityKeys& older : older_keys) {
      if (verifies(older)) return &older;
    }
    return nullptr;
  }
};

// Shared, immutable; sessions keep it as long as they run.
using CredentialPtr = std::shared_ptr<const Credential>;

enum class Refusal : uint8_t {
  kUnknownUser,   // 401; the next provider is asked
  kBarred,        // 401, known and not welcome
  kExpired,       // 401, the credential's time is over
  kProviderDown,  // 500: clients retry, where a 401 would make them give up
};
const char* RefusalName(Refusal refusal);

using Answer = Result<CredentialPtr, Refusal>;

// Views live until Lookup returns; a provider that answers later copies what it needs.
struct Question {
  std::string_view username;
  std::string_view realm;
  ClientAddress client;
  ServerAddress server;
  stun::Method method;
};

class Provider {
 public:
  virtual ~Provider() = default;

  // One word for logs and metrics.
  virtual std::string_view name() const = 0;

  // Calls `done` exactly once, before returning or later; never after the provider's destruction.
  // The answer may end the provider, so nothing of it is touched after `done`.
  virtual void Lookup(const Question& question, const Now& now,
                      std::function<void(Answer)> done) = 0;
};

}  // namespace culvert::auth
