#include "tests/bench/stream_io.h"

#include <openssl/err.h>
#include <sys/socket.h>

#include <cerrno>

namespace culvert::bench {
namespace {

IoResult OfSystemCall(ssize_t size) {
  if (size > 0) return {IoState::kDone, static_cast<size_t>(size)};
  if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return {IoState::kWouldBlock, 0};
  return {IoState::kEnded, 0};
}

IoResult OfTls(SSL* ssl, int result, size_t size) {
  if (result == 1) return {IoState::kDone, size};
  const int error = SSL_get_error(ssl, result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
    return {IoState::kWouldBlock, 0};
  ERR_clear_error();
  return {IoState::kEnded, 0};
}

}  // namespace

IoResult StreamIo::Read(MutableBytes buffer) const {
  if (ssl_ == nullptr) return OfSystemCall(recv(fd_, buffer.data(), buffer.size(), 0));
  size_t size = 0;
  const int result = SSL_read_ex(ssl_, buffer.data(), buffer.size(), &size);
  return OfTls(ssl_, result, size);
}

IoResult StreamIo::Write(ByteView bytes) const {
  if (ssl_ == nullptr) return OfSystemCall(send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
  size_t size = 0;
  const int result = SSL_write_ex(ssl_, bytes.data(), bytes.size(), &size);
  return OfTls(ssl_, result, size);
}

}  // namespace culvert::bench
