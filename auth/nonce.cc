#include "auth/nonce.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "server/stun/integrity.h"

namespace culvert::auth {
namespace {

constexpr std::string_view kCookie = "obMatJos2";
constexpr size_t kFeatureChars = 4;
constexpr size_t kAnnouncedSize = kCookie.size() + kFeatureChars;

// RFC 4648: section 4 for the features, as RFC 8489 wants it; section 5 for the rest, which is what
// an HTTP-minded reader of NONCE expects. Both stay within qdtext.
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// The sealed part before base64url:
//
//     0                   1                   2                   3
//     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |                  Issue time (Unix seconds)                    |
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |     Flags     |                                               |
//    +-+-+-+-+-+-+-+-+              Random (7 bytes)                 |
//    |                                                               |
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |                                                               |
//    |                 HMAC-SHA-256, first 12 bytes                  |
//    |                                                               |
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
constexpr size_t kSealedSize = 24;
constexpr size_t kFlagsOffset = 4;
constexpr size_t kRandomOffset = 5;
constexpr size_t kRandomSize = 7;
constexpr size_t kTagOffset = 12;
constexpr size_t kTagSize = 12;
constexpr uint8_t kBoundFlag = 0x01;
constexpr uint8_t kSha256Flag = 0x02;

using Sealed = std::array<uint8_t, kSealedSize>;
using Tag = std::array<uint8_t, kTagSize>;

static_assert(kTagOffset + kTagSize == kSealedSize);
static_assert(kRandomOffset + kRandomSize == kTagOffset);
static_assert(NonceSealer::kSize == kAnnouncedSize + kSealedSize / 3 * 4);

// 4 characters for every 3 bytes. REQUIRES: size is a multiple of 3, so that there is no padding
// and each text stands for one value only.
void EncodeBase64Url(ByteView bytes, char* out) {
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const uint32_t group = uint32_t{bytes[i]} << 16 | uint32_t{bytes[i + 1]} << 8 | bytes[i + 2];
    for (int shift = 18; shift >= 0; shift -= 6) *out++ = kBase64Url[group >> shift & 0x3f];
  }
}

// The 24 bits of four characters of `alphabet`.
std::optional<uint32_t> DecodeGroup(std::string_view four, std::string_view alphabet) {
  uint32_t group = 0;
  for (const char c : four) {
    const size_t digit = alphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    group = group << 6 | static_cast<uint32_t>(digit);
  }
  return group;
}

std::optional<Sealed> DecodeSealed(std::string_view text) {
  Sealed sealed;
  for (size_t i = 0; i < kSealedSize; i += 3) {
    const std::optional<uint32_t> group = DecodeGroup(text.substr(i / 3 * 4, 4), kBase64Url);
    if (!group) return std::nullopt;
    sealed[i] = static_cast<uint8_t>(*group >> 16);
    sealed[i + 1] = static_cast<uint8_t>(*group >> 8);
    sealed[i + 2] = static_cast<uint8_t>(*group);
  }
  return sealed;
}

// HMAC over: announced part | time, flags, random | family and address (zeros when unbound) |
// realm. All but the realm have a fixed size, so that no two inputs run into each other. The cookie
// keeps these HMACs apart from whatever else is sealed with the cluster's key.
Tag Seal(const ClusterKey& key, std::string_view announced, const Sealed& sealed,
         const IpAddress* bound_to, std::string_view realm) {
  std::array<uint8_t, kAnnouncedSize + kTagOffset + 17> fixed{};
  uint8_t* out = std::copy(announced.begin(), announced.end(), fixed.begin());
  out = std::copy_n(sealed.begin(), kTagOffset, out);
  if (bound_to != nullptr) {
    const IpAddress address = bound_to->Unmapped();
    *out++ = static_cast<uint8_t>(address.family());
    std::copy(address.bytes().begin(), address.bytes().end(), out);
  }
  const stun::Sha256Digest digest = stun::HmacSha256(key, fixed, AsBytes(realm));
  Tag tag;
  std::copy_n(digest.begin(), kTagSize, tag.begin());
  return tag;
}

uint32_t UnixSeconds(WallTime time) {
  return static_cast<uint32_t>(time.time_since_epoch().count());
}

void WriteAnnounced(SecurityFeatures features, char* out) {
  out = std::copy(kCookie.begin(), kCookie.end(), out);
  // Bit 0 is the most significant, so both lie in the first character's six bits.
  const size_t first =
      (features.password_algorithms ? 0x20u : 0u) | (features.username_anonymity ? 0x10u : 0u);
  *out++ = kBase64[first];
  std::fill_n(out, kFeatureChars - 1, kBase64[0]);
}

}  // namespace

NonceSealer::NonceSealer(const ClusterKey& key, seconds lifetime)
    : key_(key), lifetime_(lifetime) {}

void NonceSealer::Issue(std::string_view realm, SecurityFeatures features, const IpAddress* bind_to,
                        WallTime now, uint64_t random, std::array<char, kSize>* out) const {
  WriteAnnounced(features, out->data());
  uint8_t random_bytes[8];
  StoreBig64(random_bytes, random);
  Sealed sealed;
  StoreBig32(sealed.data(), UnixSeconds(now));
  sealed[kFlagsOffset] = static_cast<uint8_t>((bind_to != nullptr ? kBoundFlag : 0) |
                                              (features.sha256 ? kSha256Flag : 0));
  std::copy_n(random_bytes + 1, kRandomSize, sealed.begin() + kRandomOffset);
  const Tag tag = Seal(key_, {out->data(), kAnnouncedSize}, sealed, bind_to, realm);
  std::copy(tag.begin(), tag.end(), sealed.begin() + kTagOffset);
  EncodeBase64Url(sealed, out->data() + kAnnouncedSize);
}

NonceVerdict NonceSealer::Check(std::string_view nonce, std::string_view realm,
                                const IpAddress& client, bool over_udp, WallTime now) const {
  if (nonce.size() != kSize || !nonce.starts_with(kCookie)) return NonceVerdict::kForeign;
  const std::optional<Sealed> sealed = DecodeSealed(nonce.substr(kAnnouncedSize));
  if (!sealed) return NonceVerdict::kForeign;
  const bool bound = ((*sealed)[kFlagsOffset] & kBoundFlag) != 0;
  if (over_udp && !bound) return NonceVerdict::kForeign;
  const Tag expected =
      Seal(key_, nonce.substr(0, kAnnouncedSize), *sealed, bound ? &client : nullptr, realm);
  if (!stun::EqualInConstantTime(expected, ByteView(*sealed).subspan(kTagOffset, kTagSize))) {
    return NonceVerdict::kForeign;
  }
  if (lifetime_ == seconds(0)) return NonceVerdict::kFresh;
  // Modulo 2^32, so that the year 2106 needs no thought.
  const seconds age(static_cast<int32_t>(UnixSeconds(now) - LoadBig32(sealed->data())));
  return age >= -kClockSkew && age <= lifetime_ ? NonceVerdict::kFresh : NonceVerdict::kStale;
}

SecurityFeatures NonceSealer::FeaturesOf(std::string_view nonce) {
  if (nonce.size() != kSize || !nonce.starts_with(kCookie)) return {};
  const std::optional<uint32_t> bits =
      DecodeGroup(nonce.substr(kCookie.size(), kFeatureChars), kBase64);
  const std::optional<Sealed> sealed = DecodeSealed(nonce.substr(kAnnouncedSize));
  if (!bits || !sealed) return {};
  return {.password_algorithms = (*bits & 1u << 23) != 0,
          .username_anonymity = (*bits & 1u << 22) != 0,
          .sha256 = ((*sealed)[kFlagsOffset] & kSha256Flag) != 0};
}

}  // namespace culvert::auth
