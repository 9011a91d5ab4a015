// Two TLS sessions joined in memory: what one writes the other reads, without sockets, threads or
// time.
#pragma once

#include <openssl/ssl.h>

#include <string>
#include <vector>

#include "server/net/tls_context.h"

namespace culvert::testing {

// What a test client is made of; zero and empty mean OpenSSL's defaults.
struct TlsClientSettings {
  int lowest_version = 0;
  int highest_version = 0;
  std::string cipher_list{};   // TLS 1.2 and below
  std::string ciphersuites{};  // TLS 1.3
  std::string groups{};
  std::vector<std::string> alpn{};
  std::string cert_file{};  // with key_file: the client's own certificate
  std::string key_file{};
  bool datagram = false;
};

// A client session that checks no names and keeps the newest ticket for `session()`.
class TlsClient {
 public:
  explicit TlsClient(const TlsClientSettings& settings);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  SSL* ssl() { return ssl_.get(); }
  // Offers `session`, which another client kept, for resumption. Before the handshake.
  void Resume(SSL_SESSION* session);
  // The newest session that can be resumed, null when there is none. Owned by this client.
  SSL_SESSION* session() { return session_; }

 private:
  static int KeepSession(SSL* ssl, SSL_SESSION* session);

  net::SslContextPtr context_;
  net::SslPtr ssl_;
  SSL_SESSION* session_ = nullptr;
};

struct PumpResult {
  bool client_done = false;
  bool server_done = false;
  std::string client_error{};  // OpenSSL's reason, empty if there was no error
  std::string server_error{};

  bool done() const { return client_done && server_done; }
};

// Joins both with memory BIOs and moves bytes until both handshakes are done, one fails or nothing
// moves any more. Afterwards tickets of TLS 1.3 have arrived.
PumpResult PumpHandshake(SSL* client, SSL* server);

// Moves what `from` writes to `to`, and returns what comes out; the handshake must be done.
std::string PumpText(SSL* from, SSL* to, const std::string& text);

}  // namespace culvert::testing
