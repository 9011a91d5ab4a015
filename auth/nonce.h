// Nonces that need no memory: sealed with the cluster's key, so that any worker of any node knows
// its own kind, and how old it is.
//
//   "obMatJos2" | 4 base64 characters of security features (RFC 8489 section 9.2)
//   | base64url( issue time: 4 bytes, flags: 1, random: 7, HMAC-SHA-256 truncated: 12 )
//
// The HMAC covers features, time, flags, random, realm, and the client's IP address when the bound
// flag is set. A nonce handed out over UDP is bound to the client's IP (not the port), so that a
// sniffed request cannot be replayed from elsewhere. One handed out over a connection is bound to
// nothing: a proxy farm gives each connection of a UE another address, and ConnectionBind comes
// with the control connection's nonce (RFC 6062 section 4.3).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "server/base/address.h"
#include "server/base/bytes.h"
#include "server/base/time.h"

namespace culvert::auth {

// RFC 8489 section 18.1: which features a nonce announces. Bit 0 is the most significant of 24.
struct SecurityFeatures {
  bool password_algorithms = false;  // bit 0
  bool username_anonymity = false;   // bit 1
  // Not one of the 24 bits: the list of algorithms that went with the nonce began with SHA-256.
  // Kept in the sealed flags, so that an old nonce means its own list.
  bool sha256 = false;
  friend bool operator==(const SecurityFeatures&, const SecurityFeatures&) = default;
};

using ClusterKey = std::array<uint8_t, 32>;

enum class NonceVerdict : uint8_t {
  kFresh,
  kStale,    // ours, too old
  kForeign,  // not ours, forged, of another realm, or bound to another address
};

class NonceSealer {
 public:
  static constexpr size_t kSize = 13 + 32;
  // More lets a node whose clock runs ahead hand out nonces that live that much longer; less makes
  // its clients' first request to another node cost one more round trip.
  static constexpr seconds kClockSkew{5};

  // A nonce is fresh up to an age of `lifetime`; 0 means for ever (coturn's stale-nonce=0).
  NonceSealer(const ClusterKey& key, seconds lifetime);

  // Writes a new nonce to `out`. `random` is any number that is not used twice (RFC 8489
  // section 9.2.4: two requests from different ports get different nonces). `bind_to` is null for
  // connections.
  void Issue(std::string_view realm, SecurityFeatures features, const IpAddress* bind_to,
             WallTime now, uint64_t random, std::array<char, kSize>* out) const;

  // `client` is where the request came from; `over_udp` demands a bound nonce. A nonce whose issue
  // time lies up to kClockSkew ahead is fresh, for the nodes' clocks differ; one further ahead is
  // stale.
  NonceVerdict Check(std::string_view nonce, std::string_view realm, const IpAddress& client,
                     bool over_udp, WallTime now) const;

  // The features that a nonce announced, none for what has another form. Checked by the caller
  // against the request (RFC 8489 section 9.2.4, bid-down protection), before Check tells whether
  // the nonce is ours at all.
  static SecurityFeatures FeaturesOf(std::string_view nonce);

 private:
  ClusterKey key_;
  seconds lifetime_;
};

}  // namespace culvert::auth
