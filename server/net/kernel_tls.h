// Kernel TLS (Linux, module "tls"): the kernel makes the records of what a socket sends, so that
// plaintext can be written, or spliced, to it. What a socket receives stays with OpenSSL: the
// kernel gives out one record a call, and we read many at once.
//
// OpenSSL is never told to use it. It tells the keys that come into use, is refused, and goes on by
// itself; they are noted, and the records that it made with them are counted. So the kernel can
// take over at any later time, when a connection turns out to carry bulk.
//
// Not thread-safe; a session's keys move with its stream.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "server/base/bytes.h"
#include "server/net/syscalls.h"

namespace culvert::net {

// Whether this kernel makes TLS records. Asks it with a socket; as root that also loads the module.
bool KernelTlsOffered(Syscalls& sys);

// The keys of a session's sending side and how many records were made with them.
class SendingKeys {
 public:
  // From what OpenSSL offers to a BIO when keys come into use. Null for a cipher that the kernel
  // does not have.
  static std::unique_ptr<SendingKeys> Note(const void* crypto_info);
  ~SendingKeys();
  SendingKeys(const SendingKeys&) = delete;
  SendingKeys& operator=(const SendingKeys&) = delete;

  // `written`: the next bytes that OpenSSL made with these keys, cut anywhere.
  void Count(ByteView written);
  // The kernel makes the records of what the socket sends from here on. False when it will not: the
  // socket then sends bytes as they are, as before. REQUIRES: all that was counted was sent.
  bool GiveToKernel(Syscalls& sys, int fd);

 private:
  // The kernel's structures differ by cipher; this holds each.
  static constexpr size_t kMostSize = 56;

  SendingKeys() = default;
  void Advance();

  alignas(8) std::array<uint8_t, kMostSize> info_;
  uint64_t records_ = 0;
  uint16_t body_left_ = 0;  // of the record that is being counted
  uint8_t header_size_ = 0;
  std::array<uint8_t, 5> header_;  // RFC 8446 section 5.1
};

// An alert as a record of its own, behind what was sent before (RFC 8446 section 6). Would block
// until the socket has room: only then has the kernel passed everything on to TCP, so that a FIN
// behind the alert cuts nothing off.
SysResult SendAlertThroughKernel(Syscalls& sys, int fd, ByteView alert);

}  // namespace culvert::net
