// What single options cannot know. Each test is a whole file.

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "server/config/parse.h"

namespace culvert::config {
namespace {

std::string ErrorOf(std::string_view text) {
  const auto outcome = ParseText("t.conf", text);
  return outcome ? "no error" : outcome.error().message;
}

ParseOutcome Accept(std::string_view text) {
  auto outcome = ParseText("t.conf", text);
  EXPECT_TRUE(outcome.ok()) << outcome.error().message;
  return outcome ? std::move(outcome).value() : ParseOutcome{};
}

using Warnings = std::vector<std::string>;

const char* const kTurnRefused =
    "TURN IS REFUSED, only Binding is answered: there are neither users nor secrets. Set "
    "user=NAME:PASSWORD, static-auth-secret=SECRET or redis-userdb (or no-auth for an open relay)";

TEST(ConsistencyTest, AnEmptyConfigurationIsNotAnOpenRelay) {
  const ParseOutcome outcome = Accept("");
  EXPECT_TRUE(outcome.options.stun_only);
  EXPECT_FALSE(outcome.options.no_auth);
  EXPECT_EQ(outcome.warnings, Warnings{kTurnRefused});
}

TEST(ConsistencyTest, CredentialsWithoutAnyUserAreNotEnough) {
  const ParseOutcome outcome = Accept("lt-cred-mech\nrealm=a\n");
  EXPECT_TRUE(outcome.options.stun_only);
  EXPECT_EQ(outcome.warnings, Warnings{kTurnRefused});
}

TEST(ConsistencyTest, StunOnlyByTheOperatorsWordNeedsNoWarning) {
  EXPECT_EQ(Accept("stun-only").warnings, Warnings{});
}

TEST(ConsistencyTest, AUserOrASecretTurnsTurnOn) {
  const ParseOutcome with_user = Accept("user=bob:secret");
  EXPECT_FALSE(with_user.options.stun_only);
  EXPECT_TRUE(with_user.options.long_term_credentials);
  EXPECT_EQ(with_user.warnings, Warnings{});
  const ParseOutcome with_secret = Accept("static-auth-secret=s");
  EXPECT_FALSE(with_secret.options.stun_only);
  EXPECT_TRUE(with_secret.options.long_term_credentials);
  EXPECT_TRUE(with_secret.options.use_auth_secret);
  EXPECT_EQ(with_secret.warnings, Warnings{});
}

TEST(ConsistencyTest, ClientCertificatesThatNameUsersNeedAnAuthorityAndUsers) {
  EXPECT_EQ(ErrorOf("user=bob:secret\nclient-cert-user=cn"),
            "t.conf:2: client-cert-user: whose certificates are to be believed? Give CA-file");
  EXPECT_EQ(ErrorOf("no-auth\nCA-file=a.pem\nclient-cert-user=cn"),
            "t.conf:3: client-cert-user: contradicts t.conf:1: no-auth; there is no user whom a "
            "certificate could name");
  EXPECT_EQ(ErrorOf("user=bob:secret\nCA-file=a.pem\nclient-cert-user=cn\nno-tls\nno-dtls"),
            "t.conf:3: client-cert-user: no-tls and no-dtls leave nobody who could show a "
            "certificate");
  EXPECT_EQ(ErrorOf("client-cert-user=name"),
            "t.conf:1: client-cert-user: 'name': expected none, cn, san-dns, san-email or san-uri");
}

TEST(ConsistencyTest, ClientCertificatesThatNameUsersWarnOfPlainTransports) {
  const std::string with = "user=bob:secret\nCA-file=a.pem\nclient-cert-user=san-uri\n";
  EXPECT_EQ(Accept(with).warnings,
            Warnings{"t.conf:3: client-cert-user: clients over plain UDP and TCP have no "
                     "certificate, so they are refused; no-udp and no-tcp do not even listen for "
                     "them"});
  EXPECT_EQ(Accept(with + "no-udp\nno-tcp").warnings, Warnings{});
  EXPECT_EQ(Accept(with).options.client_cert_user, CertificateUser::kUri);
}

TEST(ConsistencyTest, NoAuthOpensTheRelayLoudly) {
  const ParseOutcome outcome = Accept("no-auth");
  EXPECT_FALSE(outcome.options.stun_only);
  EXPECT_TRUE(outcome.options.no_auth);
  EXPECT_EQ(outcome.warnings,
            Warnings{"no-auth: THIS IS AN OPEN RELAY: anybody may relay without credentials"});
}

TEST(ConsistencyTest, NoAuthContradictsEveryKindOfCredential) {
  EXPECT_EQ(ErrorOf("no-auth\nuser=bob:secret"),
            "t.conf:1: no-auth: contradicts t.conf:2: user; anybody may relay with the one, not "
            "with the other");
  EXPECT_EQ(ErrorOf("static-auth-secret=s\nno-auth"),
            "t.conf:2: no-auth: contradicts t.conf:1: static-auth-secret; anybody may relay with "
            "the one, not with the other");
  EXPECT_EQ(ErrorOf("use-auth-secret\nno-auth"),
            "t.conf:2: no-auth: contradicts t.conf:1: use-auth-secret; anybody may relay with the "
            "one, not with the other");
  EXPECT_EQ(ErrorOf("lt-cred-mech\nno-auth"),
            "t.conf:2: no-auth: contradicts t.conf:1: lt-cred-mech; anybody may relay with the "
            "one, not with the other");
  EXPECT_EQ(ErrorOf("no-auth=no\nuser=bob:secret"), "no error");
}

TEST(ConsistencyTest, UseAuthSecretWantsASecret) {
  EXPECT_EQ(ErrorOf("user=bob:secret\nuse-auth-secret"),
            "t.conf:2: use-auth-secret: there is no secret; give static-auth-secret or "
            "static-auth-secret-file");
  EXPECT_EQ(ErrorOf("redis-userdb=\"port=6379\"\nuse-auth-secret"), "no error");
}

TEST(ConsistencyTest, UsersInRedisAreCredentials) {
  const ParseOutcome outcome = Accept("redis-userdb=\"port=6379\"\n");
  EXPECT_EQ(outcome.warnings, Warnings{});
  EXPECT_FALSE(outcome.options.stun_only);
  EXPECT_TRUE(outcome.options.long_term_credentials);
  EXPECT_EQ(ErrorOf("secure-stun\nredis-userdb=\"port=6379\""), "no error");
  EXPECT_EQ(
      ErrorOf("no-auth\nredis-userdb=\"port=6379\""),
      "t.conf:1: no-auth: contradicts t.conf:2: redis-userdb; anybody may relay with the one, "
      "not with the other");
}

TEST(ConsistencyTest, AConnectionStringIsCheckedAndNotShown) {
  EXPECT_EQ(ErrorOf("redis-userdb=\"port=6379 password=hid den\"").find("den"), std::string::npos);
  EXPECT_NE(ErrorOf("redis-userdb=\"port=6379 password=hid den\""), "no error");
}

TEST(ConsistencyTest, SecureStunWantsCredentials) {
  EXPECT_EQ(ErrorOf("secure-stun"),
            "t.conf:1: secure-stun: there are no credentials to ask for; give user, "
            "static-auth-secret or redis-userdb");
  EXPECT_EQ(ErrorOf("secure-stun\nuser=bob:secret"), "no error");
}

TEST(ConsistencyTest, PortsMustBeInOrder) {
  EXPECT_EQ(ErrorOf("min-port=50001\nmax-port=50000"),
            "t.conf:1: min-port: min-port 50001 is above max-port 50000");
  EXPECT_EQ(ErrorOf("max-port=1024"), "t.conf:1: max-port: min-port 49152 is above max-port 1024");
  EXPECT_EQ(ErrorOf("min-port=50000\nmax-port=50000"), "no error");
}

TEST(ConsistencyTest, SomethingMustBeListenedOn) {
  EXPECT_EQ(ErrorOf("no-tcp\nno-udp\nno-tls\nno-dtls"),
            "t.conf:2: no-udp: no-udp, no-tcp, no-tls and no-dtls together leave nothing to listen "
            "on");
  EXPECT_EQ(ErrorOf("no-tcp\nno-udp\nno-dtls"), "no error");
}

TEST(ConsistencyTest, SomethingMustBeServed) {
  EXPECT_EQ(ErrorOf("no-stun"),
            "t.conf:1: no-stun: Binding is not answered and TURN is refused, so that nothing is "
            "served; give users or secrets, or drop no-stun or stun-only");
  EXPECT_EQ(ErrorOf("no-stun\nuser=bob:secret"), "no error");
}

TEST(ConsistencyTest, SomethingMustBeRelayed) {
  EXPECT_EQ(ErrorOf("user=bob:secret\nno-tcp-relay\nno-udp-relay"),
            "t.conf:3: no-udp-relay: no-udp-relay and no-tcp-relay together leave nothing to "
            "relay; stun-only says that");
  EXPECT_EQ(ErrorOf("stun-only\nno-tcp-relay\nno-udp-relay"), "no error");
}

TEST(ConsistencyTest, OnePortMayServePlainAndTls) {
  EXPECT_EQ(ErrorOf("listening-port=443\ntls-listening-port=443"), "no error");
}

TEST(ConsistencyTest, TokensWantAKeyAndAreCredentials) {
  const auto error = [](const std::string& text) {
    const auto outcome = ParseText("t.conf", text);
    return outcome.ok() ? std::string("no error") : outcome.error().message;
  };
  const auto without_key = ParseText("t.conf", "oauth\nuser=a:b");
  ASSERT_TRUE(without_key.ok());
  EXPECT_FALSE(without_key->options.oauth);
  EXPECT_EQ(without_key->warnings,
            std::vector<std::string>{
                "t.conf:1: oauth: no effect without a key: give oauth-key, oauth-key-file or "
                "redis-userdb"});
  const std::string key = "oauth-key=north:A128GCM:MTIzNDU2Nzg5MDEyMzQ1Ng==\n";
  EXPECT_EQ(error(key), "no error");
  EXPECT_FALSE(ParseText("t.conf", key)->options.stun_only);
  EXPECT_NE(error(key + "no-auth"), "no error");
  EXPECT_EQ(error("oauth-key=north:5ecret"),
            "t.conf:1: oauth-key: expected key-id:A256GCM:base64-key");
}

TEST(ConsistencyTest, WhatIsWrittenToIsNotTheUsersDatabase) {
  const std::string users = "redis-userdb=\"port=1 dbname=0\"\n";
  for (const std::string name : {"redis-quotadb", "redis-statsdb"}) {
    EXPECT_EQ(Accept(users + name + "=\"port=1 dbname=0\"").warnings,
              Warnings{"t.conf:2: " + name +
                       ": the same database as redis-userdb: should it lose its data, users are "
                       "taken for removed; give one of the two another dbname"});
    EXPECT_EQ(Accept(users + name + "=\"port=1 dbname=1\"").warnings, Warnings());
  }
}

}  // namespace
}  // namespace culvert::config
