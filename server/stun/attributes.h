// The one table of attributes: type, RFC name, and where it is defined. A type that has a row here
// is "known" in the sense of RFC 8489 section 6.3.1; a comprehension-required type without a row is
// answered with 420.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "server/stun/protocol.h"

namespace culvert::stun {

struct AttributeRow {
  AttributeType type;
  const char* name;
  const char* source;
};

// clang-format off
inline constexpr std::array kAttributes = {
    AttributeRow{AttributeType::kMappedAddress, "MAPPED-ADDRESS", "RFC 8489 14.1"},
    AttributeRow{AttributeType::kUsername, "USERNAME", "RFC 8489 14.3"},
    AttributeRow{AttributeType::kMessageIntegrity, "MESSAGE-INTEGRITY", "RFC 8489 14.5"},
    AttributeRow{AttributeType::kErrorCode, "ERROR-CODE", "RFC 8489 14.8"},
    AttributeRow{AttributeType::kUnknownAttributes, "UNKNOWN-ATTRIBUTES", "RFC 8489 14.13"},
    AttributeRow{AttributeType::kChannelNumber, "CHANNEL-NUMBER", "RFC 8656 18.1"},
    AttributeRow{AttributeType::kLifetime, "LIFETIME", "RFC 8656 18.2"},
    AttributeRow{AttributeType::kXorPeerAddress, "XOR-PEER-ADDRESS", "RFC 8656 18.3"},
    AttributeRow{AttributeType::kData, "DATA", "RFC 8656 18.4"},
    AttributeRow{AttributeType::kRealm, "REALM", "RFC 8489 14.9"},
    AttributeRow{AttributeType::kNonce, "NONCE", "RFC 8489 14.10"},
    AttributeRow{AttributeType::kXorRelayedAddress, "XOR-RELAYED-ADDRESS", "RFC 8656 18.5"},
    AttributeRow{AttributeType::kRequestedAddressFamily, "REQUESTED-ADDRESS-FAMILY", "RFC 8656 18.6"},
    AttributeRow{AttributeType::kEvenPort, "EVEN-PORT", "RFC 8656 18.7"},
    AttributeRow{AttributeType::kRequestedTransport, "REQUESTED-TRANSPORT", "RFC 8656 18.8"},
    AttributeRow{AttributeType::kDontFragment, "DONT-FRAGMENT", "RFC 8656 18.9"},
    AttributeRow{AttributeType::kAccessToken, "ACCESS-TOKEN", "RFC 7635 6.2"},
    AttributeRow{AttributeType::kMessageIntegritySha256, "MESSAGE-INTEGRITY-SHA256", "RFC 8489 14.6"},
    AttributeRow{AttributeType::kPasswordAlgorithm, "PASSWORD-ALGORITHM", "RFC 8489 14.12"},
    AttributeRow{AttributeType::kUserhash, "USERHASH", "RFC 8489 14.4"},
    AttributeRow{AttributeType::kXorMappedAddress, "XOR-MAPPED-ADDRESS", "RFC 8489 14.2"},
    AttributeRow{AttributeType::kReservationToken, "RESERVATION-TOKEN", "RFC 8656 18.10"},
    AttributeRow{AttributeType::kConnectionId, "CONNECTION-ID", "RFC 6062 6.2.1"},
    AttributeRow{AttributeType::kAdditionalAddressFamily, "ADDITIONAL-ADDRESS-FAMILY", "RFC 8656 18.11"},
    AttributeRow{AttributeType::kAddressErrorCode, "ADDRESS-ERROR-CODE", "RFC 8656 18.12"},
    AttributeRow{AttributeType::kPasswordAlgorithms, "PASSWORD-ALGORITHMS", "RFC 8489 14.11"},
    AttributeRow{AttributeType::kIcmp, "ICMP", "RFC 8656 18.13"},
    AttributeRow{AttributeType::kSoftware, "SOFTWARE", "RFC 8489 14.14"},
    AttributeRow{AttributeType::kAlternateServer, "ALTERNATE-SERVER", "RFC 8489 14.15"},
    AttributeRow{AttributeType::kFingerprint, "FINGERPRINT", "RFC 8489 14.7"},
    AttributeRow{AttributeType::kThirdPartyAuthorization, "THIRD-PARTY-AUTHORIZATION", "RFC 7635 6.1"},
    AttributeRow{AttributeType::kOrigin, "ORIGIN", "draft-ietf-tram-stun-origin 4"},
    AttributeRow{AttributeType::kMobilityTicket, "MOBILITY-TICKET", "RFC 8016 3.3"},
};
// clang-format on

inline constexpr size_t kKnownAttributeCount = kAttributes.size();
inline constexpr size_t kNoRow = kKnownAttributeCount;

// Row of `type` in kAttributes, or kNoRow.
size_t AttributeRowOf(uint16_t type);

}  // namespace culvert::stun
