// Names of keys in Redis: our own below culvert/, and coturn's below turn/ to the byte. The layout
// for operators: docs/redis.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/bytes.h"

namespace culvert::auth {

std::string DigestKey(std::string_view realm, std::string_view name);
std::string GbaRecordKey(std::string_view b_tid);
std::string UserhashKey(ByteView userhash);
std::string ImpuKey(std::string_view impu);
std::string CoturnUserKey(std::string_view realm, std::string_view name);
// `what`: "secret", "max-bps", "user-quota", "total-quota", "allowed-peer-ip", "denied-peer-ip".
std::string CoturnRealmKey(std::string_view realm, std::string_view what);

// The key of access tokens (RFC 7635) that clients name by `key_id`.
std::string CoturnTokenKey(std::string_view key_id);

// What a web origin's realm is under.
std::string OriginKey(std::string_view origin);

// What all keys begin with whose change may change an answer.
std::vector<std::string> WatchedPrefixes();

// Whom a changed key concerns: one user of a realm, with an empty realm a user of any, with an
// empty name everybody of the realm. Views into the key.
struct Concerned {
  std::string_view name;
  std::string_view realm;
  friend bool operator==(const Concerned&, const Concerned&) = default;
};
// nullopt for keys that no answer is made of, such as those of coturn's allocations.
std::optional<Concerned> ConcernedBy(std::string_view key);

// The key id whose record has changed; nullopt for other keys.
std::optional<std::string_view> TokenKeyIdIn(std::string_view key);
// The same for the origin.
std::optional<std::string_view> OriginIn(std::string_view key);

}  // namespace culvert::auth
