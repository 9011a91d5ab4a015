#include "server/net/stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstring>

#include "server/base/check.h"
#include "server/net/socket.h"

namespace culvert::net {
namespace {

constexpr size_t kFullRecord = 16 * 1024;  // RFC 8446 section 5.1

// OpenSSL's internal BIO_CTRL_SET_KTLS_SEND, of which <openssl/bio.h> tells no more than the
// number: keys come into use, may the kernel have them? Its number is not 0 for the keys of the
// sending side, its pointer is to the kernel's structure for TLS_TX. Asked with SSL_OP_ENABLE_KTLS
// only.
constexpr int kOfferKeys = 72;

constexpr std::array<uint8_t, 2> kInternalError = {SSL3_AL_FATAL, SSL_AD_INTERNAL_ERROR};

}  // namespace

// A BIO over the worker's buffers: reads take from cipher_in, writes append to cipher_out and never
// block.
struct StreamBio {
  static Stream& StreamOf(BIO* bio) { return *static_cast<Stream*>(BIO_get_data(bio)); }
  static StreamBuffers& BuffersOf(BIO* bio) { return *StreamOf(bio).buffers_; }

  static int Read(BIO* bio, char* out, int size) {
    StreamBuffers& buffers = BuffersOf(bio);
    BIO_clear_retry_flags(bio);
    const size_t there = buffers.cipher_end - buffers.cipher_begin;
    if (there == 0) {
      BIO_set_retry_read(bio);
      return -1;
    }
    const size_t n = std::min(there, static_cast<size_t>(size));
    std::memcpy(out, buffers.cipher_in.data() + buffers.cipher_begin, n);
    buffers.cipher_begin += n;
    return static_cast<int>(n);
  }

  static int Write(BIO* bio, const char* data, int size) {
    Stream& stream = StreamOf(bio);
    BIO_clear_retry_flags(bio);
    // Sealed with keys that are the kernel's now; see NoteAlert.
    if (stream.kernel_sends_) return size;
    const auto* bytes = reinterpret_cast<const uint8_t*>(data);
    std::vector<uint8_t>& out = stream.buffers_->cipher_out;
    out.insert(out.end(), bytes, bytes + size);
    if (stream.keys_ != nullptr) stream.keys_->Count({bytes, static_cast<size_t>(size)});
    return size;
  }

  static long Control(BIO* bio, int command, long number, void* pointer) {
    if (command == BIO_CTRL_FLUSH) return 1;
    // They are noted, and OpenSSL goes on by itself.
    if (command == kOfferKeys && number != 0) StreamOf(bio).keys_ = SendingKeys::Note(pointer);
    return 0;
  }

  static BIO* New(Stream* stream) {
    static BIO_METHOD* const method = [] {
      BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "culvert stream");
      BIO_meth_set_read(made, Read);
      BIO_meth_set_write(made, Write);
      BIO_meth_set_ctrl(made, Control);
      return made;
    }();
    BIO* bio = BIO_new(method);
    BIO_set_data(bio, stream);
    BIO_set_init(bio, 1);
    return bio;
  }
};

Stream::Stream(Syscalls& sys, Fd fd, StreamBuffers* buffers)
    : sys_(sys), fd_(std::move(fd)), buffers_(buffers) {}

Stream::~Stream() = default;

void Stream::StartTls(SslPtr ssl) {
  ssl_ = std::move(ssl);
  BIO* bio = StreamBio::New(this);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_accept_state(ssl_.get());
}

bool Stream::handshaking() const {
  return ssl_ != nullptr && !SSL_is_init_finished(ssl_.get());
}

StreamRead Stream::Read(ByteView prefix, size_t most) {
  const size_t kept = std::min(prefix.size(), StreamBuffers::kPrefix);
  // The prefix may lie in the very buffer it is copied to.
  if (kept > 0) std::memmove(buffers_->plain.data(), prefix.data(), kept);
  const size_t size = std::min(most, StreamBuffers::kRead);
  return ssl_ == nullptr ? ReadPlain(kept, size) : ReadTls(kept, size);
}

StreamRead Stream::ReadPlain(size_t prefix_size, size_t most) {
  uint8_t* const plain = buffers_->plain.data();
  const SysResult got = sys_.Receive(fd_.get(), plain + prefix_size, most);
  if (got.value > 0) return {{plain, prefix_size + static_cast<size_t>(got.value)}};
  return {{plain, prefix_size}, EndOf(got)};
}

// Many TLS clients close without close_notify; their FIN is taken for one, as TURN's own framing
// shows a cut message.
StreamEnd Stream::EndOf(const SysResult& got) {
  if (got.value > 0 || got.would_block() || got.error == EINTR) return StreamEnd::kOpen;
  if (got.value == 0) return StreamEnd::kFin;
  broken_ = true;
  return StreamEnd::kReset;
}

StreamRead Stream::ReadFirst(ByteView earlier) {
  const size_t kept = std::min(earlier.size(), StreamBuffers::kPrefix);
  std::copy_n(earlier.begin(), kept, buffers_->cipher_in.data());
  return ReceiveCipher(kept, StreamBuffers::kRead - kept);
}

StreamRead Stream::ReceiveCipher(size_t kept, size_t most) {
  StreamBuffers& buffers = *buffers_;
  const SysResult got = sys_.Receive(fd_.get(), buffers.cipher_in.data() + kept, most);
  buffers.cipher_begin = 0;
  buffers.cipher_end = kept + (got.value > 0 ? static_cast<size_t>(got.value) : 0);
  return {{buffers.cipher_in.data(), buffers.cipher_end}, EndOf(got)};
}

StreamRead Stream::TakeFirst() {
  if (ssl_ != nullptr) return Decrypt(0);
  return {{buffers_->cipher_in.data(), buffers_->cipher_end}};
}

StreamRead Stream::Open(ByteView received) {
  buffers_->cipher_begin = 0;
  buffers_->cipher_end = std::min(received.size(), StreamBuffers::kRead);
  std::copy_n(received.begin(), buffers_->cipher_end, buffers_->cipher_in.data());
  return Decrypt(0);
}

StreamRead Stream::ReadTls(size_t prefix_size, size_t most) {
  const StreamRead came = ReceiveCipher(0, most);
  if (came.data.empty()) return {{buffers_->plain.data(), prefix_size}, came.end};
  return Decrypt(prefix_size);
}

StreamRead Stream::Decrypt(size_t prefix_size) {
  StreamBuffers& buffers = *buffers_;
  StreamRead read;
  size_t size = prefix_size;
  BeginCipher();
  ERR_clear_error();
  for (;;) {
    const size_t room = std::min<size_t>(buffers.plain.size() - size, INT_MAX);
    const int n = SSL_read(ssl_.get(), buffers.plain.data() + size, static_cast<int>(room));
    if (n > 0) {
      size += static_cast<size_t>(n);
      continue;
    }
    const int error = SSL_get_error(ssl_.get(), n);
    if (error == SSL_ERROR_ZERO_RETURN) {
      read.end = StreamEnd::kFin;
    } else if (error != SSL_ERROR_WANT_READ) {
      read.end = StreamEnd::kFailed;
    }
    break;
  }
  read.data = {buffers.plain.data(), size};
  if (kernel_sends_) {
    AnswerThroughKernel(&read);
  } else if (keys_ != nullptr && SSL_get_key_update_type(ssl_.get()) != SSL_KEY_UPDATE_NONE) {
    keys_.reset();  // the next write changes them, and OpenSSL does not tell the new ones
  }
  // Handshake flights, tickets, key updates, alerts.
  if (!buffers.cipher_out.empty()) {
    if (size > prefix_size && read.end == StreamEnd::kOpen) {
      flight_.assign(buffers.cipher_out.begin(), buffers.cipher_out.end());
    } else if (!SendCipher()) {
      read.end = StreamEnd::kReset;
    }
  }
  if (read.end == StreamEnd::kFailed) broken_ = true;
  return read;
}

void Stream::BeginCipher() {
  buffers_->cipher_out.assign(flight_.begin(), flight_.end());
  flight_ = {};
}

bool Stream::Write(ByteView bytes) {
  const iovec piece{const_cast<uint8_t*>(bytes.data()), bytes.size()};
  return Write({&piece, 1});
}

bool Stream::Write(std::span<const iovec> pieces, std::span<const uint32_t> record_ends) {
  if (broken_ || finishing_) return false;
  if (!sends_plain()) return WriteTls(pieces, record_ends);
  CULVERT_CHECK("record_ends_of_kernel", !kernel_sends_ || record_ends.empty());
  size_t total = 0;
  for (const iovec& piece : pieces) total += piece.iov_len;
  return SendOrKeep(pieces, total);
}

bool Stream::WriteTls(std::span<const iovec> pieces, std::span<const uint32_t> record_ends) {
  StreamBuffers& buffers = *buffers_;
  BeginCipher();
  size_t gathered = 0;
  const auto encrypt = [this](const uint8_t* from, size_t size) {
    ERR_clear_error();
    return SSL_write(ssl_.get(), from, static_cast<int>(size)) > 0;
  };
  const auto seal = [&] {
    return gathered == 0 || encrypt(buffers.plain_out.data(), std::exchange(gathered, 0));
  };
  size_t index = 0;
  size_t next_end = 0;
  for (const iovec& piece : pieces) {
    const auto* from = static_cast<const uint8_t*>(piece.iov_base);
    size_t left = piece.iov_len;
    // Whole records of a stream need no gathering.
    if (gathered == 0 && left >= kFullRecord && left <= INT_MAX) {
      if (!encrypt(from, left)) return Break();
      left = 0;
    }
    while (left > 0) {
      const size_t n = std::min(left, buffers.plain_out.size() - gathered);
      std::memcpy(buffers.plain_out.data() + gathered, from, n);
      gathered += n;
      from += n;
      left -= n;
      if (gathered == buffers.plain_out.size() && !seal()) return Break();
    }
    if (next_end < record_ends.size() && record_ends[next_end] == index) {
      ++next_end;
      if (!seal()) return Break();
    }
    ++index;
  }
  if (!seal()) return Break();
  return SendCipher();
}

bool Stream::SendCipher() {
  const iovec piece{buffers_->cipher_out.data(), buffers_->cipher_out.size()};
  return SendOrKeep({&piece, 1}, piece.iov_len);
}

bool Stream::SendOrKeep(std::span<const iovec> pieces, size_t total) {
  size_t sent = 0;
  // A sendmsg takes at most IOV_MAX pieces; what lies beyond is kept and goes with the next.
  if (unsent() == 0) {
    const SysResult result =
        pieces.size() == 1
            ? sys_.Send(fd_.get(), pieces[0].iov_base, pieces[0].iov_len)
            : sys_.SendVector(fd_.get(), pieces.data(), std::min<size_t>(pieces.size(), IOV_MAX));
    if (result.ok()) {
      sent = static_cast<size_t>(result.value);
    } else if (!result.would_block() && result.error != EINTR) {
      return Break();
    }
  }
  if (sent < total) Keep(pieces, sent);
  return true;
}

void Stream::Keep(std::span<const iovec> pieces, size_t skip) {
  for (const iovec& piece : pieces) {
    if (skip >= piece.iov_len) {
      skip -= piece.iov_len;
      continue;
    }
    const auto* from = static_cast<const uint8_t*>(piece.iov_base);
    unsent_.insert(unsent_.end(), from + skip, from + piece.iov_len);
    skip = 0;
  }
}

bool Stream::SendThroughKernel() {
  const std::unique_ptr<SendingKeys> keys = std::move(keys_);
  // The records that were counted have to be in the socket before the kernel's own.
  const bool all_sent = unsent() == 0 && flight_.empty();
  if (keys == nullptr || broken_ || finishing_ || handshaking() || !all_sent) return false;
  if (!keys->GiveToKernel(sys_, fd_.get())) return false;
  kernel_sends_ = true;
  SSL_set_msg_callback(ssl_.get(), &Stream::NoteAlert);
  SSL_set_msg_callback_arg(ssl_.get(), this);
  return true;
}

void Stream::NoteAlert(int is_sent, int /*version*/, int type, const void* bytes, size_t size,
                       ssl_st* /*ssl*/, void* stream) {
  auto& self = *static_cast<Stream*>(stream);
  if (is_sent == 0 || type != SSL3_RT_ALERT || size != self.alert_.size()) return;
  std::memcpy(self.alert_.data(), bytes, size);
  self.alert_waits_ = true;
}

// RFC 8446 section 4.6.3: who is asked for new keys has to use them before its next data. OpenSSL
// has them and does not tell them, so this session cannot go on.
void Stream::AnswerThroughKernel(StreamRead* read) {
  if (SSL_get_key_update_type(ssl_.get()) != SSL_KEY_UPDATE_NONE) {
    alert_ = kInternalError;
    alert_waits_ = true;
    read->end = StreamEnd::kFailed;
  }
  if (!SendAlert()) read->end = StreamEnd::kReset;
}

bool Stream::SendAlert() {
  if (!alert_waits_ || unsent_data() > 0) return true;
  const SysResult result = SendAlertThroughKernel(sys_, fd_.get(), alert_);
  if (result.ok()) {
    alert_waits_ = false;
  } else if (!result.would_block() && result.error != EINTR) {
    return Break();
  }
  return true;
}

bool Stream::Flush() {
  if (broken_) return false;
  while (unsent_data() > 0) {
    const SysResult result = sys_.Send(fd_.get(), unsent_.data() + unsent_begin_, unsent_data());
    if (!result.ok()) {
      if (result.would_block()) return true;
      if (result.error == EINTR) continue;
      return Break();
    }
    unsent_begin_ += static_cast<size_t>(result.value);
  }
  // Gives the memory back: an idle connection holds none.
  unsent_ = {};
  unsent_begin_ = 0;
  if (!SendAlert()) return false;
  if (finishing_) ShutDownWhenSent();
  return true;
}

void Stream::FinishWriting() {
  if (finishing_ || broken_) return;
  if (ssl_ != nullptr && !handshaking()) {
    BeginCipher();
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    kernel_sends_ ? SendAlert() : SendCipher();
  }
  finishing_ = true;
  ShutDownWhenSent();
}

void Stream::ShutDownWhenSent() {
  if (finished_ || unsent() > 0) return;
  shutdown(fd_.get(), SHUT_WR);
  finished_ = true;
}

bool Stream::Break() {
  broken_ = true;
  return false;
}

void Stream::Abort() {
  broken_ = true;
  ResetOnClose(fd_.get());
}

}  // namespace culvert::net
