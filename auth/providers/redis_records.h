// What Redis holds about a user, read from its replies. No I/O, and nothing is decided here: what
// follows from a record is redis_answer.h's matter. The layout for operators: docs/redis.md.
//
// A field that is there must be right: a record with a bad one is bad as a whole, for half of it
// may be a permission that somebody meant to restrict. Fields that are not ours are passed over.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/access_token.h"
#include "auth/contract.h"
#include "auth/gba.h"
#include "server/base/secret_text.h"
#include "server/redis/reply.h"

namespace culvert::auth {

// Nothing where the key does not exist. The error says which field is wrong and what is expected,
// and never what is in it.
template <typename T>
using Parsed = Result<std::optional<T>, std::string>;

// culvert/digest/<realm>/<name>, a hash: SIP Digest's H(A1), or any long-term key.
struct DigestRecord {
  IntegrityKeys keys;  // one at least, unless barred
  std::string subject;
  WallTime expiry = kNoExpiry;
  bool barred = false;
  Policy policy;
};
Parsed<DigestRecord> ParseDigestRecord(const redis::Reply& hash);

// culvert/gba/<B-TID>, a hash: what Zn told, or a bootstrapping itself.
struct GbaRecord {
  // Known for one NAF.
  std::optional<KsNaf> ks_naf;
  std::optional<KsNaf> ks_int_naf;
  std::string naf;  // set with either
  std::optional<UaId> ua;
  // Good for any; with RAND and IMPI, or not at all.
  std::optional<Ks> ks;
  Rand rand{};

  std::string impi;
  WallTime expiry = kNoExpiry;  // of the key
  bool barred = false;
  Policy policy;
};
Parsed<GbaRecord> ParseGbaRecord(const redis::Reply& hash);

// turn/realm/<realm>/user/<name>/key, a string: the MD5 key in hex.
Parsed<Md5Key> ParseCoturnKey(const redis::Reply& string);

// turn/realm/<realm>/secret, a set. Sorted, so that the first is the same every time; more than
// kMostSecrets, and empty ones, are an error.
inline constexpr size_t kMostSecrets = 16;
Parsed<std::vector<SecretText>> ParseSecrets(const redis::Reply& set);

// turn/oauth/kid/<key id>, a hash: what tokens (RFC 7635) are sealed with.
struct TokenKeyRecord {
  TokenAlgorithm algorithm = TokenAlgorithm::kA256Gcm;
  std::vector<uint8_t> key;  // as long as the algorithm wants
  WallTime expiry = kNoExpiry;
  std::string realm;  // whose limits hold; empty: of the realm that the client names
};
Parsed<TokenKeyRecord> ParseTokenKeyRecord(const redis::Reply& hash);

// turn/realm/<realm>/user-quota, .../total-quota and .../max-bps, strings.
Parsed<uint64_t> ParseLimit(const redis::Reply& string, uint64_t most);

// turn/realm/<realm>/allowed-peer-ip and .../denied-peer-ip, sets. As in coturn a range that cannot
// be read does not take the others with it; `wrong` is set then.
std::vector<AddressRange> ParseRanges(const redis::Reply& set, std::string* wrong);

// culvert/userhash/<hex> and culvert/impu/<IMPU>, strings.
Parsed<std::string> ParseName(const redis::Reply& string);

}  // namespace culvert::auth
