// The relay's one certificate, as clients check it that go by DNS name (TL-03).

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

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

// CR-31: nobody's transport or SNI chooses the realm.
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

}  // namespace
}  // namespace culvert::testing
