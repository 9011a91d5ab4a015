#include "tests/support/client_result.h"

namespace culvert::testing {

const char* ClientFailureName(ClientFailure failure) {
  switch (failure) {
    case ClientFailure::kTimeout:
      return "timeout";
    case ClientFailure::kClosed:
      return "closed";
    case ClientFailure::kReset:
      return "reset";
    case ClientFailure::kTls:
      return "TLS failure";
    case ClientFailure::kSystem:
      return "system call failed";
    case ClientFailure::kMalformed:
      return "malformed";
    case ClientFailure::kForged:
      return "forged";
    case ClientFailure::kRefused:
      return "refused";
  }
  return "unknown";
}

std::string ClientError::ToString() const {
  std::string all = ClientFailureName(failure);
  if (code != 0) all += " " + std::to_string(code);
  if (!text.empty()) all += ": " + text;
  return all;
}

}  // namespace culvert::testing
