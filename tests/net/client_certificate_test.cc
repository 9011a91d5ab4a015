#include "server/net/client_certificate.h"

#include <gtest/gtest.h>

#include <string>

#include "server/net/tls_context.h"
#include "tests/support/test_certificate.h"
#include "tests/support/tls_pump.h"

namespace culvert::net {
namespace {

using testing::PumpHandshake;
using testing::TestCertificate;
using testing::TlsClient;
using testing::TlsClientSettings;

const WallTime kToday = std::chrono::floor<seconds>(std::chrono::system_clock::now());

class ClientCertificateTest : public ::testing::Test {
 protected:
  std::shared_ptr<TlsContext> Context(const std::string& ca_file) {
    TlsSettings settings;
    settings.cert_file = server_.cert_file();
    settings.pkey_file = server_.key_file();
    settings.ca_file = ca_file;
    auto context = TlsContext::Load(settings, tickets_, TlsContext::Kind::kStream);
    EXPECT_TRUE(context.ok()) << context.error();
    return context.ok() ? *context : nullptr;
  }
  static TlsClientSettings With(const TestCertificate& certificate, int version) {
    return {.lowest_version = version,
            .highest_version = version,
            .cert_file = certificate.cert_file(),
            .key_file = certificate.key_file()};
  }
  // The server's session of a client that has shown `certificate`.
  SslPtr SessionWith(const TestCertificate& certificate) {
    TlsClient client(With(certificate, TLS1_3_VERSION));
    SslPtr server = Context(authority_.cert_file())->NewSession();
    EXPECT_TRUE(PumpHandshake(client.ssl(), server.get()).done());
    return server;
  }

  const TicketKeys tickets_ = TicketKeys::Random();
  TestCertificate server_;
  TestCertificate authority_{{.common_name = "authority"}};
  TestCertificate alice_{
      {.common_name = "Alice.example.org",
       .more_names = "DNS:alice,email:alice@example.org,URI:sip:alice@example.org,URI:tel:+1555",
       .issuer = &authority_}};
};

TEST_F(ClientCertificateTest, EachFieldIsLookedAtAlone) {
  const SslPtr session = SessionWith(alice_);
  const auto names = [&](CertificateField field, std::string_view name) {
    return CertificateNames(session.get(), field, {name}, kToday);
  };
  EXPECT_TRUE(names(CertificateField::kCommonName, "Alice.example.org"));
  EXPECT_FALSE(names(CertificateField::kCommonName, "alice"));
  EXPECT_FALSE(names(CertificateField::kCommonName, "alice.example.org"));
  // The first entry is the common name's, the second the certificate's own; no case in DNS.
  EXPECT_TRUE(names(CertificateField::kDns, "alice.EXAMPLE.org"));
  EXPECT_TRUE(names(CertificateField::kDns, "alice"));
  EXPECT_FALSE(names(CertificateField::kDns, "alice@example.org"));
  EXPECT_TRUE(names(CertificateField::kEmail, "alice@example.org"));
  EXPECT_FALSE(names(CertificateField::kEmail, "Alice@example.org"));
  EXPECT_FALSE(names(CertificateField::kEmail, "alice"));
  EXPECT_TRUE(names(CertificateField::kUri, "sip:alice@example.org"));
  EXPECT_TRUE(names(CertificateField::kUri, "alice@example.org"));
  EXPECT_TRUE(names(CertificateField::kUri, "tel:+1555"));
  EXPECT_FALSE(names(CertificateField::kUri, "+1555"));
}

TEST_F(ClientCertificateTest, OneOfTheNamesWillDoAndAnEmptyOneNever) {
  const SslPtr session = SessionWith(alice_);
  EXPECT_TRUE(CertificateNames(session.get(), CertificateField::kDns, {"4000000000:alice", "alice"},
                               kToday));
  EXPECT_FALSE(CertificateNames(session.get(), CertificateField::kDns, {"bob", ""}, kToday));
  const SslPtr of_user_nobody =
      SessionWith(TestCertificate({.more_names = "URI:sip:", .issuer = &authority_}));
  EXPECT_TRUE(CertificateNames(of_user_nobody.get(), CertificateField::kUri, {"sip:"}, kToday));
  EXPECT_FALSE(CertificateNames(of_user_nobody.get(), CertificateField::kUri, {""}, kToday));
}

TEST_F(ClientCertificateTest, ACertificatePastItsDateNamesNobody) {
  const SslPtr session = SessionWith(alice_);
  const auto names = [&](WallTime now) {
    return CertificateNames(session.get(), CertificateField::kDns, {"alice"}, now);
  };
  EXPECT_TRUE(names(kToday + std::chrono::hours(24 * 29)));
  EXPECT_FALSE(names(kToday + std::chrono::hours(24 * 31)));
}

TEST_F(ClientCertificateTest, WithoutTlsOrWithoutACertificateNobodyIsNamed) {
  EXPECT_FALSE(CertificateNames(nullptr, CertificateField::kDns, {"alice"}, kToday));
  TlsClient client({});
  const SslPtr server = Context("")->NewSession();
  ASSERT_TRUE(PumpHandshake(client.ssl(), server.get()).done());
  EXPECT_FALSE(CertificateNames(server.get(), CertificateField::kDns, {"alice"}, kToday));
}

TEST_F(ClientCertificateTest, AResumedSessionHasTheCertificateOfTheFirst) {
  const auto context = Context(authority_.cert_file());
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient first(With(alice_, version));
    const SslPtr before = context->NewSession();
    ASSERT_TRUE(PumpHandshake(first.ssl(), before.get()).done());
    // Has nothing to show but the ticket.
    TlsClient second({.lowest_version = version, .highest_version = version});
    second.Resume(first.session());
    const SslPtr after = context->NewSession();
    ASSERT_TRUE(PumpHandshake(second.ssl(), after.get()).done());
    ASSERT_EQ(SSL_session_reused(after.get()), 1);
    EXPECT_TRUE(CertificateNames(after.get(), CertificateField::kDns, {"alice"}, kToday));
    EXPECT_FALSE(CertificateNames(after.get(), CertificateField::kDns, {"bob"}, kToday));
  }
}

// A ticket does not outlive the trust in who signed the certificate in it.
TEST_F(ClientCertificateTest, NoTicketLeadsFromOneAuthorityToAnother) {
  TestCertificate other({.common_name = "other"});
  TestCertificate bob({.common_name = "bob", .issuer = &other});
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient first(With(bob, version));
    const SslPtr before = Context(other.cert_file())->NewSession();
    ASSERT_TRUE(PumpHandshake(first.ssl(), before.get()).done());
    TlsClient second(With(bob, version));
    second.Resume(first.session());
    const SslPtr after = Context(authority_.cert_file())->NewSession();
    EXPECT_EQ(PumpHandshake(second.ssl(), after.get()).server_error, "certificate verify failed");
  }
}

}  // namespace
}  // namespace culvert::net
