// TLS towards Redis: who is trusted, and under which name.

#include <gtest/gtest.h>

#include <string>

#include "server/redis/connection_string.h"
#include "tests/redis/client_fixture.h"
#include "tests/support/redis_process.h"
#include "tests/support/test_certificate.h"

namespace culvert::redis {
namespace {

using testing::RedisProcess;
using testing::TestCertificate;

class TlsTest : public ClientFixture {
 protected:
  void StartServer(std::vector<std::string> lines = {}) {
    ASSERT_EQ(redis_.Start({.lines = std::move(lines), .certificate = &certificate_}), "");
  }
  std::string Tls() const { return redis_.connection_string() + " tls=true"; }
  std::string Refused(const std::string& why) const {
    return "down: " + redis_.address().ToString() + ": the server's certificate is refused: " + why;
  }

  const TestCertificate certificate_{{.common_name = "redis.test"}};
  RedisProcess redis_;
};

TEST_F(TlsTest, ATrustedCertificateOfTheRightNameIsTaken) {
  StartServer();
  const auto client = Connect(Tls() + " sni=redis.test ca=" + certificate_.cert_file());
  const std::string value(100'000, 'x');
  EXPECT_EQ(Text(*client, {"SET", "a", value}), "OK");
  EXPECT_EQ(Text(*client, {"GET", "a"}), value);
}

TEST_F(TlsTest, AnUnknownAuthorityIsRefused) {
  StartServer();
  const TestCertificate other;
  const auto client = MakeClient(Tls() + " sni=redis.test ca=" + other.cert_file());
  EXPECT_EQ(Text(*client, {"PING"}), Refused("self-signed certificate"));
}

TEST_F(TlsTest, WithoutAnAuthorityTheSystemsAreAsked) {
  StartServer();
  const auto client = MakeClient(Tls() + " sni=redis.test");
  EXPECT_EQ(Text(*client, {"PING"}), Refused("self-signed certificate"));
}

TEST_F(TlsTest, AWrongNameIsRefused) {
  StartServer();
  const auto client = MakeClient(Tls() + " sni=other.test ca=" + certificate_.cert_file());
  EXPECT_EQ(Text(*client, {"PING"}), Refused("hostname mismatch"));
}

TEST_F(TlsTest, AnAddressMustBeInTheCertificateWhereNoNameIsGiven) {
  StartServer();
  const auto client = MakeClient(Tls() + " ca=" + certificate_.cert_file());
  EXPECT_EQ(Text(*client, {"PING"}), Refused("IP address mismatch"));
}

TEST_F(TlsTest, TheOperatorMaySwitchTheChecksOff) {
  StartServer();
  const auto client = Connect(Tls() + " verify=none");
  EXPECT_EQ(Text(*client, {"PING"}), "PONG");
}

TEST_F(TlsTest, AServerThatWantsACertificateIsShownOne) {
  StartServer({"tls-auth-clients yes"});
  const std::string checked = Tls() + " sni=redis.test ca=" + certificate_.cert_file();
  const auto stranger = MakeClient(checked);
  const CallResult refused = Ask(*stranger, {"PING"});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, CallError::Kind::kDown);
  const auto client = Connect(checked + " cert=" + certificate_.cert_file() +
                              " clientkey=" + certificate_.key_file());
  EXPECT_EQ(Text(*client, {"PING"}), "PONG");
}

TEST_F(TlsTest, AServerThatSpeaksNoTlsIsGivenUp) {
  ASSERT_EQ(redis_.Start(), "");
  // It takes the handshake for the beginning of a line.
  const auto client = MakeClient(Tls() + " verify=none connect_timeout=0.3");
  EXPECT_EQ(Text(*client, {"PING"}),
            "down: " + redis_.address().ToString() + ": no answer in time");
}

TEST_F(TlsTest, AFileThatCannotBeReadIsNamed) {
  const auto settings = ParseConnectionString("tls=true ca=/nowhere/ca.pem");
  ASSERT_TRUE(settings.ok());
  const auto client = Client::Make(loop_, wheel_, settings.value(), observe::Log::Nowhere());
  ASSERT_FALSE(client.ok());
  EXPECT_TRUE(client.error().starts_with("ca=/nowhere/ca.pem cannot be used: ")) << client.error();
}

}  // namespace
}  // namespace culvert::redis
