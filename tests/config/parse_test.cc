// Files and command line together.

#include "server/config/parse.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "server/config/version.h"
#include "tests/config/test_input.h"

namespace culvert::config {
namespace {

using Warnings = std::vector<std::string>;

Result<ParseOutcome, ParseError> Parse(const std::vector<std::string>& words) {
  std::vector<const char*> argv = {"culvert"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  return ParseCommandLine(static_cast<int>(argv.size()), argv.data());
}

ParseOutcome Accept(const std::vector<std::string>& words) {
  auto outcome = Parse(words);
  EXPECT_TRUE(outcome.ok()) << outcome.error().message;
  return outcome ? std::move(outcome).value() : ParseOutcome{};
}

std::string ErrorOf(const std::vector<std::string>& words) {
  const auto outcome = Parse(words);
  return outcome ? "no error" : outcome.error().message;
}

TEST(ParseTest, TheCommandLineGoesOverTheFileWhereverItStands) {
  const std::string file = WriteTestFile("a.conf", "listening-port=1000\nrealm=file\nno-auth\n");
  const Options options = Accept({"-p", "2000", "-c", file}).options;
  EXPECT_EQ(options.listening_port, 2000);
  EXPECT_EQ(options.realm, "file");
}

TEST(ParseTest, LaterFilesGoOverEarlierOnes) {
  const std::string first = WriteTestFile("1.conf", "listening-port=1000\nrealm=first\nno-auth\n");
  const std::string second = WriteTestFile("2.conf", "realm=second\n");
  const Options options = Accept({"-c", first, "--config=" + second}).options;
  EXPECT_EQ(options.listening_port, 1000);
  EXPECT_EQ(options.realm, "second");
}

TEST(ParseTest, RepeatableOptionsAddUpOverFileAndCommandLine) {
  const std::string file = WriteTestFile("users.conf", "user=alice:a\nuser=bob:b\n");
  EXPECT_EQ(Accept({"-c", file, "-u", "carol:c"}).options.users,
            (std::vector<std::string>{"alice:a", "bob:b", "carol:c"}));
}

TEST(ParseTest, AFlagOfTheFileMayBeTakenBack) {
  const std::string file = WriteTestFile("open.conf", "no-auth\nfingerprint\n");
  const Options options = Accept({"-c", file, "--no-auth=no", "-u", "bob:secret"}).options;
  EXPECT_FALSE(options.no_auth);
  EXPECT_TRUE(options.fingerprint);
}

TEST(ParseTest, AFileThatCannotBeReadIsAnError) {
  const std::string missing = testing::TempDir() + "/missing.conf";
  EXPECT_EQ(ErrorOf({"-c", missing}), missing + ": cannot be read: No such file or directory");
  EXPECT_EQ(ErrorOf({"-c", testing::TempDir()}),
            testing::TempDir() + ": cannot be read: Is a directory");
}

TEST(ParseTest, NoFileAndAFileContradict) {
  EXPECT_EQ(ErrorOf({"-n", "-c", "a.conf"}), "-n (no-config): contradicts -c a.conf");
  EXPECT_EQ(ErrorOf({"-n", "-z"}), "no error");
}

TEST(ParseTest, ErrorsSayWhereTheyAre) {
  const std::string file = WriteTestFile("wrong.conf", "no-auth\nmax-port=none\n");
  EXPECT_EQ(ErrorOf({"-c", file}), file + ":2: max-port: 'none': expected a port from 1 to 65535");
  EXPECT_EQ(ErrorOf({"--max-port", "none"}), "--max-port: 'none': expected a port from 1 to 65535");
  EXPECT_EQ(ErrorOf({"-p", "none"}),
            "-p (listening-port): 'none': expected a port from 0 to 65535");
}

TEST(ParseTest, AContradictionNamesBothPlaces) {
  const std::string file = WriteTestFile("noauth.conf", "no-auth\n");
  EXPECT_EQ(ErrorOf({"-c", file, "-u", "bob:secret"}),
            file +
                ":1: no-auth: contradicts -u (user); anybody may relay with the one, not with "
                "the other");
}

TEST(ParseTest, AnOptionWithoutEffectIsWarnedOfOnce) {
  EXPECT_EQ(Accept({"-u", "bob:secret", "--cli-port=1", "--cli-port=2", "--mobility"}).warnings,
            (Warnings{"--cli-port: no effect: there is no telnet console; metrics and health are "
                      "on the admin address",
                      "--mobility: no effect: MOBILITY-TICKET (RFC 8016) is not offered"}));
}

TEST(ParseTest, AskingForWhatIsSoAnywayNeedsNoWarning) {
  EXPECT_EQ(Accept({"-u", "bob:secret", "--no-cli", "--cli=no", "--mobility=off", "--no-rfc5780",
                    "--prometheus-path=/metrics", "-A", "ipv4", "--tcp-proxy-port=0"})
                .warnings,
            Warnings{});
  EXPECT_EQ(Accept({"-u", "bob:secret", "--no-cli=no"}).warnings,
            (Warnings{"--no-cli: no effect: there is no telnet console; metrics and health are on "
                      "the admin address"}));
}

TEST(ParseTest, WarningsDoNotShowConnectionStrings) {
  EXPECT_EQ(Accept({"-u", "bob:secret", "-M", "host=::1 password=hidden"}).warnings,
            (Warnings{"-M (mysql-userdb): no effect: MySQL is not read; users come from "
                      "redis-userdb, user and user-file"}));
}

TEST(ParseTest, CheckConfigIsPassedOn) {
  EXPECT_TRUE(Accept({"-z", "--check-config"}).options.check_config);
  EXPECT_FALSE(Accept({"-z"}).options.check_config);
}

TEST(ParseTest, HelpVersionAndOptionPageAreTextToPrint) {
  EXPECT_EQ(Accept({"--version"}).print, "culvert " + std::string(kVersion) + "\n");
  EXPECT_EQ(Accept({"-h"}).print->substr(0, 14), "Usage: culvert");
  EXPECT_EQ(Accept({"--dump-options-md"}).print->substr(0, 9), "# Options");
  EXPECT_EQ(Accept({"-z"}).print, std::nullopt);
}

TEST(ParseTest, HelpDoesNotReadFiles) {
  EXPECT_TRUE(Accept({"-c", "/missing.conf", "--help"}).print.has_value());
}

TEST(ParseTest, AFileInDebiansStyleStartsAsItIs) {
  const auto outcome = ParseText("debian.conf", ReadTestInput("tests/config/debian_style.conf"));
  ASSERT_TRUE(outcome.ok()) << outcome.error().message;
  EXPECT_EQ(outcome->warnings,
            (Warnings{"debian.conf:10: no-stun-backward-compatibility: no effect: obsolete: "
                      "Binding is answered with XOR-MAPPED-ADDRESS only",
                      "debian.conf:32: no-tlsv1: no effect: obsolete: TLS 1.2 is the least that "
                      "is spoken",
                      "debian.conf:33: no-tlsv1_1: no effect: obsolete: TLS 1.2 is the least that "
                      "is spoken",
                      "debian.conf:40: new-log-timestamp-format: no effect: time stamps are always "
                      "full dates (ISO 8601)"}));

  Options expected;
  expected.syslog = true;
  expected.listening_ips = {IpAddress::V4(192, 0, 2, 10), *IpAddress::Parse("2001:db8::10")};
  expected.external_ips = {{IpAddress::V4(198, 51, 100, 7), IpAddress::V4(192, 0, 2, 10)}};
  expected.max_port = 49999;
  expected.fingerprint = true;
  expected.long_term_credentials = true;
  expected.users = {"alice:0x00112233445566778899aabbccddeeff", "bob:not so secret"};
  expected.redis_userdb = "ip=127.0.0.1 dbname=2 password=turn port=6379 connect_timeout=30";
  expected.realm = "turn.example.org";
  expected.total_quota = 100;
  expected.max_bps = 64000;
  expected.cert = "/etc/ssl/turn.pem";
  expected.pkey = "/etc/ssl/private/turn.pem";
  expected.cert_given = true;
  expected.cipher_list = "DEFAULT";
  expected.denied_peers = {*AddressRange::Parse("10.0.0.0-10.255.255.255"),
                           *AddressRange::Parse("fc00::-fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")};
  expected.allowed_peers = {*AddressRange::Parse("10.0.0.7")};
  expected.proc_user = "turnserver";
  expected.pidfile = "/var/run/turnserver.pid";
  EXPECT_EQ(outcome->options, expected);
}

TEST(ParseTest, TheSampleInTheDocumentationIsRightAndRefusesTurnUntilItHasASecret) {
  const std::string sample = ReadTestInput("docs/turnserver.conf");
  const auto as_it_is = ParseText("turnserver.conf", sample);
  ASSERT_TRUE(as_it_is.ok()) << as_it_is.error().message;
  EXPECT_TRUE(as_it_is->options.stun_only);
  EXPECT_EQ(as_it_is->warnings.size(), 1u);

  const auto with_secret = ParseText("turnserver.conf", sample + "\nstatic-auth-secret=s\n");
  ASSERT_TRUE(with_secret.ok()) << with_secret.error().message;
  EXPECT_EQ(with_secret->warnings, Warnings{});
  EXPECT_EQ(with_secret->options.extra_tls_ports, std::vector<uint16_t>{443});
  EXPECT_EQ(with_secret->options.realm, "turn.example.org");
}

TEST(ParseTest, WhatTheSampleCommentsOutIsRightToo) {
  std::string sample = ReadTestInput("docs/turnserver.conf");
  // Settings follow their '#' directly; prose has a blank between.
  for (size_t at = 0; (at = sample.find("\n#", at)) != std::string::npos; ++at) {
    const bool names_a_file =
        sample.substr(at, sample.find('\n', at + 1) - at).find("-file=") != std::string::npos;
    if (sample[at + 2] >= 'a' && sample[at + 2] <= 'z' && !names_a_file) sample.erase(at + 1, 1);
  }
  // The sample shows both spellings of external-ip; a relay address has only one of them.
  const auto outcome = ParseText("turnserver.conf", sample);
  ASSERT_TRUE(outcome.ok()) << outcome.error().message;
  EXPECT_EQ(outcome->options.users.size(), 2u);
  EXPECT_EQ(outcome->options.external_ips.size(), 2u);
  EXPECT_EQ(outcome->warnings, Warnings{});
}

}  // namespace
}  // namespace culvert::config
