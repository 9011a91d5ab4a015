// What TLS and DTLS sessions of this server have in common: certificate, suites, ticket keys.
//
// A context is made at start and at every reload of the certificate; sessions keep the one they
// were made from, so a reload disturbs none of them. Any thread may call `NewSession` on one
// context at the same time; a session itself belongs to one thread.
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "server/base/result.h"
#include "server/base/time.h"

namespace culvert::net {

struct SslDeleter {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslPtr = std::unique_ptr<SSL, SslDeleter>;
using SslContextPtr = std::unique_ptr<SSL_CTX, SslDeleter>;

// Empty strings mean: not given. Files are PEM.
struct TlsSettings {
  std::string cert_file;      // the server's certificate, then the intermediates
  std::string pkey_file;      // empty: the key is in cert_file
  std::string pkey_password;  // for an encrypted key
  std::string cipher_list;    // names for TLS 1.3 and 1.2 in one list, as coturn takes it
  std::string dh_file;  // empty: parameters of RFC 7919 size, fitting the certificate's strength
  std::string ec_curve_name;  // one name or a list with colons; empty: X25519:P-256:P-384
  std::string ca_file;        // clients must show a certificate of these authorities
  bool tls_1_2 = true;        // false: streams speak TLS 1.3 only. DTLS is always 1.2, the last
                              // that OpenSSL 3.0 knows
  bool kernel_tls = false;    // streams note their keys for the kernel, which offers to use them
};

// What session tickets are sealed with: key name (16 bytes), HMAC key (32), AES-256 key (32). Every
// context of a process gets the same, so that a ticket of one worker, or of before a reload, saves
// the full handshake on all of them. Who has these bytes can read recorded TLS 1.2 sessions.
struct TicketKeys {
  std::array<uint8_t, 80> bytes;

  static TicketKeys Random();
};

// The name that the client's ClientHello asked for; empty for none, or for no session. Lives as
// long as the session.
std::string_view ServerNameOf(const SSL* ssl);

class TlsContext {
 public:
  enum class Kind : uint8_t { kStream, kDatagram };

  // Tickets are good for so long. More saves handshakes of clients that come back late, less
  // lessens what a stolen ticket key opens.
  static constexpr seconds kTicketLifetime{7200};

  // On failure the text names the option, the file, and what to do about it.
  static Result<std::shared_ptr<TlsContext>, std::string> Load(const TlsSettings& settings,
                                                               const TicketKeys& ticket_keys,
                                                               Kind kind);

  // A server session in accept state, without BIOs; null when memory is out.
  //
  // For streams: SSL_write takes everything it is given when the BIO under it does, and one call
  // makes as many records as it needs. An idle session holds no record buffers. Read-ahead is off:
  // OpenSSL then takes from the BIO exactly the bytes of the record it works on, so what is left
  // of a network read stays in the BIO, where the caller can see it.
  SslPtr NewSession() const;

  // Until when the server's certificate is valid.
  WallTime certificate_expiry() const { return certificate_expiry_; }
  Kind kind() const { return kind_; }

 private:
  TlsContext(SslContextPtr context, Kind kind, WallTime certificate_expiry)
      : context_(std::move(context)), kind_(kind), certificate_expiry_(certificate_expiry) {}

  SslContextPtr context_;
  Kind kind_;
  WallTime certificate_expiry_;
};

}  // namespace culvert::net
