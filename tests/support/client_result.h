// How a call of the test client ended: a value, or why there is none.
#pragma once

#include <cstdint>
#include <string>

#include "server/base/result.h"

namespace culvert::testing {

enum class ClientFailure : uint8_t {
  kTimeout,    // nothing came in time
  kClosed,     // the other side ended the stream properly: FIN, over TLS behind a close_notify
  kReset,      // the stream was cut: RST, or over TLS an end without close_notify
  kTls,        // the handshake or a record failed; `text` is OpenSSL's reason
  kSystem,     // a system call failed; `code` is errno
  kMalformed,  // bytes that are neither STUN nor ChannelData, or an answer that lacks what it must
               // hold
  kForged,     // an answer whose integrity is missing or wrong
  kRefused,    // a STUN error response; `code` is its number, 300 to 699
};
const char* ClientFailureName(ClientFailure failure);

struct ClientError {
  ClientFailure failure;
  int code = 0;
  std::string text{};

  // "Allocate refused 486 Allocation Quota Reached", for messages of tests.
  std::string ToString() const;
};

template <typename T>
using ClientResult = Result<T, ClientError>;

}  // namespace culvert::testing
