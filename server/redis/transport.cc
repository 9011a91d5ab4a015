#include "server/redis/transport.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <cstring>
#include <utility>

#include "server/base/secret_text.h"
#include "server/redis/client_tls.h"

namespace culvert::redis {
namespace {

// One read. Most replies are far smaller, and a longer one comes in several.
constexpr size_t kReadSize = 16 * 1024;
// Above this an emptied buffer is given back.
constexpr size_t kKeptCapacity = 64 * 1024;
constexpr char kClosed[] = "the server closed the connection";

}  // namespace

Transport::Transport(net::Syscalls& sys, net::Fd fd, net::SslPtr ssl)
    : sys_(sys), fd_(std::move(fd)), ssl_(std::move(ssl)) {
  if (ssl_) AdvanceTls();  // the first flight
}

// What waits may hold the words of AUTH.
Transport::~Transport() {
  Wipe(&plain_);
  Wipe(&out_);
}

bool Transport::handshaking() const {
  return SSL_is_init_finished(ssl_.get()) == 0;
}

bool Transport::Receive(std::string* received) {
  std::array<uint8_t, kReadSize> buffer;
  const net::SysResult got = sys_.Receive(fd_.get(), buffer.data(), buffer.size());
  if (!got.ok()) {
    if (got.would_block() || got.error == EINTR) return true;
    return Break(std::strerror(got.error));
  }
  if (got.value == 0) return Break(kClosed);
  const auto size = static_cast<size_t>(got.value);
  if (!ssl_) {
    received->append(reinterpret_cast<const char*>(buffer.data()), size);
    return true;
  }
  if (BIO_write(SSL_get_rbio(ssl_.get()), buffer.data(), static_cast<int>(size)) !=
      static_cast<int>(size)) {
    return Break("out of memory");
  }
  return AdvanceTls() && Decrypt(received);
}

void Transport::Send(std::string_view bytes) {
  if (!ssl_) {
    out_ += bytes;
    return;
  }
  plain_ += bytes;
  // A failure shows at the next read or flush.
  AdvanceTls();
}

bool Transport::AdvanceTls() {
  if (!error_.empty()) return false;
  ERR_clear_error();
  if (handshaking()) {
    const int result = SSL_do_handshake(ssl_.get());
    TakeCipher();
    if (result != 1) {
      return SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ || BreakTls();
    }
  }
  if (plain_.empty()) return true;
  // Memory takes everything.
  size_t written = 0;
  const int result = SSL_write_ex(ssl_.get(), plain_.data(), plain_.size(), &written);
  TakeCipher();
  if (result != 1 || written != plain_.size()) return BreakTls();
  Wipe(&plain_);
  return true;
}

bool Transport::Decrypt(std::string* received) {
  if (handshaking()) return true;
  std::array<char, kReadSize> buffer;
  for (;;) {
    ERR_clear_error();
    size_t size = 0;
    const int result = SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &size);
    TakeCipher();
    if (result == 1) {
      received->append(buffer.data(), size);
      continue;
    }
    const int error = SSL_get_error(ssl_.get(), result);
    if (error == SSL_ERROR_WANT_READ) return true;
    return error == SSL_ERROR_ZERO_RETURN ? Break(kClosed) : BreakTls();
  }
}

void Transport::TakeCipher() {
  BIO* const bio = SSL_get_wbio(ssl_.get());
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  if (size > 0) out_.append(data, static_cast<size_t>(size));
  BIO_reset(bio);
}

bool Transport::Flush() {
  if (!error_.empty()) return false;
  while (has_unsent()) {
    const net::SysResult result = sys_.Send(fd_.get(), out_.data() + sent_, out_.size() - sent_);
    if (!result.ok()) {
      if (result.would_block()) return true;
      if (result.error == EINTR) continue;
      return Break(std::strerror(result.error));
    }
    sent_ += static_cast<size_t>(result.value);
  }
  sent_ = 0;
  Wipe(&out_);
  if (out_.capacity() > kKeptCapacity) out_.shrink_to_fit();
  return true;
}

bool Transport::Break(std::string why) {
  if (error_.empty()) error_ = std::move(why);
  return false;
}

// The alert that OpenSSL wrote tells the server why; the connection ends here.
bool Transport::BreakTls() {
  std::string why = WhyTlsFailed(ssl_.get());
  TakeCipher();
  if (error_.empty()) Flush();
  return Break(std::move(why));
}

}  // namespace culvert::redis
