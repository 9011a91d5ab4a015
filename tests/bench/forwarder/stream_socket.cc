#include "tests/bench/forwarder/stream_socket.h"

#include <openssl/err.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace culvert::bench {
namespace {

constexpr size_t kReceiveRoom = size_t{256} << 10;
constexpr size_t kMostRecord = 16384;

struct Scratch {
  std::vector<uint8_t> received = std::vector<uint8_t>(kReceiveRoom);
  // One record may have begun before what was received.
  std::vector<uint8_t> clear = std::vector<uint8_t>(kReceiveRoom + 2 * kMostRecord);
  std::vector<uint8_t> gathered{};  // records to send
};
thread_local Scratch scratch;

}  // namespace

struct StreamSocket::Bio {
  static int Read(BIO* bio, char* to, int size) {
    auto* const socket = static_cast<StreamSocket*>(BIO_get_data(bio));
    BIO_clear_flags(bio, BIO_FLAGS_RWS | BIO_FLAGS_SHOULD_RETRY);
    if (socket->incoming_.empty()) {
      BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY);
      return -1;
    }
    const size_t taken = std::min(socket->incoming_.size(), static_cast<size_t>(size));
    std::memcpy(to, socket->incoming_.data(), taken);
    socket->incoming_ = socket->incoming_.subspan(taken);
    return static_cast<int>(taken);
  }

  static int Write(BIO* bio, const char* from, int size) {
    auto* const socket = static_cast<StreamSocket*>(BIO_get_data(bio));
    const auto* bytes = reinterpret_cast<const uint8_t*>(from);
    size_t sent = 0;
    if (socket->direct_) sent = socket->SendNow(ByteView(bytes, static_cast<size_t>(size)));
    scratch.gathered.insert(scratch.gathered.end(), bytes + sent, bytes + size);
    return size;
  }

  static long Control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  static BIO_METHOD* Method() {
    static BIO_METHOD* const method = [] {
      BIO_METHOD* made = BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "recv and send");
      BIO_meth_set_read(made, Read);
      BIO_meth_set_write(made, Write);
      BIO_meth_set_ctrl(made, Control);
      return made;
    }();
    return method;
  }
};

StreamSocket::StreamSocket(net::Fd fd, SSL_CTX* tls) : fd_(std::move(fd)) {
  if (tls == nullptr) return;
  ssl_.reset(SSL_new(tls));
  BIO* const bio = BIO_new(Bio::Method());
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_accept_state(ssl_.get());
}

StreamSocket::~StreamSocket() {
  if (ssl_ == nullptr || ended_ || !secured()) return;
  scratch.gathered.clear();
  SSL_shutdown(ssl_.get());
  SendGathered();
  ERR_clear_error();
}

ByteView StreamSocket::Receive() {
  std::vector<uint8_t>& room = ssl_ == nullptr ? scratch.clear : scratch.received;
  const ssize_t size = recv(fd(), room.data(), kReceiveRoom, MSG_DONTWAIT);
  if (size <= 0) {
    ended_ = size == 0 || (errno != EAGAIN && errno != EINTR);
    return {};
  }
  const auto count = static_cast<size_t>(size);
  return ssl_ == nullptr ? ByteView(room).first(count) : Decrypt(count);
}

ByteView StreamSocket::Decrypt(size_t size) {
  incoming_ = ByteView(scratch.received).first(size);
  scratch.gathered.clear();
  size_t clear = 0;
  for (;;) {
    size_t one = 0;
    const int result =
        SSL_read_ex(ssl_.get(), scratch.clear.data() + clear, scratch.clear.size() - clear, &one);
    if (result == 1) {
      clear += one;
      continue;
    }
    if (SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ) ended_ = true;
    break;
  }
  if (ended_) ERR_clear_error();
  if (!scratch.gathered.empty()) SendGathered();
  return ByteView(scratch.clear).first(clear);
}

void StreamSocket::Send(ByteView clear) {
  if (ended_ || clear.empty() || !secured()) return;
  scratch.gathered.clear();
  if (ssl_ == nullptr) {
    const size_t sent = unsent() == 0 ? SendNow(clear) : 0;
    unsent_.insert(unsent_.end(), clear.begin() + static_cast<ptrdiff_t>(sent), clear.end());
    return;
  }
  direct_ = clear.size() <= kMostRecord && unsent() == 0;
  size_t written = 0;
  if (SSL_write_ex(ssl_.get(), clear.data(), clear.size(), &written) != 1) ended_ = true;
  direct_ = false;
  if (!scratch.gathered.empty()) SendGathered();
}

void StreamSocket::SendGathered() {
  const ByteView all = scratch.gathered;
  const size_t sent = unsent() == 0 ? SendNow(all) : 0;
  unsent_.insert(unsent_.end(), all.begin() + static_cast<ptrdiff_t>(sent), all.end());
}

void StreamSocket::Flush() {
  unsent_begin_ += SendNow(ByteView(unsent_).subspan(unsent_begin_));
  if (unsent() > 0) return;
  unsent_.clear();
  unsent_begin_ = 0;
}

size_t StreamSocket::SendNow(ByteView bytes) {
  const ssize_t sent = send(fd(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent >= 0) return static_cast<size_t>(sent);
  if (errno != EAGAIN && errno != EINTR) ended_ = true;
  return 0;
}

SSL_CTX* MakeServerContext(const char* certificate, const char* key) {
  SSL_CTX* const made = SSL_CTX_new(TLS_server_method());
  SSL_CTX_ctrl(made, SSL_CTRL_SET_SESS_CACHE_MODE, SSL_SESS_CACHE_OFF, nullptr);
  SSL_CTX_set_num_tickets(made, 1);
  // Buffers that connections take in turns stay in the processor's caches.
  SSL_CTX_ctrl(made, SSL_CTRL_MODE, SSL_MODE_RELEASE_BUFFERS, nullptr);
  if (SSL_CTX_use_certificate_chain_file(made, certificate) == 1 &&
      SSL_CTX_use_PrivateKey_file(made, key, SSL_FILETYPE_PEM) == 1)
    return made;
  SSL_CTX_free(made);
  return nullptr;
}

}  // namespace culvert::bench
