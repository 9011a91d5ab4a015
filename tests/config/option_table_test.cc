// What must hold for every row of the table.

#include "server/config/option_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "server/config/parse.h"
#include "server/config/values.h"
#include "tests/config/test_input.h"

namespace culvert::config {
namespace {

std::vector<const Option*> AllOptions() {
  std::vector<const Option*> all;
  for (size_t group = 0; group < kGroupCount; ++group) {
    for (const Option& option : OptionsOf(static_cast<Group>(group))) all.push_back(&option);
  }
  return all;
}

std::set<std::string> CoturnNames() {
  std::istringstream list(ReadTestInput("tests/config/coturn_options.txt"));
  std::set<std::string> names;
  for (std::string line; std::getline(list, line);) {
    if (!line.empty() && line.front() != '#') names.insert(line);
  }
  return names;
}

std::string SampleKey() {
  return "north:A128GCM:MTIzNDU2Nzg5MDEyMzQ1Ng==";
}

// A value of the kind that the metavar promises, other than any default.
std::string SampleValue(const Option& option) {
  static const std::map<std::string_view, std::string> kSamples = {
      {"BYTES", "64000"},
      {"CHARACTER", "@"},
      {"CONNECTION", "host=192.0.2.1 password=x"},
      {"DEVICE", "eth0"},
      {"HEX", "010001002f"},
      {"HOST", "turn1.home1.net"},
      {"FORMAT", "%FT%T%z"},
      {"IP", "192.0.2.1"},
      {"IP:PORT", "192.0.2.1:4000"},
      {"IP[:PORT]", "192.0.2.1:4000"},
      {"KID:ALGORITHM:KEY", SampleKey()},
      {"LEVEL", "info"},
      {"LIST", "HIGH"},
      {"NAME:PASSWORD", "bob:secret"},
      {"NUMBER", "7"},
      {"ORIGIN=REALM", "https://example.org=example.org"},
      {"PASSWORD", "secret"},
      {"PATH", "/m"},
      {"PORT", "50000"},
      {"PUBLIC[/PRIVATE]", "198.51.100.7/192.0.2.1"},
      {"RANGE", "192.0.2.0/24"},
      {"SECONDS", "700"},
      {"SECRET", "0123456789abcdef"},
      {"TOKEN", "0123456789abcdef"},
      {"TEXT", "anything"},
      {"URL", "http://192.0.2.1/"},
      {"auto|md5|none", "md5"},
      {"ipv4|ipv6|keep", "ipv6"},
      {"none|cn|san-dns|san-email|san-uri", "san-email"},
      {"text|json", "json"},
  };
  if (option.argument == Argument::kFlag) return option.default_text == "yes" ? "no" : "yes";
  if (option.name == "auth-order") return "redis,plugin,oauth,secret,static";
  if (option.name == "syslog-facility") return "LOG_LOCAL1";
  if (option.name == "least-sha256-integrity") return "16";
  if (option.metavar == "NAME") return "alice";
  if (option.metavar == "FILE") {
    if (option.name == "oauth-key-file") {
      return WriteTestFile("oauth-key-file", SampleKey() + "\n");
    }
    return WriteTestFile(std::string(option.name),
                         option.name == "user-file" ? "bob:secret\n" : "0123456789abcdef\n");
  }
  const auto sample = kSamples.find(option.metavar);
  EXPECT_NE(sample, kSamples.end()) << "no sample for " << option.metavar;
  return sample == kSamples.end() ? std::string() : sample->second;
}

TEST(OptionTableTest, NamesAndLettersAreUnique) {
  std::set<std::string_view> names;
  std::set<char> letters;
  for (const Option* option : AllOptions()) {
    EXPECT_TRUE(names.insert(option->name).second) << option->name;
    if (option->letter != 0) {
      EXPECT_TRUE(letters.insert(option->letter).second) << option->letter;
    }
  }
}

TEST(OptionTableTest, EveryRowIsFoundByItsNameAndItsLetter) {
  for (const Option* option : AllOptions()) {
    EXPECT_EQ(FindOption(option->name), option);
    if (option->letter != 0) {
      EXPECT_EQ(FindOption(option->letter), option);
    }
  }
  EXPECT_EQ(FindOption("no-such-option"), nullptr);
  EXPECT_EQ(FindOption('\0'), nullptr);
  EXPECT_EQ(FindOption('Z'), nullptr);
}

TEST(OptionTableTest, EveryRowIsComplete) {
  for (const Option* option : AllOptions()) {
    EXPECT_FALSE(option->help.empty()) << option->name;
    EXPECT_EQ(option->metavar.empty(), option->argument == Argument::kFlag) << option->name;
    if (option->set != nullptr) {
      EXPECT_FALSE(option->default_text.empty()) << option->name;
    }
    EXPECT_TRUE(option->fine_value.empty() || !option->served()) << option->name;
  }
}

TEST(OptionTableTest, EveryServedOptionChangesTheOptions) {
  for (const Option* option : AllOptions()) {
    if (option->set == nullptr) continue;
    Options options;
    EXPECT_EQ(option->set(options, SampleValue(*option)), std::nullopt) << option->name;
    EXPECT_NE(options, Options{}) << option->name;
  }
}

TEST(OptionTableTest, DefaultsAreWhatTheTableSaysTheyAre) {
  // These say what they are in words.
  const std::set<std::string_view> in_words = {
      "all",    "none",      "as reached", "one per usable CPU", "the host's domain, else culvert",
      "random", "OpenSSL's", "automatic",  "the realm",          "unchanged"};
  for (const Option* option : AllOptions()) {
    if (option->set == nullptr || in_words.contains(option->default_text)) continue;
    Options options;
    EXPECT_EQ(option->set(options, option->default_text), std::nullopt) << option->name;
    options.cert_given = false;
    options.admin_address_given = false;
    EXPECT_EQ(options, Options{}) << option->name;
  }
}

TEST(OptionTableTest, EveryFlagIsRefusedAWordThatIsNeitherYesNorNo) {
  for (const Option* option : AllOptions()) {
    if (option->argument != Argument::kFlag || option->command != Command::kNone) continue;
    const std::string name(option->name);
    const auto outcome = ParseText("t.conf", name + "=perhaps");
    ASSERT_FALSE(outcome.ok()) << name;
    EXPECT_EQ(outcome.error().message, "t.conf:1: " + name +
                                           ": 'perhaps': expected yes or no (also 1/0, on/off, "
                                           "true/false)");
  }
}

TEST(OptionTableTest, EveryNameOfCoturnIsAcceptedInAFile) {
  const std::set<std::string> names = CoturnNames();
  EXPECT_EQ(names.size(), 152u);
  for (const std::string& name : names) {
    const Option* option = FindOption(name);
    ASSERT_NE(option, nullptr) << name;
    if (option->command != Command::kNone) continue;
    // What else a few options need to make sense.
    std::string text = name + "=\"" + SampleValue(*option) + "\"\n";
    if (name == "max-port") text += "min-port=1024\n";
    if (name != "no-auth" && name != "stun-only") text += "static-auth-secret=s\n";
    const auto outcome = ParseText("t.conf", text);
    EXPECT_TRUE(outcome.ok()) << outcome.error().message;
    if (outcome && option->set == nullptr) {
      const std::string warning = "t.conf:1: " + name + ": no effect: " + std::string(option->help);
      EXPECT_EQ(std::count(outcome->warnings.begin(), outcome->warnings.end(), warning),
                option->argument == Argument::kFlag && option->fine_value == "yes" ? 0 : 1)
          << name;
    }
  }
}

TEST(OptionTableTest, WhateverIsNotCoturnsIsOurOwn) {
  const std::set<std::string> coturn = CoturnNames();
  std::set<std::string> own;
  for (const Option* option : AllOptions()) {
    if (!coturn.contains(std::string(option->name))) own.insert(std::string(option->name));
  }
  EXPECT_EQ(own, (std::set<std::string>{"admin-address",
                                        "admin-token",
                                        "admin-token-file",
                                        "auth-failures-per-source",
                                        "auth-failures-per-user",
                                        "auth-order",
                                        "auth-plugin",
                                        "auth-plugin-config",
                                        "check-config",
                                        "client-cert-user",
                                        "cluster-secret",
                                        "cluster-secret-file",
                                        "config",
                                        "drain-timeout",
                                        "dump-options-md",
                                        "gba-naf",
                                        "gba-ua",
                                        "help",
                                        "keep-withdrawn",
                                        "least-sha256-integrity",
                                        "log-format",
                                        "max-connections-per-allocation",
                                        "no-admin",
                                        "no-config",
                                        "no-kernel-tls",
                                        "oauth-key",
                                        "oauth-key-file",
                                        "password-algorithms",
                                        "pkey-pwd-file",
                                        "realm-of",
                                        "redis-cache-entries",
                                        "redis-cache-stale",
                                        "redis-cache-ttl",
                                        "redis-impu",
                                        "redis-quotadb",
                                        "redis-sha256",
                                        "redis-userhash",
                                        "static-auth-secret-file",
                                        "tcp-port",
                                        "tls-port",
                                        "user-file",
                                        "userhash"}));
}

TEST(OptionTableTest, LettersAreCoturns) {
  std::string letters;
  for (const Option* option : AllOptions()) {
    if (option->letter != 0) letters += option->letter;
  }
  std::sort(letters.begin(), letters.end());
  std::string coturn = "cdpLEXimlrubBeMJNOqQsCKAvVofhznaS";
  std::sort(coturn.begin(), coturn.end());
  EXPECT_EQ(letters, coturn);
}

TEST(OptionTableTest, ValuesOfSecretsAreNeverShown) {
  for (const Option* option : AllOptions()) {
    if (!option->secret || option->set == nullptr) continue;
    // A value no setter takes, for its control character.
    const auto outcome = ParseText("t.conf", std::string(option->name) +
                                                 "=hid\x01"
                                                 "den");
    ASSERT_FALSE(outcome.ok()) << option->name;
    EXPECT_EQ(outcome.error().message.find("hid"), std::string::npos) << outcome.error().message;
  }
}

}  // namespace
}  // namespace culvert::config
