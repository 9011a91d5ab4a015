// Reading and writing a non-blocking TCP or TLS socket without waiting.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>

#include "server/base/bytes.h"

namespace culvert::bench {

enum class IoState : uint8_t { kDone, kWouldBlock, kEnded };

struct IoResult {
  IoState state;
  size_t size;  // when kDone, at least 1
};

// Borrows both; `ssl` is null for plain TCP. After kWouldBlock a write must be repeated with the
// same bytes in front.
class StreamIo {
 public:
  StreamIo(int fd, SSL* ssl) : fd_(fd), ssl_(ssl) {}

  int fd() const { return fd_; }
  IoResult Read(MutableBytes buffer) const;
  // Over TLS at most one record.
  IoResult Write(ByteView bytes) const;

 private:
  int fd_;
  SSL* ssl_;
};

}  // namespace culvert::bench
