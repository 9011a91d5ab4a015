#include "tests/support/client_connection.h"

#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace culvert::testing {
namespace {

using std::chrono::steady_clock;

SSL_CTX* UncheckedContext() {
  static SSL_CTX* const context = [] {
    SSL_CTX* made = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(made, SSL_VERIFY_NONE, nullptr);
    return made;
  }();
  return context;
}

// OpenSSL writes without MSG_NOSIGNAL: a server that hangs up is to be an error, not the end of the
// test.
void IgnoreBrokenPipes() {
  static const auto before = std::signal(SIGPIPE, SIG_IGN);
  static_cast<void>(before);
}

Failure<ClientError> SystemError(const char* call) {
  const int error = errno;
  if (error == ECONNRESET || error == EPIPE)
    return Failure{ClientError{ClientFailure::kReset, error, call}};
  return Failure{
      ClientError{ClientFailure::kSystem, error, std::string(call) + ": " + std::strerror(error)}};
}

Failure<ClientError> TlsError() {
  const unsigned long error = ERR_get_error();
  ERR_clear_error();
  if (ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
    return Failure{ClientError{ClientFailure::kReset, 0, "end without close_notify"}};
  const char* reason = ERR_reason_error_string(error);
  return Failure{ClientError{ClientFailure::kTls, 0, reason == nullptr ? "" : reason}};
}

ClientResult<Ok> WaitFor(int fd, short events, SteadyTime deadline) {
  pollfd waiting = {fd, events, 0};
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now()).count();
    const int ready = poll(&waiting, 1, static_cast<int>(std::max<int64_t>(left, 0)));
    if (ready > 0) return Ok{};
    if (ready == 0) return Failure{ClientError{ClientFailure::kTimeout}};
    if (errno != EINTR) return SystemError("poll");
  }
}

bool WouldBlock() {
  return errno == EAGAIN || errno == EWOULDBLOCK;
}

int OpenSocket(const ConnectionSettings& settings) {
  const int domain = settings.server.ip().is_v4() ? AF_INET : AF_INET6;
  const int type = settings.transport == ClientTransport::kUdp ? SOCK_DGRAM : SOCK_STREAM;
  const int fd = socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0 || type == SOCK_DGRAM) return fd;
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

}  // namespace

const char* ClientTransportName(ClientTransport transport) {
  switch (transport) {
    case ClientTransport::kUdp:
      return "udp";
    case ClientTransport::kTcp:
      return "tcp";
    case ClientTransport::kTls:
      return "tls";
  }
  return "unknown";
}

ClientResult<ClientConnection> ClientConnection::Open(const ConnectionSettings& settings) {
  const SteadyTime deadline = steady_clock::now() + settings.timeout;
  ClientConnection connection(settings.transport);
  if (auto done = connection.ConnectSocket(settings, deadline); !done) return Failure{done.error()};
  if (settings.transport != ClientTransport::kTls) return connection;
  if (auto done = connection.Handshake(settings, deadline); !done) return Failure{done.error()};
  return connection;
}

ClientConnection ClientConnection::Adopt(net::Fd socket) {
  ClientConnection connection(ClientTransport::kTcp);
  connection.fd_ = std::move(socket);
  return connection;
}

ClientConnection::~ClientConnection() {
  if (ssl_ != nullptr && SSL_is_init_finished(ssl_.get())) SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

ClientResult<Ok> ClientConnection::ConnectSocket(const ConnectionSettings& settings,
                                                 SteadyTime deadline) {
  fd_ = net::Fd(OpenSocket(settings));
  if (!fd_.valid()) return SystemError("socket");
  sockaddr_storage address;
  if (settings.from_port != 0) {
    const int on = 1;
    setsockopt(fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  }
  if (settings.from || settings.from_port != 0) {
    const IpAddress from = settings.from.value_or(IpAddress::Any(settings.server.family()));
    const socklen_t size = Endpoint(from, settings.from_port).ToSockaddr(&address);
    if (bind(fd(), reinterpret_cast<sockaddr*>(&address), size) < 0) return SystemError("bind");
  }
  const socklen_t size = settings.server.ToSockaddr(&address);
  if (connect(fd(), reinterpret_cast<sockaddr*>(&address), size) == 0) return Ok{};
  if (errno != EINPROGRESS) return SystemError("connect");
  if (auto done = WaitFor(fd(), POLLOUT, deadline); !done) return Failure{done.error()};
  int error = 0;
  socklen_t error_size = sizeof error;
  getsockopt(fd(), SOL_SOCKET, SO_ERROR, &error, &error_size);
  errno = error;
  if (error != 0) return SystemError("connect");
  return Ok{};
}

ClientResult<Ok> ClientConnection::Handshake(const ConnectionSettings& settings,
                                             SteadyTime deadline) {
  IgnoreBrokenPipes();
  ssl_.reset(SSL_new(settings.tls == nullptr ? UncheckedContext() : settings.tls));
  if (ssl_ == nullptr) return TlsError();
  SSL_set_mode(ssl(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_set_fd(ssl(), fd());
  if (!settings.server_name.empty()) {
    // SSL_set_tlsext_host_name(), whose macro casts in the old style.
    SSL_ctrl(ssl(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(settings.server_name.c_str()));
  }
  if (settings.session != nullptr) SSL_set_session(ssl(), settings.session);
  for (;;) {
    const int result = SSL_connect(ssl());
    if (result == 1) return Ok{};
    if (auto done = WaitForTls(result, deadline); !done) return done;
  }
}

ClientResult<Ok> ClientConnection::WaitForTls(int result, SteadyTime deadline) {
  switch (SSL_get_error(ssl(), result)) {
    case SSL_ERROR_WANT_READ:
      return WaitFor(fd(), POLLIN, deadline);
    case SSL_ERROR_WANT_WRITE:
      return WaitFor(fd(), POLLOUT, deadline);
    case SSL_ERROR_ZERO_RETURN:
      return Failure{ClientError{ClientFailure::kClosed}};
    case SSL_ERROR_SYSCALL:
      return SystemError("TLS");
    default:
      return TlsError();
  }
}

ClientResult<Ok> ClientConnection::Send(ByteView bytes, milliseconds timeout) {
  const SteadyTime deadline = steady_clock::now() + timeout;
  do {
    auto sent = SendSome(bytes, deadline);
    if (!sent) return Failure{sent.error()};
    bytes = bytes.subspan(*sent);
  } while (!bytes.empty());
  return Ok{};
}

ClientResult<size_t> ClientConnection::SendSome(ByteView bytes, SteadyTime deadline) {
  for (;;) {
    if (ssl_ != nullptr) {
      size_t sent = 0;
      const int result = SSL_write_ex(ssl(), bytes.data(), bytes.size(), &sent);
      if (result == 1) return sent;
      if (auto done = WaitForTls(result, deadline); !done) return Failure{done.error()};
      continue;
    }
    const ssize_t sent = send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) return static_cast<size_t>(sent);
    if (!WouldBlock()) return SystemError("send");
    if (auto done = WaitFor(fd(), POLLOUT, deadline); !done) return Failure{done.error()};
  }
}

ClientResult<size_t> ClientConnection::Receive(MutableBytes buffer, milliseconds timeout) {
  return ReceiveSome(buffer, steady_clock::now() + timeout);
}

ClientResult<Ok> ClientConnection::ReceiveAll(MutableBytes buffer, milliseconds timeout) {
  const SteadyTime deadline = steady_clock::now() + timeout;
  while (!buffer.empty()) {
    auto received = ReceiveSome(buffer, deadline);
    if (!received) return Failure{received.error()};
    buffer = buffer.subspan(*received);
  }
  return Ok{};
}

ClientResult<size_t> ClientConnection::ReceiveSome(MutableBytes buffer, SteadyTime deadline) {
  for (;;) {
    if (ssl_ != nullptr) {
      size_t received = 0;
      const int result = SSL_read_ex(ssl(), buffer.data(), buffer.size(), &received);
      if (result == 1) return received;
      if (auto done = WaitForTls(result, deadline); !done) return Failure{done.error()};
      continue;
    }
    const ssize_t received = recv(fd(), buffer.data(), buffer.size(), 0);
    if (received == 0 && is_stream()) return Failure{ClientError{ClientFailure::kClosed}};
    if (received >= 0) return static_cast<size_t>(received);
    if (!WouldBlock()) return SystemError("recv");
    if (auto done = WaitFor(fd(), POLLIN, deadline); !done) return Failure{done.error()};
  }
}

void ClientConnection::EndSending() {
  if (ssl_ != nullptr) SSL_shutdown(ssl());
  ERR_clear_error();
  if (is_stream()) shutdown(fd(), SHUT_WR);
}

void ClientConnection::Abort() {
  const linger at_once = {1, 0};
  setsockopt(fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ssl_.reset();
  fd_.Close();
}

Endpoint ClientConnection::local() const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  getsockname(fd(), reinterpret_cast<sockaddr*>(&address), &size);
  return Endpoint::FromSockaddr(reinterpret_cast<sockaddr*>(&address));
}

}  // namespace culvert::testing
