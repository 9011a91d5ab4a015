#include "server/stun/protocol.h"

#include "server/stun/attributes.h"

namespace culvert::stun {
namespace {

// Types that have a name in their RFC but no row in the table, because they are not served.
const char* UnservedName(uint16_t type) {
  switch (static_cast<AttributeType>(type)) {
    case AttributeType::kChangeRequest:
      return "CHANGE-REQUEST";
    case AttributeType::kAccessToken:
      return "ACCESS-TOKEN";
    case AttributeType::kPasswordAlgorithm:
      return "PASSWORD-ALGORITHM";
    case AttributeType::kUserhash:
      return "USERHASH";
    case AttributeType::kPadding:
      return "PADDING";
    case AttributeType::kResponsePort:
      return "RESPONSE-PORT";
    case AttributeType::kPasswordAlgorithms:
      return "PASSWORD-ALGORITHMS";
    case AttributeType::kAlternateDomain:
      return "ALTERNATE-DOMAIN";
    case AttributeType::kTransactionTransmitCounter:
      return "TRANSACTION_TRANSMIT_COUNTER";
    case AttributeType::kResponseOrigin:
      return "RESPONSE-ORIGIN";
    case AttributeType::kOtherAddress:
      return "OTHER-ADDRESS";
    case AttributeType::kThirdPartyAuthorization:
      return "THIRD-PARTY-AUTHORIZATION";
    default:
      return "UNKNOWN";
  }
}

}  // namespace

const char* ReasonPhrase(ErrorCode code) {
  switch (code) {
    case ErrorCode::kTryAlternate:
      return "Try Alternate";
    case ErrorCode::kBadRequest:
      return "Bad Request";
    case ErrorCode::kUnauthenticated:
      return "Unauthenticated";
    case ErrorCode::kForbidden:
      return "Forbidden";
    case ErrorCode::kMobilityForbidden:
      return "Mobility Forbidden";
    case ErrorCode::kUnknownAttribute:
      return "Unknown Attribute";
    case ErrorCode::kAllocationMismatch:
      return "Allocation Mismatch";
    case ErrorCode::kStaleNonce:
      return "Stale Nonce";
    case ErrorCode::kAddressFamilyNotSupported:
      return "Address Family not Supported";
    case ErrorCode::kWrongCredentials:
      return "Wrong Credentials";
    case ErrorCode::kUnsupportedTransportProtocol:
      return "Unsupported Transport Protocol";
    case ErrorCode::kPeerAddressFamilyMismatch:
      return "Peer Address Family Mismatch";
    case ErrorCode::kConnectionAlreadyExists:
      return "Connection Already Exists";
    case ErrorCode::kConnectionTimeoutOrFailure:
      return "Connection Timeout or Failure";
    case ErrorCode::kAllocationQuotaReached:
      return "Allocation Quota Reached";
    case ErrorCode::kServerError:
      return "Server Error";
    case ErrorCode::kInsufficientCapacity:
      return "Insufficient Capacity";
  }
  return "";
}

const char* MethodName(Method method) {
  switch (method) {
    case Method::kBinding:
      return "Binding";
    case Method::kAllocate:
      return "Allocate";
    case Method::kRefresh:
      return "Refresh";
    case Method::kSend:
      return "Send";
    case Method::kData:
      return "Data";
    case Method::kCreatePermission:
      return "CreatePermission";
    case Method::kChannelBind:
      return "ChannelBind";
    case Method::kConnect:
      return "Connect";
    case Method::kConnectionBind:
      return "ConnectionBind";
    case Method::kConnectionAttempt:
      return "ConnectionAttempt";
  }
  return "UNKNOWN";
}

const char* AttributeName(uint16_t type) {
  const size_t row = AttributeRowOf(type);
  return row == kNoRow ? UnservedName(type) : kAttributes[row].name;
}

}  // namespace culvert::stun
