#include "auth/contract.h"

namespace culvert::auth {

const char* RefusalName(Refusal refusal) {
  switch (refusal) {
    case Refusal::kUnknownUser:
      return "unknown-user";
    case Refusal::kBarred:
      return "barred";
    case Refusal::kExpired:
      return "expired";
    case Refusal::kProviderDown:
      return "provider-down";
  }
  return "invalid";
}

}  // namespace culvert::auth
