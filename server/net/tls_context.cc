#include "server/net/tls_context.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include <cstdlib>
#include <ctime>
#include <string_view>

#include "server/base/bytes.h"
#include "server/net/dtls_cookie.h"
#include "server/net/tls_files.h"
#include "server/net/tls_suites.h"

namespace culvert::net {
namespace {

using SetupError = std::optional<std::string>;

constexpr char kDefaultGroups[] = "X25519:P-256:P-384";
constexpr std::string_view kTurnProtocol = "stun.turn";  // RFC 7443 section 4

// Names what this server speaks where the client offers it. An offer without it is let through
// without an answer, never refused: Firefox offers http/1.1 inside an HTTP proxy's tunnel and
// speaks TURN all the same.
int SelectProtocol(SSL* /*session*/, const unsigned char** out, unsigned char* out_size,
                   const unsigned char* offered, unsigned int size, void* /*unused*/) {
  ByteView rest(offered, size);
  while (!rest.empty() && rest.size() > rest[0]) {
    ByteView name = rest.subspan(1, rest[0]);
    if (AsText(name) == kTurnProtocol) {
      *out = name.data();
      *out_size = static_cast<unsigned char>(name.size());
      return SSL_TLSEXT_ERR_OK;
    }
    rest = rest.subspan(1 + name.size());
  }
  return SSL_TLSEXT_ERR_NOACK;
}

bool SetVersions(SSL_CTX* context, const TlsSettings& settings, TlsContext::Kind kind) {
  if (kind == TlsContext::Kind::kDatagram) {
    return SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(context, DTLS1_2_VERSION) == 1;
  }
  int lowest = settings.tls_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION;
  return SSL_CTX_set_min_proto_version(context, lowest) == 1 &&
         SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1;
}

// Whatever name is asked for, there is one certificate. Taking the name has OpenSSL keep it in the
// session: without that a resumed session of TLS 1.2 would have none.
int TakeServerName(SSL*, int*, void*) {
  return SSL_TLSEXT_ERR_OK;
}

// RFC 8656 section 5 and RFC 9325: the server's order of suites, no compression, no renegotiation.
// A client that puts ChaCha20 first has no AES hardware; it is given what costs its battery less.
void SetBehaviour(SSL_CTX* context, TlsContext::Kind kind, bool kernel_tls) {
  SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                   SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 0);
  // SSL_CTX_set_tlsext_servername_callback, whose macro casts in the old style.
  SSL_CTX_callback_ctrl(context, SSL_CTRL_SET_TLSEXT_SERVERNAME_CB,
                        reinterpret_cast<void (*)()>(&TakeServerName));
  if (kind == TlsContext::Kind::kDatagram) {
    // The socket is not OpenSSL's to ask; dtls.cc sets the size of flights.
    SSL_CTX_set_options(context, SSL_OP_NO_QUERY_MTU);
    InstallDtlsCookies(context);
  } else {
    SSL_CTX_set_alpn_select_cb(context, &SelectProtocol, nullptr);
    if (kernel_tls) SSL_CTX_set_options(context, SSL_OP_ENABLE_KTLS);
  }
}

// OpenSSL 3.0 seals the tickets of TLS 1.2, 1.3 and DTLS with these keys as long as no
// ticket key callback is installed. Keys that rotate come in as such a callback
// (SSL_CTX_set_tlsext_ticket_key_evp_cb), here and nowhere else.
bool SetTicketKeys(SSL_CTX* context, const TicketKeys& keys) {
  std::array<uint8_t, 80> bytes = keys.bytes;  // the call takes no const pointer
  bool done = SSL_CTX_set_tlsext_ticket_keys(context, bytes.data(), bytes.size()) == 1;
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return done;
}

// Sessions live in tickets only, no server memory, and never carry early data: Allocate and Connect
// must not be replayed (RFC 8446 section 8).
bool SetResumption(SSL_CTX* context, const TicketKeys& keys, TlsContext::Kind kind) {
  constexpr std::string_view kStreamId = "culvert stream";
  constexpr std::string_view kDatagramId = "culvert datagram";
  ByteView id = AsBytes(kind == TlsContext::Kind::kStream ? kStreamId : kDatagramId);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_timeout(context, TlsContext::kTicketLifetime.count());
  return SSL_CTX_set_session_id_context(context, id.data(), static_cast<unsigned>(id.size())) ==
             1 &&
         SSL_CTX_set_num_tickets(context, 1) == 1 && SSL_CTX_set_max_early_data(context, 0) == 1 &&
         SSL_CTX_set_recv_max_early_data(context, 0) == 1 && SetTicketKeys(context, keys);
}

SetupError SetSuites(SSL_CTX* context, const TlsSettings& settings) {
  SuiteLists lists = DefaultSuites(AesIsFast());
  if (!settings.cipher_list.empty()) lists = SplitCipherList(settings.cipher_list, lists);
  if (SSL_CTX_set_cipher_list(context, lists.tls_1_2.c_str()) != 1) {
    return "cipher-list " + settings.cipher_list + ": OpenSSL knows none of these for TLS 1.2 (" +
           TakeOpenSslReason() + "); `openssl ciphers -v` lists the names";
  }
  if (SSL_CTX_set_ciphersuites(context, lists.tls_1_3.c_str()) != 1) {
    return "cipher-list " + settings.cipher_list + ": OpenSSL refuses the TLS 1.3 suites in it (" +
           TakeOpenSslReason() + ")";
  }
  return std::nullopt;
}

SetupError SetKeyExchange(SSL_CTX* context, const TlsSettings& settings) {
  const std::string groups =
      settings.ec_curve_name.empty() ? kDefaultGroups : settings.ec_curve_name;
  if (SSL_CTX_set1_groups_list(context, groups.c_str()) != 1) {
    TakeOpenSslReason();
    return "ec-curve-name " + groups +
           ": OpenSSL does not know this curve; use names such as X25519, P-256, P-384";
  }
  if (!settings.dh_file.empty()) return UseDhParameters(context, settings);
  SSL_CTX_set_dh_auto(context, 1);
  return std::nullopt;
}

// Files and lists of the operator, in the order in which a person would look for the mistake.
SetupError SetOperatorsChoices(SSL_CTX* context, const TlsSettings& settings) {
  // First, for @SECLEVEL in it decides which keys are long enough.
  if (SetupError error = SetSuites(context, settings)) return error;
  if (SetupError error = UseCertificateAndKey(context, settings)) return error;
  if (SetupError error = SetKeyExchange(context, settings)) return error;
  if (!settings.ca_file.empty()) return UseClientAuthorities(context, settings);
  return std::nullopt;
}

WallTime ExpiryOf(const X509* certificate) {
  std::tm date{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &date) != 1) return WallTime::min();
  return std::chrono::time_point_cast<seconds>(
      std::chrono::system_clock::from_time_t(timegm(&date)));
}

}  // namespace

std::string_view ServerNameOf(const SSL* ssl) {
  if (ssl == nullptr) return {};
  const char* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  return name == nullptr ? std::string_view() : std::string_view(name);
}

TicketKeys TicketKeys::Random() {
  TicketKeys keys;
  // Without randomness there is no security to offer.
  if (RAND_bytes(keys.bytes.data(), static_cast<int>(keys.bytes.size())) != 1) std::abort();
  return keys;
}

Result<std::shared_ptr<TlsContext>, std::string> TlsContext::Load(const TlsSettings& settings,
                                                                  const TicketKeys& ticket_keys,
                                                                  Kind kind) {
  ERR_clear_error();
  SslContextPtr context(
      SSL_CTX_new(kind == Kind::kStream ? TLS_server_method() : DTLS_server_method()));
  if (!context || !SetVersions(context.get(), settings, kind) ||
      !SetResumption(context.get(), ticket_keys, kind)) {
    return Failure{"OpenSSL cannot set up TLS: " + TakeOpenSslReason()};
  }
  SetBehaviour(context.get(), kind, settings.kernel_tls);
  if (SetupError error = SetOperatorsChoices(context.get(), settings)) {
    return Failure{std::move(*error)};
  }
  WallTime expiry = ExpiryOf(SSL_CTX_get0_certificate(context.get()));
  return std::shared_ptr<TlsContext>(new TlsContext(std::move(context), kind, expiry));
}

SslPtr TlsContext::NewSession() const {
  SslPtr session(SSL_new(context_.get()));
  if (session) SSL_set_accept_state(session.get());
  return session;
}

}  // namespace culvert::net
