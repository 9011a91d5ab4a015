// The numbers of STUN and TURN: classes, methods, attribute types, error codes.
// RFC 8489 (STUN), RFC 8656 (TURN), RFC 6062 (TCP allocations), RFC 8016 (mobility), RFC 7635
// (OAuth).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace culvert::stun {

inline constexpr uint32_t kMagicCookie = 0x2112A442;
inline constexpr uint32_t kFingerprintXor = 0x5354554e;
inline constexpr size_t kHeaderSize = 20;
inline constexpr size_t kAttributeHeaderSize = 4;
// The length field counts 16 bits of bytes behind the header.
inline constexpr size_t kMaxMessageSize = kHeaderSize + 0xffff;
// RFC 8489 section 14.3, 14.9, 14.10: what a receiver must be able to parse.
inline constexpr size_t kMaxUsernameSize = 763;
inline constexpr size_t kMaxRealmSize = 763;
inline constexpr size_t kMaxNonceSize = 763;

using TransactionId = std::array<uint8_t, 12>;

// RFC 8489 section 5: the class is two bits of the message type.
enum class Class : uint8_t { kRequest = 0, kIndication = 1, kSuccess = 2, kError = 3 };

enum class Method : uint16_t {
  kBinding = 0x001,
  kAllocate = 0x003,
  kRefresh = 0x004,
  kSend = 0x006,
  kData = 0x007,
  kCreatePermission = 0x008,
  kChannelBind = 0x009,
  kConnect = 0x00a,
  kConnectionBind = 0x00b,
  kConnectionAttempt = 0x00c,
};

enum class AttributeType : uint16_t {
  kMappedAddress = 0x0001,
  kChangeRequest = 0x0003,
  kUsername = 0x0006,
  kMessageIntegrity = 0x0008,
  kErrorCode = 0x0009,
  kUnknownAttributes = 0x000a,
  kChannelNumber = 0x000c,
  kLifetime = 0x000d,
  kXorPeerAddress = 0x0012,
  kData = 0x0013,
  kRealm = 0x0014,
  kNonce = 0x0015,
  kXorRelayedAddress = 0x0016,
  kRequestedAddressFamily = 0x0017,
  kEvenPort = 0x0018,
  kRequestedTransport = 0x0019,
  kDontFragment = 0x001a,
  kAccessToken = 0x001b,
  kMessageIntegritySha256 = 0x001c,
  kPasswordAlgorithm = 0x001d,
  kUserhash = 0x001e,
  kXorMappedAddress = 0x0020,
  kReservationToken = 0x0022,
  kPadding = 0x0026,
  kResponsePort = 0x0027,
  kConnectionId = 0x002a,
  kAdditionalAddressFamily = 0x8000,
  kAddressErrorCode = 0x8001,
  kPasswordAlgorithms = 0x8002,
  kAlternateDomain = 0x8003,
  kIcmp = 0x8004,
  kSoftware = 0x8022,
  kAlternateServer = 0x8023,
  kTransactionTransmitCounter = 0x8025,
  kFingerprint = 0x8028,
  kResponseOrigin = 0x802b,
  kOtherAddress = 0x802c,
  kThirdPartyAuthorization = 0x802e,
  kOrigin = 0x802f,
  kMobilityTicket = 0x8030,
};

// RFC 8489 section 14: types below 0x8000 must be understood.
constexpr bool IsComprehensionRequired(uint16_t type) {
  return type < 0x8000;
}

// Values of REQUESTED-ADDRESS-FAMILY, ADDITIONAL-ADDRESS-FAMILY and of every address attribute.
inline constexpr uint8_t kFamilyIPv4 = 0x01;
inline constexpr uint8_t kFamilyIPv6 = 0x02;

// RFC 8489 section 18.5: values in PASSWORD-ALGORITHM and PASSWORD-ALGORITHMS.
enum class PasswordAlgorithm : uint16_t { kMd5 = 1, kSha256 = 2 };
inline constexpr size_t kUserhashSize = 32;

// Values of REQUESTED-TRANSPORT (IANA protocol numbers).
inline constexpr uint8_t kTransportTcp = 6;
inline constexpr uint8_t kTransportUdp = 17;

enum class ErrorCode : uint16_t {
  kTryAlternate = 300,
  kBadRequest = 400,
  kUnauthenticated = 401,
  kForbidden = 403,
  kMobilityForbidden = 405,
  kUnknownAttribute = 420,
  kAllocationMismatch = 437,
  kStaleNonce = 438,
  kAddressFamilyNotSupported = 440,
  kWrongCredentials = 441,
  kUnsupportedTransportProtocol = 442,
  kPeerAddressFamilyMismatch = 443,
  kConnectionAlreadyExists = 446,
  kConnectionTimeoutOrFailure = 447,
  kAllocationQuotaReached = 486,
  kServerError = 500,
  kInsufficientCapacity = 508,
};

// The standard's reason phrase, plain ASCII.
const char* ReasonPhrase(ErrorCode code);
const char* MethodName(Method method);
// The attribute's name in the RFC, "UNKNOWN" for a type without one.
const char* AttributeName(uint16_t type);

// RFC 8656 section 12: the channel numbers a client may bind.
inline constexpr uint16_t kFirstChannel = 0x4000;
inline constexpr uint16_t kLastChannel = 0x4fff;
// RFC 5766 section 11 let clients go up to here; those of that age still do.
inline constexpr uint16_t kLastChannelRfc5766 = 0x7fff;
inline constexpr size_t kChannelHeaderSize = 4;

}  // namespace culvert::stun
