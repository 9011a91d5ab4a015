// TLS over several workers: sessions resume wherever the kernel puts the next connection (TL-07),
// and a renewed certificate hurts nobody who is connected.

#include <openssl/ssl.h>

#include "tests/scenario/peers.h"
#include "tests/scenario/relay_fixture.h"
#include "tests/support/turn_request.h"

namespace culvert::testing {
namespace {

struct SslFree {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using ContextPtr = std::unique_ptr<SSL_CTX, SslFree>;
using SessionPtr = std::unique_ptr<SSL_SESSION, SslFree>;

class TlsSessionsTest : public RelayFixture, public ::testing::WithParamInterface<int> {
 protected:
  // A context of one version whose newest ticket is kept in kept_, and offered where set.
  ContextPtr Context() {
    ContextPtr context(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_min_proto_version(context.get(), GetParam());
    SSL_CTX_set_max_proto_version(context.get(), GetParam());
    SSL_CTX_set_session_cache_mode(context.get(),
                                   SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_set_app_data(context.get(), this);
    SSL_CTX_sess_set_new_cb(context.get(), [](SSL* ssl, SSL_SESSION* session) {
      auto* test = static_cast<TlsSessionsTest*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
      test->kept_.reset(session);
      return 1;
    });
    return context;
  }

  // The relay's own view: handshakes that were resumed.
  uint64_t Resumed() {
    const auto version =
        GetParam() == TLS1_3_VERSION ? observe::TlsVersion::kTls13 : observe::TlsVersion::kTls12;
    return Count([version](const observe::WorkerCounters& w) {
      return w.tls_handshakes[version].resumed.value();
    });
  }

  // A connection over raw OpenSSL that offers the kept ticket; true when it was taken.
  void ConnectAndAsk(SSL_CTX* context, bool* resumed) {
    auto raw = ClientConnection::Open(SettingsFor(ClientTransport::kTcp));
    ASSERT_TRUE(raw.ok()) << raw.error().ToString();
    SSL* ssl = SSL_new(context);
    const std::unique_ptr<SSL, decltype(&SSL_free)> owned(ssl, SSL_free);
    SessionPtr offered = std::move(kept_);
    if (offered != nullptr) {
      ASSERT_EQ(SSL_set_session(ssl, offered.get()), 1);
    }
    BIO* in = BIO_new(BIO_s_mem());
    BIO* out = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl, in, out);
    std::vector<uint8_t> piece(65536);
    const auto exchange = [&](auto step) {
      for (;;) {
        const int result = step();
        for (int n; (n = BIO_read(out, piece.data(), static_cast<int>(piece.size()))) > 0;) {
          ASSERT_TRUE(raw->Send(ByteView(piece).first(static_cast<size_t>(n)), kPatience).ok());
        }
        if (result > 0) return;
        ASSERT_EQ(SSL_get_error(ssl, result), SSL_ERROR_WANT_READ);
        const auto got = raw->Receive(piece, kPatience);
        ASSERT_TRUE(got.ok()) << got.error().ToString();
        BIO_write(in, piece.data(), static_cast<int>(*got));
      }
    };
    ASSERT_NO_FATAL_FAILURE(exchange([ssl] { return SSL_connect(ssl); }));
    // TL-07: resumption is no authentication.
    const auto request = TurnRequest(stun::Method::kAllocate).Transport(17).bytes();
    ASSERT_NO_FATAL_FAILURE(
        exchange([&] { return SSL_write(ssl, request.data(), static_cast<int>(request.size())); }));
    uint8_t answer[1024];
    ASSERT_NO_FATAL_FAILURE(exchange([&] { return SSL_read(ssl, answer, sizeof answer); }));
    EXPECT_EQ(LoadBig16(answer), 0x0113);
    *resumed = SSL_session_reused(ssl) == 1;
    // TLS 1.2 goes on with the ticket that it has.
    if (kept_ == nullptr) kept_ = std::move(offered);
    // Else OpenSSL thinks that the connection broke, and its ticket is not to be used again.
    SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN);
  }

  SessionPtr kept_;
};

TEST_P(TlsSessionsTest, TwentyConnectionsOverAllWorkersResume) {
  StartRelay();
  ContextPtr context = Context();
  bool resumed = false;
  ASSERT_NO_FATAL_FAILURE(ConnectAndAsk(context.get(), &resumed));
  EXPECT_FALSE(resumed);
  for (int i = 0; i < 20; ++i) {
    ASSERT_NE(kept_, nullptr);
    ASSERT_NO_FATAL_FAILURE(ConnectAndAsk(context.get(), &resumed));
    EXPECT_TRUE(resumed) << i;
  }
  EXPECT_EQ(Resumed(), 20u);
}

TEST_P(TlsSessionsTest, ARenewedCertificateHurtsNoSession) {
  StartRelay();
  ContextPtr context = Context();
  ConnectionSettings settings = SettingsFor(ClientTransport::kTls);
  settings.tls = context.get();
  auto before = TurnClient::Connect(settings, CredentialsOf("alice"));
  ASSERT_TRUE(before.ok()) << before.error().ToString();
  ASSERT_TRUE(before->Allocate({.transport = stun::kTransportTcp}).ok());
  PeerListener listener;
  auto path = OpenPath(*before, listener);
  ASSERT_TRUE(path.ok()) << path.error().ToString();
  for (int i = 0; i < 5; ++i) ASSERT_FALSE(relay().ReloadTls().has_value());
  const auto bytes = Pattern(100000);
  ASSERT_TRUE(path->peer.Send(bytes, kPatience).ok());
  EXPECT_EQ(Difference(path->client, bytes), "");
  EXPECT_TRUE(before->Refresh(600).ok());
  // Tickets of before are still good, and new connections work.
  PeerListener second;
  auto path_after = OpenPath(*before, second);
  ASSERT_TRUE(path_after.ok()) << path_after.error().ToString();
  bool resumed = false;
  ASSERT_NE(kept_, nullptr);
  ASSERT_NO_FATAL_FAILURE(ConnectAndAsk(context.get(), &resumed));
  EXPECT_TRUE(resumed);
}

INSTANTIATE_TEST_SUITE_P(Versions, TlsSessionsTest,
                         ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const ::testing::TestParamInfo<int>& version) {
                           return version.param == TLS1_3_VERSION ? "tls13" : "tls12";
                         });

}  // namespace
}  // namespace culvert::testing
