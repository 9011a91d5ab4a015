// Access tokens of RFC 7635 section 6.2: what an authorization server hands to a client, sealed for
// the relay, so that the relay learns a session key without asking anybody.
//
//   nonce length (2 bytes) | nonce | AEAD( key length (2), session key, timestamp (8), lifetime (4)
//   )
//
// AES in GCM with a tag of 16 bytes; the additional data is the name that the authorization server
// knows the relay by. Timestamps count 1/64000 s in their lower 16 bits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/bytes.h"
#include "server/base/time.h"

namespace culvert::auth {

// RFC 7635 section 4.1.1: clocks and networks may differ by so much.
inline constexpr seconds kTokenTolerance{5};

enum class TokenAlgorithm : uint8_t { kA256Gcm, kA128Gcm };

// "A256GCM", "A128GCM".
std::optional<TokenAlgorithm> ParseTokenAlgorithm(std::string_view name);
// 32 or 16 bytes.
size_t TokenKeySize(TokenAlgorithm algorithm);

struct AccessToken {
  std::vector<uint8_t> session_key;
  WallTime issued;
  seconds lifetime{0};
  friend bool operator==(const AccessToken&, const AccessToken&) = default;
};

// Key and name that a token is sealed with. REQUIRES: key has TokenKeySize bytes.
struct TokenSeal {
  TokenAlgorithm algorithm = TokenAlgorithm::kA256Gcm;
  std::vector<uint8_t> key;
  std::string server_name;
};

// nullopt for whatever is not a token under this seal; nothing tells why.
std::optional<AccessToken> OpenAccessToken(ByteView sealed, const TokenSeal& seal);

// What an authorization server does. `nonce` must not be used twice under one key.
std::vector<uint8_t> SealAccessToken(const AccessToken& token, const TokenSeal& seal,
                                     ByteView nonce);

}  // namespace culvert::auth
