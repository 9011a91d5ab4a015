// One connection of a test client to a server over UDP, TCP or TLS: every call waits, no longer
// than its timeout. The socket itself never blocks, so that a load generator may take it over and
// poll.
//
// Owner and thread: whoever made it; not shared.
#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "server/base/address.h"
#include "server/base/bytes.h"
#include "server/base/time.h"
#include "server/net/fd.h"
#include "tests/support/client_result.h"

namespace culvert::testing {

enum class ClientTransport : uint8_t { kUdp, kTcp, kTls };
const char* ClientTransportName(ClientTransport transport);

using SteadyTime = std::chrono::steady_clock::time_point;

struct ConnectionSettings {
  ClientTransport transport = ClientTransport::kUdp;
  Endpoint server{};
  milliseconds timeout = seconds(5);  // for connecting and the TLS handshake together
  // Where to connect from; the kernel chooses what is unset. A port that is set may be shared with
  // other sockets of the test, and may have been in use a moment ago.
  std::optional<IpAddress> from{};
  uint16_t from_port = 0;
  // TLS only. Borrowed, may be shared by connections of all threads; null: a context that checks no
  // certificate and offers what OpenSSL offers.
  SSL_CTX* tls = nullptr;
  std::string server_name{};  // SNI, none when empty
  // TLS only. Offered to be resumed; borrowed until connected. Null: a full handshake.
  SSL_SESSION* session = nullptr;
};

class ClientConnection {
 public:
  static ClientResult<ClientConnection> Open(const ConnectionSettings& settings);
  // Takes a TCP socket that is connected and does not block, such as one that was accepted.
  static ClientConnection Adopt(net::Fd socket);

  ClientConnection(ClientConnection&&) = default;
  ClientConnection& operator=(ClientConnection&&) = default;
  // Ends a TLS session with close_notify if that can be sent without waiting, and closes.
  ~ClientConnection();

  // Sends all of `bytes`; over UDP as one datagram.
  ClientResult<Ok> Send(ByteView bytes, milliseconds timeout);
  // The next datagram, or at least one byte of the stream. A datagram longer than `buffer` is cut.
  ClientResult<size_t> Receive(MutableBytes buffer, milliseconds timeout);
  // Exactly as many bytes of the stream as `buffer` has room for.
  ClientResult<Ok> ReceiveAll(MutableBytes buffer, milliseconds timeout);

  // Says that nothing more will be sent: close_notify and FIN. Receiving goes on.
  void EndSending();
  // Closes with RST instead of FIN, without close_notify.
  void Abort();

  ClientTransport transport() const { return transport_; }
  bool is_stream() const { return transport_ != ClientTransport::kUdp; }
  int fd() const { return fd_.get(); }
  // Null unless the transport is TLS.
  SSL* ssl() const { return ssl_.get(); }
  Endpoint local() const;

 private:
  struct SslDeleter {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  explicit ClientConnection(ClientTransport transport) : transport_(transport) {}
  ClientResult<Ok> ConnectSocket(const ConnectionSettings& settings, SteadyTime deadline);
  ClientResult<Ok> Handshake(const ConnectionSettings& settings, SteadyTime deadline);
  ClientResult<size_t> SendSome(ByteView bytes, SteadyTime deadline);
  ClientResult<size_t> ReceiveSome(MutableBytes buffer, SteadyTime deadline);
  // Waits for what OpenSSL's `result` asks for; the reason when it asks for nothing more.
  ClientResult<Ok> WaitForTls(int result, SteadyTime deadline);

  ClientTransport transport_;
  net::Fd fd_;
  std::unique_ptr<SSL, SslDeleter> ssl_;  // behind fd_: freed before the socket is closed
};

}  // namespace culvert::testing
