// MESSAGE-INTEGRITY, MESSAGE-INTEGRITY-SHA256 and FINGERPRINT (RFC 8489 sections 14.5 to 14.7).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "server/base/bytes.h"

namespace culvert::stun {

class Message;

// Which attribute protects a message. The HMAC's hash follows the attribute; how the key was
// derived (MD5 or SHA-256 of user, realm, password) is another matter: see auth/keys.h.
enum class IntegrityKind : uint8_t { kSha1, kSha256 };

inline constexpr size_t kSha1Size = 20;
inline constexpr size_t kSha256Size = 32;

using Sha1Digest = std::array<uint8_t, kSha1Size>;
using Sha256Digest = std::array<uint8_t, kSha256Size>;

// RFC 2104. `key` of any length.
Sha1Digest HmacSha1(ByteView key, ByteView first, ByteView second = {});
Sha256Digest HmacSha256(ByteView key, ByteView first, ByteView second = {});

// Section 14.6: MESSAGE-INTEGRITY-SHA256 may be cut to a multiple of 4 bytes, no shorter.
inline constexpr size_t kLeastSha256Size = 16;

// True when the message carries the attribute and its value is right under `key`. Compared in
// constant time. Of MESSAGE-INTEGRITY-SHA256 at least `least_sha256` bytes are wanted; a usage that
// allows no truncation, as TURN, wants all.
bool VerifyIntegrity(const Message& message, IntegrityKind kind, ByteView key,
                     size_t least_sha256 = kSha256Size);

// The value of FINGERPRINT over `before`, the message up to it, whose header length already counts
// the FINGERPRINT attribute.
uint32_t Fingerprint(ByteView before);

// Same size and same bytes, in time that depends on the size only.
bool EqualInConstantTime(ByteView a, ByteView b);

}  // namespace culvert::stun
