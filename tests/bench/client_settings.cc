#include "tests/bench/client_settings.h"

#include <atomic>
#include <memory>

namespace culvert::bench {
namespace {

constexpr size_t kReadAhead = size_t{64} << 10;

struct SessionDeleter {
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};

// TLS 1.3 tickets come with the first bytes that are read, TLS 1.2's within the handshake; both end
// up here. The latest is offered: RFC 8446 appendix C.4 wants a ticket used once.
thread_local std::unique_ptr<SSL_SESSION, SessionDeleter> latest_session;

int KeepSession(SSL*, SSL_SESSION* session) {
  latest_session.reset(session);
  return 1;
}

int VersionNumber(TlsVersion version) {
  return version == TlsVersion::k12 ? TLS1_2_VERSION : TLS1_3_VERSION;
}

// Macros that cast in the old style, said in full.
void SetVersion(SSL_CTX* context, TlsVersion version) {
  if (version == TlsVersion::kAny) return;
  SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, VersionNumber(version), nullptr);
  SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_PROTO_VERSION, VersionNumber(version), nullptr);
}

SSL_CTX* MakeTlsContext(const Options& options) {
  SSL_CTX* made = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_verify(made, SSL_VERIFY_NONE, nullptr);
  SSL_CTX_ctrl(made, SSL_CTRL_SET_READ_AHEAD, 1, nullptr);
  SSL_CTX_set_default_read_buffer_len(made, kReadAhead);
  SetVersion(made, options.tls_version);
  if (options.resume) {
    SSL_CTX_ctrl(made, SSL_CTRL_SET_SESS_CACHE_MODE,
                 SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL, nullptr);
    SSL_CTX_sess_set_new_cb(made, KeepSession);
  }
  return made;
}

}  // namespace

testing::ConnectionSettings ClientSettings(const Options& options) {
  static SSL_CTX* const context = MakeTlsContext(options);
  testing::ConnectionSettings settings;
  settings.transport = options.transport;
  settings.server = options.server;
  settings.tls = context;
  settings.session = latest_session.get();
  return settings;
}

std::optional<IpAddress> NextSource(const Endpoint& server) {
  static std::atomic<uint32_t> count = 0;
  if (!server.ip().is_v4() || !server.ip().is_loopback()) return std::nullopt;
  const uint32_t n = count.fetch_add(1);
  return IpAddress::V4(127, static_cast<uint8_t>(1 + (n / 62500) % 254),
                       static_cast<uint8_t>(1 + (n / 250) % 250),
                       static_cast<uint8_t>(1 + n % 250));
}

bool IsResumed(const testing::ClientConnection& connection) {
  return connection.ssl() != nullptr && SSL_session_reused(connection.ssl()) == 1;
}

}  // namespace culvert::bench
