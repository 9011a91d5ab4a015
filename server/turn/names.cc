// Names of enumerators, as metrics' labels and logs show them.
#include "server/turn/effects.h"

namespace culvert::turn {

const char* EndReasonName(EndReason reason) {
  switch (reason) {
    case EndReason::kDeleted:
      return "deleted";
    case EndReason::kExpired:
      return "expired";
    case EndReason::kClientGone:
      return "client_gone";
    case EndReason::kCredentialExpired:
      return "credential_expired";
    case EndReason::kShutdown:
      return "shutdown";
    case EndReason::kOperator:
      return "operator";
  }
  return "?";
}

const char* DropName(Drop drop) {
  switch (drop) {
    case Drop::kMalformed:
      return "malformed";
    case Drop::kUnknownMethod:
      return "unknown_method";
    case Drop::kUnknownAttribute:
      return "unknown_attribute";
    case Drop::kNoAllocation:
      return "no_allocation";
    case Drop::kNoPermission:
      return "no_permission";
    case Drop::kNoChannel:
      return "no_channel";
    case Drop::kPeerForbidden:
      return "peer_forbidden";
    case Drop::kWrongFamily:
      return "wrong_family";
    case Drop::kLookupPending:
      return "lookup_pending";
    case Drop::kBandwidth:
      return "bandwidth";
    case Drop::kQueueFull:
      return "queue_full";
    case Drop::kQueueAge:
      return "queue_age";
    case Drop::kSendFailed:
      return "send_failed";
    case Drop::kTooLarge:
      return "too_large";
    case Drop::kConnectionLimit:
      return "connection_limit";
    case Drop::kStrangerLimit:
      return "stranger_limit";
    case Drop::kUnproven:
      return "unproven";
  }
  return "?";
}

const char* AuthLimitName(AuthLimit limit) {
  switch (limit) {
    case AuthLimit::kSourceAndUser:
      return "source_and_user";
    case AuthLimit::kUser:
      return "user";
    case AuthLimit::kSource:
      return "source";
    case AuthLimit::kNonce:
      return "nonce";
  }
  return "?";
}

}  // namespace culvert::turn
