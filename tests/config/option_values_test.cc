// The values that single options take and refuse, and what becomes of them.

#include <gtest/gtest.h>
#include <syslog.h>

#include <string>
#include <utility>
#include <vector>

#include "server/config/parse.h"
#include "server/config/values.h"
#include "tests/config/test_input.h"

namespace culvert::config {
namespace {

// The text is completed by a user, so that nothing but the option in question is complained about.
Options Accept(const std::string& text) {
  auto outcome = ParseText("t.conf", text + "\nuser=bob:secret\n");
  EXPECT_TRUE(outcome.ok()) << outcome.error().message;
  return outcome ? std::move(outcome).value().options : Options{};
}

std::string ErrorOf(const std::string& text) {
  const auto outcome = ParseText("t.conf", text + "\nuser=bob:secret\n");
  return outcome ? "no error" : outcome.error().message;
}

TEST(ValuesTest, WordsForYesAndNoHaveNoCase) {
  for (const char* yes : {"1", "on", "yes", "true", "t", "y", "ON", "Yes", "True"}) {
    EXPECT_EQ(ParseBool(yes), true) << yes;
  }
  for (const char* no : {"0", "off", "no", "false", "f", "n", "OFF", "No", "False"}) {
    EXPECT_EQ(ParseBool(no), false) << no;
  }
  for (const char* neither : {"", "2", "yess", "nope", " yes"}) {
    EXPECT_EQ(ParseBool(neither), std::nullopt) << neither;
  }
}

TEST(ValuesTest, NumbersAreDigitsInRange) {
  EXPECT_EQ(ParseNumber("0", 0, 9), 0u);
  EXPECT_EQ(ParseNumber("9", 0, 9), 9u);
  EXPECT_EQ(ParseNumber("18446744073709551615", 0, UINT64_MAX), UINT64_MAX);
  for (const char* wrong :
       {"", "10", "-1", "+1", " 1", "1 ", "1k", "0x1", "18446744073709551616"}) {
    EXPECT_EQ(ParseNumber(wrong, 0, 9), std::nullopt) << wrong;
  }
}

TEST(ValuesTest, AFileWithSecretsIsReadLineByLine) {
  const std::string path =
      WriteTestFile("lines", "# comment\r\n\r\n  first  \r\nsecond # not a comment\nthird");
  const auto lines = ReadSecretLines(path);
  ASSERT_TRUE(lines.ok());
  EXPECT_EQ(lines.value(), (std::vector<std::string>{"first", "second # not a comment", "third"}));
}

TEST(ValuesTest, OnlyAReadableRegularFileOfModestSizeHoldsSecrets) {
  EXPECT_EQ(ReadSecretLines(testing::TempDir() + "/missing").error(),
            "cannot be read: No such file or directory");
  EXPECT_EQ(ReadSecretLines(testing::TempDir()).error(), "is not a regular file");
  EXPECT_EQ(ReadSecretLines("/dev/zero").error(), "is not a regular file");
  EXPECT_EQ(ReadSecretLines(WriteTestFile("big", std::string((1 << 20) + 1, 'x'))).error(),
            "is larger than 1 MiB");
}

TEST(OptionValuesTest, PortsSayWhatIsAllowed) {
  EXPECT_EQ(ErrorOf("listening-port=65536"),
            "t.conf:1: listening-port: '65536': expected a port from 0 to 65535");
  EXPECT_EQ(ErrorOf("min-port=0"), "t.conf:1: min-port: '0': expected a port from 1 to 65535");
  EXPECT_EQ(ErrorOf("tls-port=0"), "t.conf:1: tls-port: '0': expected a port from 1 to 65535");
  EXPECT_EQ(ErrorOf("listening-port="), "t.conf:1: listening-port: needs a value");
  EXPECT_EQ(ErrorOf("listening-port"), "t.conf:1: listening-port: needs a value");
  EXPECT_EQ(Accept("listening-port=0").listening_port, 0);
  EXPECT_EQ(Accept("tls-port=443\ntls-port=8443").extra_tls_ports,
            (std::vector<uint16_t>{443, 8443}));
}

TEST(OptionValuesTest, AddressesOfBothFamiliesAreTaken) {
  EXPECT_EQ(Accept("listening-ip=::\nlistening-ip=192.0.2.1").listening_ips,
            (std::vector<IpAddress>{*IpAddress::Parse("::"), IpAddress::V4(192, 0, 2, 1)}));
  EXPECT_EQ(ErrorOf("listening-ip=eth0"),
            "t.conf:1: listening-ip: 'eth0': expected an IPv4 or IPv6 address, such as 192.0.2.1 "
            "or 2001:db8::1");
  EXPECT_EQ(Accept("aux-server=[2001:db8::1]:33478").aux_servers,
            std::vector<Endpoint>{*Endpoint::Parse("[2001:db8::1]:33478")});
  EXPECT_EQ(ErrorOf("aux-server=192.0.2.1"),
            "t.conf:1: aux-server: '192.0.2.1': expected an address and a port: 192.0.2.1:3478 or "
            "[2001:db8::1]:3478");
}

TEST(OptionValuesTest, ExternalIpIsOneAddressOrAPair) {
  EXPECT_EQ(Accept("external-ip=198.51.100.7").external_ips,
            (std::vector<ExternalIp>{{IpAddress::V4(198, 51, 100, 7), std::nullopt}}));
  EXPECT_EQ(
      Accept("external-ip=198.51.100.7/192.0.2.1").external_ips,
      (std::vector<ExternalIp>{{IpAddress::V4(198, 51, 100, 7), IpAddress::V4(192, 0, 2, 1)}}));
  EXPECT_EQ(Accept("external-ip=198.51.100.7\nexternal-ip=2001:db8::7").external_ips.size(), 2u);
}

TEST(OptionValuesTest, ExternalIpRefusesWhatCannotBeMapped) {
  EXPECT_EQ(ErrorOf("external-ip=relay.example.org"),
            "t.conf:1: external-ip: 'relay.example.org': expected PUBLIC or PUBLIC/PRIVATE, both "
            "IP addresses");
  EXPECT_EQ(ErrorOf("external-ip=198.51.100.7/24"),
            "t.conf:1: external-ip: '198.51.100.7/24': expected PUBLIC/PRIVATE, both IP addresses");
  EXPECT_EQ(ErrorOf("external-ip=198.51.100.7/::1"),
            "t.conf:1: external-ip: '198.51.100.7/::1': PUBLIC and PRIVATE must both be IPv4 or "
            "both be IPv6");
  EXPECT_EQ(ErrorOf("external-ip=198.51.100.7\nexternal-ip=198.51.100.8"),
            "t.conf:2: external-ip: '198.51.100.8': there is a public address for the same relay "
            "address already");
}

TEST(OptionValuesTest, PeersAreAddressesRangesOrPrefixes) {
  const Options options = Accept(
      "denied-peer-ip=10.0.0.0-10.255.255.255\ndenied-peer-ip=fc00::/7\nallowed-peer-ip=10.0.0.7");
  ASSERT_EQ(options.denied_peers.size(), 2u);
  EXPECT_EQ(options.denied_peers[0].ToString(), "10.0.0.0-10.255.255.255");
  EXPECT_TRUE(options.denied_peers[1].Contains(*IpAddress::Parse("fd00::1")));
  ASSERT_EQ(options.allowed_peers.size(), 1u);
  EXPECT_EQ(options.allowed_peers[0].first, IpAddress::V4(10, 0, 0, 7));
  EXPECT_EQ(ErrorOf("denied-peer-ip=10.0.0.9-10.0.0.1"),
            "t.conf:1: denied-peer-ip: '10.0.0.9-10.0.0.1': expected an address, a range "
            "(192.0.2.1-192.0.2.9) or a prefix (192.0.2.0/24)");
}

TEST(OptionValuesTest, NoRelayThreadsAreOneThread) {
  EXPECT_EQ(Accept("").relay_threads, 0u);
  EXPECT_EQ(Accept("relay-threads=0").relay_threads, 1u);
  EXPECT_EQ(Accept("relay-threads=8").relay_threads, 8u);
  EXPECT_EQ(ErrorOf("relay-threads=-1"),
            "t.conf:1: relay-threads: '-1': expected a number of threads from 0 to 1024");
}

TEST(OptionValuesTest, UsersHaveANameAndAPasswordOrAKey) {
  const auto user = [](const std::string& value) { return ErrorOf("user=" + value); };
  EXPECT_EQ(user("alice:pass:word"), "no error");
  EXPECT_EQ(user("alice:0x00112233445566778899aAbBcCdDeEfF"), "no error");
  EXPECT_EQ(user("alice"), "t.conf:1: user: expected name:password or name:0xKEY");
  EXPECT_EQ(user("alice:"), "t.conf:1: user: expected name:password or name:0xKEY");
  EXPECT_EQ(user(":password"), "t.conf:1: user: expected name:password or name:0xKEY");
  EXPECT_EQ(user("alice:0x" + std::string(64, 'a')), "no error");
  const std::string not_a_key =
      "t.conf:1: user: a key is 0x and the MD5 (32 hexadecimal digits) or SHA-256 (64) of "
      "name:realm:password";
  EXPECT_EQ(user("alice:0x0011"), not_a_key);
  EXPECT_EQ(user("alice:0x00112233445566778899aabbccddeefg"), not_a_key);
  EXPECT_EQ(user("alice:0x" + std::string(63, 'a')), not_a_key);
}

TEST(OptionValuesTest, TheOrderOfUserSourcesNamesEachOnce) {
  EXPECT_EQ(Accept("auth-order=redis,static,secret,oauth,plugin").auth_order,
            (std::vector<UserSource>{UserSource::kRedis, UserSource::kStatic, UserSource::kSecret,
                                     UserSource::kOauth, UserSource::kPlugin}));
  for (const std::string value :
       {"redis", "redis,static,secret,oauth,redis", "redis,static,secret,oauth,plugin,",
        "redis,static,secret,oauth,plugins", ",", "redis,,static,secret,oauth,plugin"}) {
    EXPECT_NE(ErrorOf("auth-order=" + value), "no error") << value;
  }
}

TEST(OptionValuesTest, RealmsAreChosenByOriginOrServerName) {
  EXPECT_EQ(Accept("realm-of=https://web.example=web\nrealm-of=naf.home1.net=naf").realms_of,
            (std::vector<RealmOf>{{"https://web.example", "web"}, {"naf.home1.net", "naf"}}));
  for (const std::string value : {"web", "=web", "web.example=", ""}) {
    EXPECT_NE(ErrorOf("realm-of=" + value), "no error") << value;
  }
  EXPECT_NE(ErrorOf("realm-of=a=" + std::string(128, 'r')), "no error");
}

TEST(OptionValuesTest, UsersMayComeFromAFile) {
  const std::string path = WriteTestFile("users", "# staff\nalice:a\n\ncarol:c # d\n");
  EXPECT_EQ(Accept("user-file=" + path).users,
            (std::vector<std::string>{"alice:a", "carol:c # d", "bob:secret"}));
  const std::string wrong = WriteTestFile("wrong-users", "alice\n");
  EXPECT_EQ(ErrorOf("user-file=" + wrong), "t.conf:1: user-file: '" + wrong +
                                               "': a line in it: expected name:password or "
                                               "name:0xKEY");
}

TEST(OptionValuesTest, SecretsAddUpFromAllSources) {
  const std::string path = WriteTestFile("secrets", "new\nold\n");
  const Options options = Accept("static-auth-secret=first\nstatic-auth-secret-file=" + path);
  EXPECT_EQ(options.static_auth_secrets, (std::vector<std::string>{"first", "new", "old"}));
  EXPECT_TRUE(options.use_auth_secret);
  const std::string empty = WriteTestFile("no-secrets", "# none\n");
  EXPECT_NE(ErrorOf("static-auth-secret-file=" + empty).find("holds no secret"), std::string::npos);
}

TEST(OptionValuesTest, AClusterSecretIsNotGuessable) {
  EXPECT_EQ(Accept("cluster-secret=0123456789abcdef").cluster_secret, "0123456789abcdef");
  EXPECT_EQ(ErrorOf("cluster-secret=0123456789abcde"),
            "t.conf:1: cluster-secret: expected at least 16 characters, best from a random source");
  const std::string path = WriteTestFile("cluster-secret", "0123456789abcdef\n");
  EXPECT_EQ(Accept("cluster-secret-file=" + path).cluster_secret, "0123456789abcdef");
  const std::string two = WriteTestFile("two", "0123456789abcdef\n0123456789abcdef\n");
  EXPECT_NE(ErrorOf("cluster-secret-file=" + two).find("expected exactly one line"),
            std::string::npos);
}

TEST(OptionValuesTest, ARealmHasFewerThan128Characters) {
  EXPECT_EQ(Accept("realm=" + std::string(127, 'r')).realm, std::string(127, 'r'));
  EXPECT_NE(ErrorOf("realm=" + std::string(128, 'r')).find("expected up to 127 characters"),
            std::string::npos);
}

TEST(OptionValuesTest, ASeparatorIsOneCharacter) {
  EXPECT_EQ(Accept("rest-api-separator=@").rest_api_separator, '@');
  EXPECT_EQ(ErrorOf("rest-api-separator=ab"),
            "t.conf:1: rest-api-separator: 'ab': expected one character");
}

TEST(OptionValuesTest, StaleNonceHasADefaultAndMayBeForEver) {
  EXPECT_EQ(Accept("stale-nonce").stale_nonce, seconds(600));
  EXPECT_EQ(Accept("stale-nonce=10").stale_nonce, seconds(10));
  EXPECT_EQ(Accept("stale-nonce 0").stale_nonce, seconds(0));
  EXPECT_EQ(ErrorOf("stale-nonce=soon"),
            "t.conf:1: stale-nonce: 'soon': expected a whole number from 0 to 2147483647");
}

TEST(OptionValuesTest, LogFileKnowsThreeWordsOfItsOwn) {
  EXPECT_EQ(Accept("log-file=-").log_file, "stdout");
  EXPECT_EQ(Accept("log-file=stdout").log_file, "stdout");
  EXPECT_EQ(Accept("log-file=/var/log/turn.log").log_file, "/var/log/turn.log");
  EXPECT_TRUE(Accept("log-file=syslog").syslog);
  EXPECT_FALSE(Accept("log-file=/var/log/turn.log").syslog);
}

TEST(OptionValuesTest, SyslogFacilitiesAreThoseOfSyslog) {
  EXPECT_EQ(Accept("").syslog_facility, LOG_DAEMON);
  EXPECT_EQ(Accept("syslog-facility=\"LOG_LOCAL7\"").syslog_facility, LOG_LOCAL7);
  EXPECT_EQ(ErrorOf("syslog-facility=local1"),
            "t.conf:1: syslog-facility: 'local1': expected LOG_DAEMON, LOG_USER, LOG_AUTH, "
            "LOG_SYSLOG or LOG_LOCAL0 to LOG_LOCAL7");
}

TEST(OptionValuesTest, TheLouderOfBothVerbositiesCounts) {
  EXPECT_EQ(Accept("verbose").verbosity, 1);
  EXPECT_EQ(Accept("Verbose\nverbose").verbosity, 2);
  EXPECT_EQ(Accept("Verbose\nverbose=no").verbosity, 2);
  EXPECT_EQ(Accept("verbose\nverbose=no").verbosity, 0);
}

TEST(OptionValuesTest, MetricsOptionsOfCoturnMoveTheAdminAddress) {
  EXPECT_EQ(Accept("").admin_address.ToString(), "127.0.0.1:9641");
  EXPECT_EQ(Accept("prometheus-port=9000").admin_address.ToString(), "127.0.0.1:9000");
  EXPECT_EQ(Accept("prometheus-address=::1\nprometheus-port=9000").admin_address.ToString(),
            "[::1]:9000");
}

TEST(OptionValuesTest, AdminAddressOutranksThemInAnyOrder) {
  EXPECT_EQ(Accept("prometheus-port=9000\nadmin-address=0.0.0.0:80").admin_address.ToString(),
            "0.0.0.0:80");
  EXPECT_EQ(Accept("admin-address=0.0.0.0:80\nprometheus-port=9000").admin_address.ToString(),
            "0.0.0.0:80");
  EXPECT_EQ(Accept("admin-address=0.0.0.0:80\nprometheus-address=::1").admin_address.ToString(),
            "0.0.0.0:80");
}

TEST(OptionValuesTest, TheAdminTokenIsTextOrTheOneLineOfAFile) {
  EXPECT_EQ(Accept("admin-token=0123456789abcdef").admin_token, "0123456789abcdef");
  EXPECT_EQ(ErrorOf("admin-token=0123456789abcde"),
            "t.conf:1: admin-token: expected at least 16 characters, best from a random source");
  EXPECT_EQ(Accept("admin-token-file=" + WriteTestFile("token", "0123456789abcdef\n")).admin_token,
            "0123456789abcdef");
}

TEST(OptionValuesTest, DrainingHasATimeAndALeastNumber) {
  EXPECT_EQ(Accept("drain-timeout=90").drain_timeout, seconds(90));
  EXPECT_EQ(Accept("drain-min-allocations=3").drain_min_allocations, 3u);
}

TEST(OptionValuesTest, ACertificateThatWasAskedForIsMarked) {
  EXPECT_FALSE(Accept("").cert_given);
  EXPECT_TRUE(Accept("cert=/etc/cert.pem").cert_given);
  EXPECT_TRUE(Accept("pkey=/etc/key.pem").cert_given);
  EXPECT_EQ(Accept("pkey-pwd-file=" + WriteTestFile("pwd", "open\n")).pkey_password, "open");
}

TEST(OptionValuesTest, BothVocabulariesOfCoturnAreSpoken) {
  EXPECT_FALSE(Accept("no-dtls").dtls);
  EXPECT_FALSE(Accept("dtls=no").dtls);
  EXPECT_FALSE(Accept("no-software-attribute").software_attribute);
  EXPECT_FALSE(Accept("prod").software_attribute);
  EXPECT_FALSE(Accept("software-attribute=off").software_attribute);
  EXPECT_FALSE(Accept("").allow_multicast_peers);
  EXPECT_FALSE(Accept("no-multicast-peers").allow_multicast_peers);
  EXPECT_TRUE(Accept("no-multicast-peers=no").allow_multicast_peers);
}

}  // namespace
}  // namespace culvert::config
