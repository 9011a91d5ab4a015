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
#include "server/base/bytes.h"
#include "server/base/result.h"
#include "server/base/time.h"
#include "server/stun/protocol.h"

namespace culvert::auth {

// Long-term keys of RFC 8489 section 18.5.1: a hash of user ":" realm ":" password.
using Md5Key = std::array<uint8_t, 16>;
using Sha256Key = std::array<uint8_t, 32>;
// USERHASH (RFC 8489 section 14.4): SHA-256 of user ":" realm.
using UserHash = std::array<uint8_t, 32>;

// The keys of one user by password algorithm. At least one is set.
struct IntegrityKeys {
  std::optional<Md5Key> md5;
  std::optional<Sha256Key> sha256;
  // The session key in an access token (RFC 7635 section 6.2), used as it is, whatever the
  // algorithm. Empty where no token came.
  std::vector<uint8_t> token = {};
  friend bool operator==(const IntegrityKeys&, const IntegrityKeys&) = default;
};

// What a user may do beyond the server-wide limits. Unset means: the server's own setting.
struct Policy {
  std::optional<uint32_t> user_quota;            // allocations at the same time
  std::optional<uint32_t> realm_quota;           // the same for all users of the realm together
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
  // Set where the question came with USERHASH, so that the next request is recognised by it.
  std::optional<UserHash> userhash;
  // The name by which OnChange tells of this user, where that is not `username`.
  std::string account = {};
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
  // USERNAME; with a token the name of the key that it is sealed with (RFC 7635 section 4.2). Empty
  // when `userhash` is set.
  std::string_view username;
  std::string_view realm;  // as the client gave it, one of those that are served
  ClientAddress client;
  ServerAddress server;
  stun::Method method;
  ByteView userhash = {};      // USERHASH: 32 bytes, or empty
  ByteView access_token = {};  // ACCESS-TOKEN, or empty
};

// What is true of every user that a provider may answer with: only then may the relay announce it,
// for a client that reads an announcement keeps to it (RFC 8489 section 9.2.5).
struct Offers {
  bool sha256 = false;    // has a SHA-256 key
  bool userhash = false;  // is found by USERHASH
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

  virtual Offers offers() const { return {}; }

  // From now on `changed` is called, on the provider's thread, when an earlier answer about a user
  // (username or account) may not be true any more: in any realm when the realm is empty, for
  // everybody of the realm when the name is. With neither, anything may have changed, unseen. The
  // relay then asks again for those whose allocations run. A provider whose answers never change
  // never calls.
  using Changed = std::function<void(std::string_view username, std::string_view realm)>;
  // By value: who overrides it keeps it.
  virtual void OnChange(Changed /*changed*/) {}  // NOLINT(performance-unnecessary-value-param)
};

}  // namespace culvert::auth
