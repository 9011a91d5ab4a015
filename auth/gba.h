// The Generic Bootstrapping Architecture (3GPP TS 33.220) as seen by a NAF, which is what this
// relay is: a UE that has bootstrapped shows its B-TID as USERNAME, and base64(Ks_NAF) is its
// password (as in TS 24.109's HTTP Digest). Computation only.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <vector>

#include "server/base/bytes.h"
#include "server/base/secret_text.h"

namespace culvert::auth {

using Ks = std::array<uint8_t, 32>;    // CK and IK
using Rand = std::array<uint8_t, 16>;  // of the AKA challenge
using KsNaf = std::array<uint8_t, 32>;
// Ua security protocol identifier (TS 33.220 Annex H).
using UaId = std::array<uint8_t, 5>;

// HTTP Digest (TS 24.109). None is assigned to TURN, and this is the scheme that it follows.
inline constexpr UaId kHttpDigestUa = {0x01, 0x00, 0x00, 0x00, 0x02};

// Which key of a bootstrapping a realm asks for.
enum class GbaKey : uint8_t {
  kMe,      // Ks_NAF, in GBA_U Ks_ext_NAF: made in the phone
  kUicc,    // Ks_int_NAF: made in the card
  kDigest,  // Ks_NAF of GBA_Digest, which begins with a password in place of a card
};

struct GbaRealm {
  GbaKey key;
  std::string_view naf;  // FQDN; lives as the realm's text does
};

// "3GPP-bootstrapping@<FQDN>", "3GPP-bootstrapping-uicc@...", "3GPP-bootstrapping-digest@...";
// nullopt for every other realm.
std::optional<GbaRealm> ParseGbaRealm(std::string_view realm);

// base64(RAND) "@" BSF server name.
bool IsBTid(std::string_view username);

// 10 hex digits.
std::optional<UaId> ParseUaId(std::string_view hex);

// The NAF's FQDN and behind it the Ua security protocol identifier: one single parameter.
std::vector<uint8_t> NafId(std::string_view fqdn, const UaId& ua);

// Annex B.2: HMAC-SHA-256 over FC, and each parameter with its length behind it.
// REQUIRES: no parameter is longer than 65535 bytes.
std::array<uint8_t, 32> GbaKdf(ByteView key, uint8_t fc,
                               std::initializer_list<ByteView> parameters);

// Annex B.3. nullopt for kDigest, whose parameters are others, and for an empty name.
std::optional<KsNaf> DeriveKsNaf(GbaKey which, const Ks& ks, const Rand& rand,
                                 std::string_view impi, std::string_view fqdn, const UaId& ua);

// base64: 44 characters.
SecretText GbaPassword(const KsNaf& ks_naf);

}  // namespace culvert::auth
