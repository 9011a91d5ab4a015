#include "server/net/dtls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <sys/time.h>

#include <algorithm>
#include <utility>

#include "server/base/check.h"
#include "server/net/dtls_cookie.h"
#include "server/net/tls_files.h"

namespace culvert::net {
namespace {

// A client has nothing to say before its handshake is done.
class Discard final : public PlaintextSink {
 public:
  void OnPlaintext(ByteView /*plaintext*/) override {}
};

}  // namespace

// A BIO that is the wire of one session: reads take the datagram at hand, writes go to the sink.
struct DtlsSession::BioCallbacks {
  static int Read(BIO* bio, char* out, int size) {
    Wire& wire = *static_cast<Wire*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (!wire.received) {
      BIO_set_retry_read(bio);
      return -1;
    }
    // What does not fit is cut off, as recv(2) does it.
    size_t length = std::min(wire.received->size(), static_cast<size_t>(size));
    std::memcpy(out, wire.received->data(), length);
    wire.received.reset();
    return static_cast<int>(length);
  }

  static int Write(BIO* bio, const char* bytes, int size) {
    Wire& wire = *static_cast<Wire*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (wire.out != nullptr) {
      wire.out->SendDatagram(AsBytes({bytes, static_cast<size_t>(size)}));
    }
    return size;
  }

  static long Control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
    constexpr long kIpv6AndUdpHeaders = 48;
    switch (command) {
      case BIO_CTRL_FLUSH:
        return 1;
      case BIO_CTRL_DGRAM_GET_MTU_OVERHEAD:
        return kIpv6AndUdpHeaders;
      default:
        return 0;
    }
  }

  static int Create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
  }

  static BIO_METHOD* Method() {
    static BIO_METHOD* const method = [] {
      BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "culvert dtls");
      BIO_meth_set_read(made, &Read);
      BIO_meth_set_write(made, &Write);
      BIO_meth_set_ctrl(made, &Control);
      BIO_meth_set_create(made, &Create);
      return made;
    }();
    return method;
  }
};

// Lends datagram and sink to the BIO, and takes them back at the end of the call.
class DtlsSession::WireGuard {
 public:
  WireGuard(Wire* wire, DatagramSink* out)
      : wire_(wire), before_(std::exchange(*wire, Wire{std::nullopt, out})) {}
  WireGuard(Wire* wire, DatagramSink* out, ByteView received)
      : wire_(wire), before_(std::exchange(*wire, Wire{received, out})) {}
  ~WireGuard() { *wire_ = before_; }

 private:
  Wire* wire_;
  Wire before_;
};

DtlsSession::DtlsSession(SslPtr ssl) : ssl_(std::move(ssl)) {}

DtlsSession::~DtlsSession() = default;

std::unique_ptr<DtlsSession> DtlsSession::Create(const TlsContext& context) {
  SslPtr ssl = context.NewSession();
  BIO* bio = BIO_new(BioCallbacks::Method());
  if (!ssl || bio == nullptr) {
    BIO_free(bio);
    return nullptr;
  }
  SSL_set_bio(ssl.get(), bio, bio);
  SSL_set_mtu(ssl.get(), kFlightBytes);
  std::unique_ptr<DtlsSession> session(new DtlsSession(std::move(ssl)));
  BIO_set_data(bio, &session->wire_);
  // OpenSSL checks the cookie a second time in the handshake itself.
  SetCookieClient(session->ssl_.get(), &session->client_);
  return session;
}

// True when the cookie came back: the session is then this client's.
bool DtlsSession::Listen(ByteView datagram, const ClientAddress& client, DatagramSink& out) {
  client_ = client;
  WireGuard guard(&wire_, &out, datagram);
  BIO_ADDR* unused = BIO_ADDR_new();
  if (unused == nullptr) return false;
  ERR_clear_error();
  int result = DTLSv1_listen(ssl_.get(), unused);
  BIO_ADDR_free(unused);
  ERR_clear_error();
  return result == 1;
}

void DtlsSession::OnDatagram(ByteView datagram, DatagramSink& out, PlaintextSink& in) {
  if (closed_ || datagram.empty()) return;  // OpenSSL takes no bytes for the end of the stream
  WireGuard guard(&wire_, &out, datagram);
  ReadRecords(in);
  ReleaseBuffers();
}

void DtlsSession::ReadRecords(PlaintextSink& in) {
  uint8_t record[SSL3_RT_MAX_PLAIN_LENGTH];
  while (!closed_) {
    ERR_clear_error();
    int result = SSL_read(ssl_.get(), record, sizeof record);
    if (SSL_is_init_finished(ssl_.get()) == 1) established_ = true;
    if (result <= 0) {
      OnReadResult(result);
      return;
    }
    in.OnPlaintext({record, static_cast<size_t>(result)});
  }
}

void DtlsSession::OnReadResult(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return;
    case SSL_ERROR_ZERO_RETURN:
      SSL_shutdown(ssl_.get());  // answers close_notify with ours
      closed_ = true;
      break;
    default:
      failure_ = TakeOpenSslReason();  // OpenSSL has sent the alert
      closed_ = true;
  }
  ERR_clear_error();
}

bool DtlsSession::Write(ByteView plaintext, DatagramSink& out) {
  if (!established_ || closed_ || plaintext.empty()) return false;
  if (plaintext.size() > SSL3_RT_MAX_PLAIN_LENGTH) return false;
  WireGuard guard(&wire_, &out);
  ERR_clear_error();
  if (SSL_alloc_buffers(ssl_.get()) != 1) return false;
  int written = SSL_write(ssl_.get(), plaintext.data(), static_cast<int>(plaintext.size()));
  ReleaseBuffers();
  return written == static_cast<int>(plaintext.size());
}

Instant DtlsSession::next_timeout(Instant now) const {
  timeval left{};
  if (closed_ || DTLSv1_get_timeout(ssl_.get(), &left) != 1) return kNever;
  return now + seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec);
}

void DtlsSession::OnTimeout(DatagramSink& out) {
  if (closed_) return;
  WireGuard guard(&wire_, &out);
  ERR_clear_error();
  if (DTLSv1_handle_timeout(ssl_.get()) >= 0) return;
  failure_ = TakeOpenSslReason();
  closed_ = true;
}

void DtlsSession::Close(DatagramSink& out) {
  if (closed_) return;
  closed_ = true;
  if (!established_) return;
  WireGuard guard(&wire_, &out);
  ERR_clear_error();
  if (SSL_alloc_buffers(ssl_.get()) == 1) SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

// OpenSSL releases the record buffers of idle sessions by itself for TLS, not for DTLS: 33 kB each.
// About 36 kB stay, for OpenSSL keeps the buffer of a DTLS handshake as long as the session. While
// bytes are left unread in a buffer the call does nothing, and the next one tries again.
void DtlsSession::ReleaseBuffers() {
  if (established_) static_cast<void>(SSL_free_buffers(ssl_.get()));
}

DtlsListener::DtlsListener(std::shared_ptr<const TlsContext> context)
    : context_(std::move(context)) {
  CULVERT_CHECK("dtls_context_kind", context_->kind() == TlsContext::Kind::kDatagram);
}

void DtlsListener::UseContext(std::shared_ptr<const TlsContext> context) {
  context_ = std::move(context);
  spare_.reset();
}

std::unique_ptr<DtlsSession> DtlsListener::OnDatagram(ByteView datagram,
                                                      const ClientAddress& client,
                                                      DatagramSink& out) {
  if (!IsClientHello(datagram)) return nullptr;
  if (!spare_) spare_ = DtlsSession::Create(*context_);
  if (!spare_ || !spare_->Listen(datagram, client, out)) return nullptr;

  // DTLSv1_listen has looked at the ClientHello; the handshake wants to read it again.
  Discard nothing;
  std::unique_ptr<DtlsSession> session = std::move(spare_);
  session->OnDatagram(datagram, out, nothing);
  return session;
}

//  0      1         3       5               11       13           14
//  +------+---------+-------+---------------+--------+------------+--
//  | type | version | epoch | sequence (48) | length | handshake  | ...
//  |  22  | 254 253 |   0   |               |        | type 1     |
//  +------+---------+-------+---------------+--------+------------+--
// RFC 6347 section 4.1; clients may put DTLS 1.0 (254 255) into a first record's version.
bool DtlsListener::IsClientHello(ByteView datagram) {
  constexpr size_t kRecordHeader = 13;
  constexpr size_t kHandshakeHeader = 12;
  constexpr uint8_t kHandshakeRecord = 22;
  constexpr uint8_t kClientHelloType = 1;
  return datagram.size() > kRecordHeader + kHandshakeHeader && datagram[0] == kHandshakeRecord &&
         datagram[1] == 254 && LoadBig16(datagram.data() + 3) == 0 &&
         datagram[kRecordHeader] == kClientHelloType;
}

}  // namespace culvert::net
