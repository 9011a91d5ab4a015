// Derives long-term keys from passwords (RFC 8489 sections 9.2.2, 18.5.1) and reads stored ones.
// Passwords and keys are never logged; they travel as `SecretText` (secret_text.h) until they are
// keys.
#pragma once

#include <optional>
#include <string_view>

#include "auth/contract.h"
#include "server/base/secret_text.h"

namespace culvert::auth {

// MD5(username ":" realm ":" password): also SIP Digest's H(A1).
Md5Key DeriveMd5Key(std::string_view username, std::string_view realm, std::string_view password);
// SHA-256(username ":" realm ":" password).
Sha256Key DeriveSha256Key(std::string_view username, std::string_view realm,
                          std::string_view password);
// Both.
IntegrityKeys DeriveKeys(std::string_view username, std::string_view realm,
                         std::string_view password);

// SHA-256(username ":" realm), RFC 8489 section 14.4.
UserHash DeriveUserHash(std::string_view username, std::string_view realm);

// 32 or 64 hex digits, with or without "0x". nullopt for anything else.
std::optional<Md5Key> ParseMd5Key(std::string_view hex);
std::optional<Sha256Key> ParseSha256Key(std::string_view hex);

// TURN REST API (draft-uberti-behave-turn-rest): base64(HMAC-SHA1(secret, username)).
SecretText EphemeralPassword(std::string_view secret, std::string_view username);

}  // namespace culvert::auth
