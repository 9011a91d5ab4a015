// The relay's one certificate, as clients check it that go by DNS name (TL-03).

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "auth/keys.h"
#include "tests/scenario/peers.h"
#include "tests/scenario/relay_fixture.h"

namespace culvert::testing {
namespace {

struct ContextFree {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using ContextPtr = std::unique_ptr<SSL_CTX, ContextFree>;

class CertificateTest : public RelayFixture {
 protected:
  // A client that trusts the relay's certificate and looks for `name` in it.
  ContextPtr Checking(const char* name) {
    ContextPtr context(SSL_CTX_new(TLS_client_method()));
    EXPECT_EQ(SSL_CTX_load_verify_file(context.get(), certificate().cert_file().c_str()), 1);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    EXPECT_EQ(X509_VERIFY_PARAM_set1_host(SSL_CTX_get0_param(context.get()), name, 0), 1);
    return context;
  }
  ClientResult<TurnClient> Connect(SSL_CTX* context, const std::string& sni) {
    ConnectionSettings settings = SettingsFor(ClientTransport::kTls);
    settings.tls = context;
    settings.server_name = sni;
    return TurnClient::Connect(settings, CredentialsOf("alice"));
  }
};

// TL-03
TEST_F(CertificateTest, ItIsFoundGoodForItsDnsNameWhateverTheSni) {
  StartRelay();
  const ContextPtr context = Checking("localhost");
  for (const char* sni : {"", "localhost", "somewhere.example"}) {
    auto client = Connect(context.get(), sni);
    ASSERT_TRUE(client.ok()) << sni << ": " << client.error().ToString();
    EXPECT_TRUE(client->MappedAddress().ok());
  }
}

// TL-03
TEST_F(CertificateTest, AClientThatLooksForAnotherNameRefusesIt) {
  StartRelay();
  const ContextPtr context = Checking("somewhere.example");
  for (const char* sni : {"", "localhost", "somewhere.example"}) {
    const auto client = Connect(context.get(), sni);
    ASSERT_FALSE(client.ok()) << sni;
    EXPECT_EQ(client.error().failure, ClientFailure::kTls) << client.error().ToString();
  }
}

// CR-31: unless the operator says so, nobody's transport or SNI chooses the realm.
TEST_F(CertificateTest, TheRealmIsTheSameForEveryTransportAndSni) {
  StartRelay();
  const ContextPtr context = Checking("localhost");
  const auto realm_told = [](ClientResult<TurnClient> client) -> std::string {
    EXPECT_TRUE(client.ok()) << client.error().ToString();
    EXPECT_TRUE(client.ok() && client->Allocate({}).ok());
    return client.ok() ? client->credentials().realm : "";
  };
  EXPECT_EQ(realm_told(Client(ClientTransport::kUdp)), kRealm);
  EXPECT_EQ(realm_told(Client(ClientTransport::kTcp)), kRealm);
  for (const char* sni : {"", "localhost", "somewhere.example"}) {
    EXPECT_EQ(realm_told(Connect(context.get(), sni)), kRealm) << sni;
  }
}

// CR-31: SIP Digest and GBA users on one address come for different names.
TEST_F(CertificateTest, TheSniLeadsToTheRealmThatTheOperatorGaveIt) {
  constexpr const char* kBootstrapping = "3GPP-bootstrapping@naf.home1.net";
  constexpr const char* kSecret = "shared";
  StartRelay([&](config::Options& options) {
    options.realms_of = {{"naf.home1.net", kBootstrapping}};
    options.static_auth_secrets = {kSecret};
    options.use_auth_secret = true;
  });
  const ContextPtr context = Checking("localhost");
  // Good in every realm.
  const std::string user = "4000000000:ue";
  const SecretText password = auth::EphemeralPassword(kSecret, user);
  for (const auto& [sni, realm] :
       {std::pair("naf.home1.net", kBootstrapping), std::pair("NAF.Home1.Net", kBootstrapping),
        std::pair("localhost", kRealm), std::pair("", kRealm)}) {
    ConnectionSettings settings = SettingsFor(ClientTransport::kTls);
    settings.tls = context.get();
    settings.server_name = sni;
    auto client = TurnClient::Connect(settings, {user, std::string(password.view())});
    ASSERT_TRUE(client.ok()) << client.error().ToString();
    EXPECT_TRUE(client->Allocate({}).ok()) << sni;
    EXPECT_EQ(client->credentials().realm, realm) << sni;
  }
}

}  // namespace
}  // namespace culvert::testing
