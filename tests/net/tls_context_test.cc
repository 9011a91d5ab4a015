#include "server/net/tls_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <openssl/dh.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>

#include "server/net/tls_suites.h"
#include "tests/support/test_certificate.h"
#include "tests/support/tls_pump.h"

namespace culvert::net {
namespace {

using testing::CertificateRequest;
using ::testing::HasSubstr;
using testing::KeyType;
using testing::PumpHandshake;
using testing::PumpResult;
using testing::PumpText;
using testing::TestCertificate;
using testing::TlsClient;
using testing::TlsClientSettings;

using ContextPtr = std::shared_ptr<TlsContext>;

const TestCertificate& EcCertificate() {
  static const TestCertificate certificate;
  return certificate;
}

const TestCertificate& RsaCertificate() {
  static const TestCertificate certificate(CertificateRequest{.key_type = KeyType::kRsa});
  return certificate;
}

TlsSettings SettingsFor(const TestCertificate& certificate) {
  TlsSettings settings;
  settings.cert_file = certificate.cert_file();
  settings.pkey_file = certificate.key_file();
  return settings;
}

ContextPtr MakeContext(const TlsSettings& settings, const TicketKeys& keys = TicketKeys::Random()) {
  auto context = TlsContext::Load(settings, keys, TlsContext::Kind::kStream);
  EXPECT_TRUE(context.ok()) << context.error();
  return context.ok() ? *context : nullptr;
}

std::string LoadError(const TlsSettings& settings) {
  auto context = TlsContext::Load(settings, TicketKeys::Random(), TlsContext::Kind::kStream);
  return context.ok() ? "" : context.error();
}

TlsClientSettings Only(int version) {
  return {.lowest_version = version, .highest_version = version};
}

// A handshake with one suite, whose name both sides then show.
std::string SuiteChosen(const TlsSettings& settings, const TlsClientSettings& client_settings) {
  ContextPtr context = MakeContext(settings);
  TlsClient client(client_settings);
  SslPtr server = context->NewSession();
  PumpResult result = PumpHandshake(client.ssl(), server.get());
  if (!result.done()) return "failed: " + result.server_error;
  EXPECT_STREQ(SSL_get_cipher_name(client.ssl()), SSL_get_cipher_name(server.get()));
  return SSL_get_cipher_name(server.get());
}

std::string ServerError(const TlsSettings& settings, const TlsClientSettings& client_settings) {
  ContextPtr context = MakeContext(settings);
  TlsClient client(client_settings);
  SslPtr server = context->NewSession();
  PumpResult result = PumpHandshake(client.ssl(), server.get());
  return result.server_done ? "accepted" : result.server_error;
}

// The protocol that ALPN agreed on; "-" for none.
std::string ProtocolAgreed(const TlsClientSettings& client_settings) {
  ContextPtr context = MakeContext(SettingsFor(EcCertificate()));
  TlsClient client(client_settings);
  SslPtr server = context->NewSession();
  PumpResult result = PumpHandshake(client.ssl(), server.get());
  if (!result.done()) return "failed: " + result.server_error;
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(client.ssl(), &name, &size);
  return size == 0 ? "-" : std::string(reinterpret_cast<const char*>(name), size);
}

TEST(TlsContextTest, SpeaksTls13AndTls12) {
  ContextPtr context = MakeContext(SettingsFor(EcCertificate()));
  for (int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
    TlsClient client(Only(version));
    SslPtr server = context->NewSession();
    ASSERT_TRUE(PumpHandshake(client.ssl(), server.get()).done());
    EXPECT_EQ(SSL_version(server.get()), version);
    EXPECT_EQ(PumpText(client.ssl(), server.get(), "ping"), "ping");
    EXPECT_EQ(PumpText(server.get(), client.ssl(), "pong"), "pong");
  }
}

TEST(TlsContextTest, OneWriteOfManyRecordsIsTakenWhole) {
  ContextPtr context = MakeContext(SettingsFor(EcCertificate()));
  TlsClient client({});
  SslPtr server = context->NewSession();
  ASSERT_TRUE(PumpHandshake(client.ssl(), server.get()).done());
  std::string large(100'000, 'x');
  EXPECT_EQ(PumpText(server.get(), client.ssl(), large), large);
}

TEST(TlsContextTest, OldVersionsAreRefused) {
  for (int version : {TLS1_1_VERSION, TLS1_VERSION}) {
    TlsClientSettings old = Only(version);
    old.cipher_list = "ALL:@SECLEVEL=0";
    EXPECT_EQ(ServerError(SettingsFor(RsaCertificate()), old), "unsupported protocol");
  }
}

TEST(TlsContextTest, Tls12IsRefusedWhenOnly13IsAllowed) {
  TlsSettings settings = SettingsFor(EcCertificate());
  settings.tls_1_2 = false;
  EXPECT_EQ(ServerError(settings, Only(TLS1_2_VERSION)), "unsupported protocol");
  EXPECT_EQ(SuiteChosen(settings, Only(TLS1_3_VERSION)).substr(0, 4), "TLS_");
}

// RFC 8656 section 5 names these two for every TURN server.
TEST(TlsContextTest, SpeaksTheSuitesThatTurnDemandsEachAlone) {
  for (const char* suite : {"ECDHE-RSA-AES128-GCM-SHA256", "DHE-RSA-AES128-GCM-SHA256"}) {
    TlsClientSettings client = Only(TLS1_2_VERSION);
    client.cipher_list = suite;
    EXPECT_EQ(SuiteChosen(SettingsFor(RsaCertificate()), client), suite);
  }
}

TEST(TlsContextTest, SuitesWithoutForwardSecrecyOrWithOldCiphersAreRefused) {
  for (const char* suite : {"AES128-GCM-SHA256", "AES128-SHA", "ECDHE-RSA-AES128-SHA",
                            "NULL-SHA256:@SECLEVEL=0", "AECDH-AES128-SHA:@SECLEVEL=0"}) {
    TlsClientSettings client = Only(TLS1_2_VERSION);
    client.cipher_list = suite;
    EXPECT_EQ(ServerError(SettingsFor(RsaCertificate()), client), "no shared cipher") << suite;
  }
}

TEST(TlsContextTest, TheServersOrderOfSuitesWins) {
  TlsClientSettings client = Only(TLS1_2_VERSION);
  client.cipher_list = "DHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";
  EXPECT_EQ(SuiteChosen(SettingsFor(RsaCertificate()), client), "ECDHE-RSA-AES256-GCM-SHA384");
}

TEST(TlsContextTest, AClientThatPutsChaCha20FirstGetsIt) {
  TlsClientSettings client = Only(TLS1_3_VERSION);
  client.ciphersuites = "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256";
  EXPECT_EQ(SuiteChosen(SettingsFor(EcCertificate()), client), "TLS_CHACHA20_POLY1305_SHA256");
}

TEST(TlsContextTest, OneCipherListServesBothVersions) {
  TlsSettings settings = SettingsFor(RsaCertificate());
  settings.cipher_list = "TLS_AES_256_GCM_SHA384:ECDHE-RSA-AES256-GCM-SHA384";
  EXPECT_EQ(SuiteChosen(settings, Only(TLS1_3_VERSION)), "TLS_AES_256_GCM_SHA384");
  EXPECT_EQ(SuiteChosen(settings, Only(TLS1_2_VERSION)), "ECDHE-RSA-AES256-GCM-SHA384");
}

TEST(TlsContextTest, DhParametersFromAFileAreUsed) {
  TlsSettings settings = SettingsFor(RsaCertificate());
  // The group ffdhe2048 of RFC 7919, as `openssl genpkey -genparam` writes it.
  EVP_PKEY_CTX* generator = EVP_PKEY_CTX_new_from_name(nullptr, "DH", nullptr);
  EVP_PKEY* parameters = nullptr;
  ASSERT_EQ(EVP_PKEY_paramgen_init(generator), 1);
  ASSERT_EQ(EVP_PKEY_CTX_set_dh_nid(generator, NID_ffdhe2048), 1);
  ASSERT_EQ(EVP_PKEY_paramgen(generator, &parameters), 1);
  BIO* out = BIO_new(BIO_s_mem());
  ASSERT_EQ(PEM_write_bio_Parameters(out, parameters), 1);
  char* text = nullptr;
  long size = BIO_get_mem_data(out, &text);
  settings.dh_file =
      RsaCertificate().WriteFile("dh.pem", std::string(text, static_cast<size_t>(size)));
  BIO_free(out);
  EVP_PKEY_free(parameters);
  EVP_PKEY_CTX_free(generator);

  TlsClientSettings client = Only(TLS1_2_VERSION);
  client.cipher_list = "DHE-RSA-AES128-GCM-SHA256";
  EXPECT_EQ(SuiteChosen(settings, client), "DHE-RSA-AES128-GCM-SHA256");
}

TEST(TlsContextTest, CurvesAreTheDefaultsOrTheOperators) {
  TlsSettings settings = SettingsFor(EcCertificate());
  TlsClientSettings p521 = Only(TLS1_3_VERSION);
  p521.groups = "P-521";
  EXPECT_EQ(ServerError(settings, p521), "no suitable key share");
  settings.ec_curve_name = "secp521r1";
  EXPECT_EQ(ServerError(settings, p521), "accepted");
  settings.ec_curve_name = "prime256v1";
  TlsClientSettings p256 = Only(TLS1_3_VERSION);
  p256.groups = "P-256";
  EXPECT_EQ(ServerError(settings, p256), "accepted");
}

// Offered alone or among others, RFC 7443.
TEST(TlsContextTest, AlpnStunTurnIsAnswered) {
  EXPECT_EQ(ProtocolAgreed({.alpn = {"stun.turn"}}), "stun.turn");
  EXPECT_EQ(ProtocolAgreed({.alpn = {"http/1.1", "h2", "stun.turn"}}), "stun.turn");
}

TEST(TlsContextTest, AlpnOfOthersIsLetThroughWithoutAnAnswer) {
  EXPECT_EQ(ProtocolAgreed({.alpn = {"http/1.1"}}), "-");
  EXPECT_EQ(ProtocolAgreed({.alpn = {"h2", "stun.turns", "stun.nat-discovery"}}), "-");
  EXPECT_EQ(ProtocolAgreed({}), "-");
}

// Whether a session that a client got from one context is resumed by another.
// SSL_set_tlsext_host_name, whose macro casts in the old style.
void AskFor(std::string name, SSL* client) {
  ASSERT_EQ(SSL_ctrl(client, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()),
            1);
}

bool Resumes(const ContextPtr& first, const ContextPtr& second, const TlsClientSettings& settings) {
  TlsClient before(settings);
  SslPtr server = first->NewSession();
  EXPECT_TRUE(PumpHandshake(before.ssl(), server.get()).done());
  EXPECT_NE(before.session(), nullptr) << "no ticket";
  TlsClient after(settings);
  after.Resume(before.session());
  SslPtr again = second->NewSession();
  PumpResult result = PumpHandshake(after.ssl(), again.get());
  EXPECT_TRUE(result.done()) << result.server_error;
  EXPECT_EQ(SSL_session_reused(after.ssl()), SSL_session_reused(again.get()));
  return SSL_session_reused(again.get()) == 1;
}

TEST(TlsContextTest, ATicketOfOneWorkerResumesOnAnother) {
  TicketKeys keys = TicketKeys::Random();
  ContextPtr first = MakeContext(SettingsFor(EcCertificate()), keys);
  ContextPtr second = MakeContext(SettingsFor(EcCertificate()), keys);
  EXPECT_TRUE(Resumes(first, second, Only(TLS1_2_VERSION)));
  EXPECT_TRUE(Resumes(first, second, Only(TLS1_3_VERSION)));
}

// The name leads to a realm, so it must be there after a resumption, too.
TEST(TlsContextTest, TheNameThatWasAskedForIsKnownAlsoAfterAResumption) {
  const ContextPtr context = MakeContext(SettingsFor(EcCertificate()), TicketKeys::Random());
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient first(Only(version)), second(Only(version)), nameless(Only(version));
    AskFor("naf.home1.net", first.ssl());
    AskFor("naf.home1.net", second.ssl());
    const SslPtr full = context->NewSession();
    ASSERT_TRUE(PumpHandshake(first.ssl(), full.get()).done());
    EXPECT_EQ(ServerNameOf(full.get()), "naf.home1.net");
    second.Resume(first.session());
    const SslPtr resumed = context->NewSession();
    ASSERT_TRUE(PumpHandshake(second.ssl(), resumed.get()).done());
    ASSERT_EQ(SSL_session_reused(resumed.get()), 1);
    EXPECT_EQ(ServerNameOf(resumed.get()), "naf.home1.net");
    const SslPtr unnamed = context->NewSession();
    ASSERT_TRUE(PumpHandshake(nameless.ssl(), unnamed.get()).done());
    EXPECT_EQ(ServerNameOf(unnamed.get()), "");
  }
  EXPECT_EQ(ServerNameOf(nullptr), "");
}

TEST(TlsContextTest, ATicketResumesAfterTheCertificateWasReplaced) {
  TicketKeys keys = TicketKeys::Random();
  ContextPtr before = MakeContext(SettingsFor(EcCertificate()), keys);
  ContextPtr after = MakeContext(SettingsFor(RsaCertificate()), keys);
  EXPECT_TRUE(Resumes(before, after, Only(TLS1_3_VERSION)));
  TestCertificate renewed;
  EXPECT_TRUE(Resumes(before, MakeContext(SettingsFor(renewed), keys), Only(TLS1_2_VERSION)));
}

TEST(TlsContextTest, ATicketOfOtherKeysLeadsToAFullHandshake) {
  ContextPtr first = MakeContext(SettingsFor(EcCertificate()));
  ContextPtr second = MakeContext(SettingsFor(EcCertificate()));
  EXPECT_FALSE(Resumes(first, second, Only(TLS1_2_VERSION)));
  EXPECT_FALSE(Resumes(first, second, Only(TLS1_3_VERSION)));
}

TEST(TlsContextTest, TicketsAllowNoEarlyDataAndLastTwoHours) {
  ContextPtr context = MakeContext(SettingsFor(EcCertificate()));
  TlsClient client(Only(TLS1_3_VERSION));
  SslPtr server = context->NewSession();
  ASSERT_TRUE(PumpHandshake(client.ssl(), server.get()).done());
  ASSERT_NE(client.session(), nullptr);
  EXPECT_EQ(SSL_SESSION_get_max_early_data(client.session()), 0u);
  EXPECT_EQ(SSL_SESSION_get_ticket_lifetime_hint(client.session()), 7200u);
}

TEST(TlsContextTest, RenegotiationIsRefused) {
  ContextPtr context = MakeContext(SettingsFor(EcCertificate()));
  TlsClient client(Only(TLS1_2_VERSION));
  SslPtr server = context->NewSession();
  ASSERT_TRUE(PumpHandshake(client.ssl(), server.get()).done());
  ASSERT_EQ(SSL_renegotiate(client.ssl()), 1);
  EXPECT_EQ(SSL_do_handshake(client.ssl()), -1);  // a ClientHello is on its way
  char byte;
  EXPECT_EQ(SSL_read(server.get(), &byte, 1), -1);  // answers with the alert no_renegotiation
  EXPECT_EQ(SSL_do_handshake(client.ssl()), -1);
  EXPECT_STREQ(ERR_reason_error_string(ERR_get_error()), "no renegotiation");
}

class ClientCertificateTest : public ::testing::Test {
 protected:
  ClientCertificateTest() : user_({.common_name = "user", .issuer = &authority_}) {
    settings_ = SettingsFor(EcCertificate());
    settings_.ca_file = authority_.cert_file();
  }

  TlsClientSettings With(const TestCertificate& certificate, int version) {
    TlsClientSettings client = Only(version);
    client.cert_file = certificate.cert_file();
    client.key_file = certificate.key_file();
    return client;
  }

  TestCertificate authority_{{.common_name = "authority"}};
  TestCertificate user_;
  TestCertificate stranger_{{.common_name = "stranger"}};
  TlsSettings settings_;
};

TEST_F(ClientCertificateTest, OnlyClientsOfTheAuthorityAreAccepted) {
  for (int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    EXPECT_EQ(ServerError(settings_, With(user_, version)), "accepted");
    EXPECT_EQ(ServerError(settings_, With(stranger_, version)), "certificate verify failed");
    EXPECT_EQ(ServerError(settings_, Only(version)), "peer did not return a certificate");
  }
}

TEST_F(ClientCertificateTest, NoTicketLeadsAroundTheAuthority) {
  TicketKeys keys = TicketKeys::Random();
  ContextPtr open = MakeContext(SettingsFor(EcCertificate()), keys);
  ContextPtr guarded = MakeContext(settings_, keys);
  for (int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    EXPECT_TRUE(Resumes(guarded, guarded, With(user_, version)));
    EXPECT_FALSE(Resumes(open, guarded, With(user_, version)));
  }
}

TEST(TlsContextErrorTest, AMissingFileIsNamed) {
  TlsSettings settings = SettingsFor(EcCertificate());
  settings.cert_file = EcCertificate().folder() + "/none.pem";
  EXPECT_EQ(LoadError(settings), "cert " + settings.cert_file +
                                     ": cannot be read: No such file or directory; give the path "
                                     "of an existing PEM file");
}

TEST(TlsContextErrorTest, AFolderIsNoFile) {
  TlsSettings settings = SettingsFor(EcCertificate());
  settings.pkey_file = EcCertificate().folder();
  EXPECT_EQ(LoadError(settings), "pkey " + settings.pkey_file + ": cannot be read: Is a directory");
}

// Takes root's right to read every file away while it lives; changes nothing for other users.
class WithoutRootsRights {
 public:
  WithoutRootsRights() {
    EXPECT_EQ(syscall(SYS_capget, &header_, before_), 0);
    __user_cap_data_struct reduced[2] = {before_[0], before_[1]};
    reduced[0].effective &= ~((1u << CAP_DAC_OVERRIDE) | (1u << CAP_DAC_READ_SEARCH));
    EXPECT_EQ(syscall(SYS_capset, &header_, reduced), 0);
  }
  ~WithoutRootsRights() { EXPECT_EQ(syscall(SYS_capset, &header_, before_), 0); }

 private:
  __user_cap_header_struct header_{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct before_[2]{};
};

TEST(TlsContextErrorTest, AFileWithoutPermissionSaysWhoCannotReadIt) {
  std::string file = EcCertificate().WriteFile("locked.pem", "x");
  ASSERT_EQ(chmod(file.c_str(), 0), 0);
  TlsSettings settings = SettingsFor(EcCertificate());
  settings.pkey_file = file;
  WithoutRootsRights lowered;
  EXPECT_EQ(LoadError(settings), "pkey " + file +
                                     ": cannot be read: Permission denied; make the file and its "
                                     "folders readable for user id " +
                                     std::to_string(geteuid()) + ", which the relay runs as");
}

TEST(TlsContextErrorTest, TextThatIsNoCertificateIsSaid) {
  TlsSettings settings = SettingsFor(EcCertificate());
  settings.cert_file = EcCertificate().WriteFile("text.pem", "hello");
  EXPECT_EQ(LoadError(settings), "cert " + settings.cert_file +
                                     ": holds no certificate that OpenSSL can read (no start "
                                     "line); it must be PEM, beginning with -----BEGIN "
                                     "CERTIFICATE-----");
}

TEST(TlsContextErrorTest, AKeyOfAnotherCertificateIsSaid) {
  TlsSettings settings = SettingsFor(EcCertificate());
  TestCertificate other;
  settings.pkey_file = other.key_file();
  EXPECT_EQ(LoadError(settings),
            "pkey " + other.key_file() + ": does not belong to cert " + settings.cert_file +
                " (key values mismatch); give the key that this certificate was made for");
  settings.pkey_file = RsaCertificate().key_file();
  EXPECT_THAT(LoadError(settings), HasSubstr("(different key types)"));
}

TEST(TlsContextErrorTest, AnEncryptedKeyAsksForItsPassword) {
  TestCertificate sealed({.password = "open sesame"});
  TlsSettings settings = SettingsFor(sealed);
  EXPECT_EQ(LoadError(settings),
            "pkey " + sealed.key_file() + ": the key is encrypted; give its password as pkey-pwd");
  settings.pkey_password = "wrong";
  EXPECT_THAT(LoadError(settings),
              HasSubstr("the key does not open with the password in pkey-pwd ("));
  settings.pkey_password = "open sesame";
  EXPECT_EQ(LoadError(settings), "");
}

TEST(TlsContextErrorTest, WrongListsAndFilesAreNamed) {
  TlsSettings settings = SettingsFor(EcCertificate());
  settings.cipher_list = "ROT13";
  EXPECT_THAT(LoadError(settings), HasSubstr("cipher-list ROT13: OpenSSL knows none of these"));
  settings = SettingsFor(EcCertificate());
  settings.ec_curve_name = "P-257";
  EXPECT_THAT(LoadError(settings), HasSubstr("ec-curve-name P-257: OpenSSL does not know"));
  settings = SettingsFor(EcCertificate());
  settings.dh_file = EcCertificate().cert_file();
  EXPECT_THAT(LoadError(settings), HasSubstr("holds no DH parameters"));
  settings = SettingsFor(EcCertificate());
  settings.ca_file = EcCertificate().key_file();
  EXPECT_THAT(LoadError(settings),
              HasSubstr("CA-file " + EcCertificate().key_file() + ": holds no"));
}

TEST(TlsContextTest, KeyAndCertificateMayShareAFile) {
  auto read = [](const std::string& file) {
    std::ifstream in(file);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  TlsSettings settings;
  settings.cert_file = EcCertificate().WriteFile(
      "both.pem", read(EcCertificate().key_file()) + read(EcCertificate().cert_file()));
  EXPECT_EQ(LoadError(settings), "");
}

TEST(TlsContextTest, KnowsWhenTheCertificateEnds) {
  ContextPtr context = MakeContext(SettingsFor(EcCertificate()));
  auto left = context->certificate_expiry() -
              std::chrono::time_point_cast<seconds>(std::chrono::system_clock::now());
  EXPECT_GT(left, std::chrono::hours(24 * 29));
  EXPECT_LE(left, std::chrono::hours(24 * 30));
}

TEST(TlsSuitesTest, AListIsSplitByVersion) {
  SuiteLists split = SplitCipherList(
      "TLS_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 HIGH:!aNULL", {"a", "b"});
  EXPECT_EQ(split.tls_1_3, "TLS_AES_128_GCM_SHA256");
  EXPECT_EQ(split.tls_1_2, "ECDHE-RSA-AES128-GCM-SHA256:HIGH:!aNULL");
}

TEST(TlsSuitesTest, ASideThatIsNotMentionedKeepsItsDefaults) {
  EXPECT_EQ(SplitCipherList("HIGH", {"a", "b"}).tls_1_3, "b");
  EXPECT_EQ(SplitCipherList("TLS_AES_128_GCM_SHA256", {"a", "b"}).tls_1_2, "a");
  EXPECT_EQ(SplitCipherList("@SECLEVEL=1", {"a", "b"}).tls_1_2, "a:@SECLEVEL=1");
}

TEST(TlsSuitesTest, AesComesFirstWhereTheProcessorComputesIt) {
  EXPECT_THAT(DefaultSuites(true).tls_1_2, ::testing::StartsWith("ECDHE-ECDSA-AES128-GCM-SHA256:"));
  EXPECT_THAT(DefaultSuites(true).tls_1_3, ::testing::StartsWith("TLS_AES_128_GCM_SHA256:"));
  EXPECT_THAT(DefaultSuites(false).tls_1_2,
              ::testing::StartsWith("ECDHE-ECDSA-CHACHA20-POLY1305:"));
  EXPECT_THAT(DefaultSuites(false).tls_1_3, ::testing::StartsWith("TLS_CHACHA20_POLY1305_SHA256:"));
}

}  // namespace
}  // namespace culvert::net
