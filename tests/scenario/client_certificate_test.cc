// Client certificates as a further condition: whose certificate it is must be whose requests come
// (`CA-file`, `client-cert-user`).

#include <openssl/ssl.h>

#include <filesystem>

#include "auth/keys.h"
#include "tests/scenario/peers.h"
#include "tests/scenario/raw_messages.h"
#include "tests/scenario/relay_fixture.h"

namespace culvert::testing {
namespace {

struct SslFree {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using ContextPtr = std::unique_ptr<SSL_CTX, SslFree>;
using SessionPtr = std::unique_ptr<SSL_SESSION, SslFree>;

class ClientCertificateTest : public RelayFixture {
 protected:
  void Start(const Change& change = {}) {
    StartRelay([&](config::Options& options) {
      options.ca_file = trusted_;
      options.client_cert_user = config::CertificateUser::kCommonName;
      if (change) change(options);
    });
  }
  static ContextPtr Showing(const TestCertificate& certificate, int version = 0) {
    ContextPtr context(SSL_CTX_new(TLS_client_method()));
    EXPECT_EQ(SSL_CTX_use_certificate_file(context.get(), certificate.cert_file().c_str(),
                                           SSL_FILETYPE_PEM),
              1);
    EXPECT_EQ(SSL_CTX_use_PrivateKey_file(context.get(), certificate.key_file().c_str(),
                                          SSL_FILETYPE_PEM),
              1);
    if (version != 0) {
      SSL_CTX_set_min_proto_version(context.get(), version);
      SSL_CTX_set_max_proto_version(context.get(), version);
    }
    return context;
  }
  ConnectionSettings Through(SSL_CTX* context, SSL_SESSION* session = nullptr) {
    ConnectionSettings settings = SettingsFor(ClientTransport::kTls);
    settings.tls = context;
    settings.session = session;
    return settings;
  }
  // The code of an Allocate: 0 for success, -1 when no connection came about.
  static int Allocate(const ConnectionSettings& settings, const ClientCredentials& who) {
    auto client = TurnClient::Connect(settings, who);
    if (!client) return -1;
    client->set_timeout(kPatience);
    const auto allocated = client->Allocate({});
    if (allocated) return 0;
    return allocated.error().failure == ClientFailure::kRefused ? allocated.error().code : -1;
  }
  uint64_t Results(observe::AuthResult result) {
    return Count(
        [result](const observe::WorkerCounters& w) { return w.auth_results[result].value(); });
  }
  // What the relay reads as CA-file.
  void Trust(const TestCertificate& authority) {
    std::filesystem::copy_file(authority.cert_file(), trusted_,
                               std::filesystem::copy_options::overwrite_existing);
  }

  TestCertificate authority_{{.common_name = "authority"}};
  TestCertificate alice_{{.common_name = "alice", .issuer = &authority_}};
  TestCertificate mallory_{{.common_name = "mallory", .issuer = &authority_}};
  const std::string trusted_ = [this] {
    const std::string path = authority_.folder() + "/trusted.pem";
    std::filesystem::copy_file(authority_.cert_file(), path);
    return path;
  }();
};

TEST_F(ClientCertificateTest, AUserIsServedWithHerOwnCertificateOnly) {
  Start();
  const ContextPtr alice = Showing(alice_);
  const ContextPtr mallory = Showing(mallory_);
  EXPECT_EQ(Allocate(Through(alice.get()), CredentialsOf("alice")), 0);
  EXPECT_EQ(Allocate(Through(alice.get()), CredentialsOf("bob")), 401);
  EXPECT_EQ(Allocate(Through(mallory.get()), CredentialsOf("alice")), 401);
  EXPECT_EQ(Results(observe::AuthResult::kUncertified), 2u);
}

// Nobody finds out with a certificate of his own whether he knows another's password.
TEST_F(ClientCertificateTest, WithoutTheRightCertificateNoKeyIsTried) {
  Start();
  const ContextPtr mallory = Showing(mallory_);
  EXPECT_EQ(Allocate(Through(mallory.get()), {"alice", "wrong"}), 401);
  EXPECT_EQ(Results(observe::AuthResult::kUncertified), 1u);
  EXPECT_EQ(Results(observe::AuthResult::kWrongIntegrity), 0u);
}

TEST_F(ClientCertificateTest, ARightCertificateIsNoPassword) {
  Start();
  const ContextPtr alice = Showing(alice_);
  EXPECT_EQ(Allocate(Through(alice.get()), {"alice", "wrong"}), 401);
  EXPECT_EQ(Results(observe::AuthResult::kWrongIntegrity), 1u);
}

TEST_F(ClientCertificateTest, WithoutTlsNobodyIsServedButForBinding) {
  Start();
  for (const auto transport : {ClientTransport::kUdp, ClientTransport::kTcp}) {
    EXPECT_EQ(Allocate(SettingsFor(transport), CredentialsOf("alice")), 401);
    auto client = Client(transport);
    ASSERT_TRUE(client.ok()) << client.error().ToString();
    EXPECT_TRUE(client->MappedAddress().ok());
  }
}

// What a TURN REST name says besides the user is not the certificate's matter.
TEST_F(ClientCertificateTest, TheNameOfTurnRestIsTakenWithoutItsDate) {
  constexpr const char* kSecret = "shared";
  Start([](config::Options& options) {
    options.users.clear();
    options.static_auth_secrets = {kSecret};
    options.use_auth_secret = true;
  });
  const ContextPtr alice = Showing(alice_);
  for (const auto& [user, code] :
       {std::pair("4000000000:alice", 0), std::pair("4000000000:bob", 401)}) {
    const SecretText password = auth::EphemeralPassword(kSecret, user);
    EXPECT_EQ(Allocate(Through(alice.get()), {user, std::string(password.view())}), code) << user;
  }
}

// RFC 6062 section 4.4: a data connection is a connection of its own.
TEST_F(ClientCertificateTest, DataConnectionsNeedTheCertificate) {
  Start();
  const ContextPtr alice = Showing(alice_);
  const ContextPtr mallory = Showing(mallory_);
  auto control = TurnClient::Connect(Through(alice.get()), CredentialsOf("alice"));
  ASSERT_TRUE(control.ok()) << control.error().ToString();
  control->set_timeout(kPatience);
  ASSERT_TRUE(control->Allocate({.transport = stun::kTransportTcp}).ok());
  PeerListener listener;
  ASSERT_TRUE(control->CreatePermission({&listener.address(), 1}).ok());
  const auto id = control->ConnectToPeer(listener.address());
  ASSERT_TRUE(id.ok()) << id.error().ToString();
  auto peer = listener.Accept();
  ASSERT_TRUE(peer.ok()) << peer.error().ToString();
  const auto stolen = control->BindDataConnection(*id, Through(mallory.get()));
  ASSERT_FALSE(stolen.ok());
  EXPECT_EQ(stolen.error().code, 401);
  auto data = control->BindDataConnection(*id, Through(alice.get()));
  ASSERT_TRUE(data.ok()) << data.error().ToString();
  const auto bytes = Pattern(1000);
  ASSERT_TRUE(data->Send(bytes, kPatience).ok());
  EXPECT_EQ(Difference(*peer, bytes), "");
}

class ClientTickets : public ClientCertificateTest, public ::testing::WithParamInterface<int> {
 protected:
  // A connection of alice that stays, and the ticket that came with it.
  void ConnectAlice() {
    client_context_ = Showing(alice_, GetParam());
    auto client = TurnClient::Connect(Through(client_context_.get()), CredentialsOf("alice"));
    ASSERT_TRUE(client.ok()) << client.error().ToString();
    client->set_timeout(kPatience);
    ASSERT_TRUE(client->Allocate({}).ok());
    ticket_.reset(SSL_get1_session(client->connection().ssl()));
    ASSERT_EQ(SSL_SESSION_is_resumable(ticket_.get()), 1);
    alices_.emplace(std::move(*client));
  }
  uint64_t Resumed() {
    return Count([](const observe::WorkerCounters& w) {
      return w.tls_handshakes[observe::TlsVersion::kTls12].resumed.value() +
             w.tls_handshakes[observe::TlsVersion::kTls13].resumed.value();
    });
  }

  ContextPtr client_context_;
  SessionPtr ticket_;
  std::optional<TurnClient> alices_;
};

TEST_P(ClientTickets, AResumedSessionIsTheSameClients) {
  Start();
  ASSERT_NO_FATAL_FAILURE(ConnectAlice());
  EXPECT_EQ(Allocate(Through(client_context_.get(), ticket_.get()), CredentialsOf("bob")), 401);
  EXPECT_EQ(Resumed(), 1u);
  // TLS 1.3 wants each ticket to be used once; this one has to do.
  EXPECT_EQ(Allocate(Through(client_context_.get(), ticket_.get()), CredentialsOf("alice")), 0);
  EXPECT_EQ(Resumed(), 2u);
}

TEST_P(ClientTickets, AnotherAuthorityHoldsForNewConnectionsAtOnceWithOrWithoutATicket) {
  Start([](config::Options& options) { options.relay_threads = 1; });
  ASSERT_NO_FATAL_FAILURE(ConnectAlice());
  TestCertificate other({.common_name = "other authority"});
  TestCertificate renewed({.common_name = "alice", .issuer = &other});
  Trust(other);
  ASSERT_FALSE(relay().ReloadTls().has_value());
  // The worker gets its context by letter.
  const ContextPtr with_renewed = Showing(renewed, GetParam());
  ASSERT_TRUE(Eventually(
      [&] { return Allocate(Through(with_renewed.get()), CredentialsOf("alice")) == 0; }));
  EXPECT_EQ(Allocate(Through(client_context_.get()), CredentialsOf("alice")), -1);
  EXPECT_EQ(Allocate(Through(client_context_.get(), ticket_.get()), CredentialsOf("alice")), -1);
  EXPECT_EQ(Resumed(), 0u);
  EXPECT_TRUE(alices_->Refresh(600).ok());
}

INSTANTIATE_TEST_SUITE_P(Versions, ClientTickets, ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const ::testing::TestParamInfo<int>& version) {
                           return version.param == TLS1_3_VERSION ? "tls13" : "tls12";
                         });

}  // namespace
}  // namespace culvert::testing
