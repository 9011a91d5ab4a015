// From the operator's options to what the rooms are told.
#include "server/setup.h"

#include "server/providers.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "server/net/machine.h"

namespace culvert {
namespace {

using Texts = std::vector<std::string>;

const std::vector<IpAddress> kOwnAddresses = {
    *IpAddress::Parse("127.0.0.1"), *IpAddress::Parse("192.0.2.1"), *IpAddress::Parse("10.0.0.1"),
    *IpAddress::Parse("2001:db8::1")};

config::Options OneListener(const char* ip) {
  config::Options options;
  options.listening_ips = {*IpAddress::Parse(ip)};
  options.tls_listening_port = 0;
  options.admin = false;
  return options;
}

// Each endpoint once, in order of its text.
Texts Own(const config::Options& options) {
  Texts texts;
  for (const Endpoint& at :
       OwnEndpoints(options, PlanListeners(options, true, kOwnAddresses), kOwnAddresses)) {
    texts.push_back(at.ToString());
  }
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  return texts;
}

// AL-28
TEST(OwnEndpointsTest, AListenerIsOursAtItsAddressOnly) {
  EXPECT_EQ(Own(OneListener("192.0.2.1")), Texts{"192.0.2.1:3478"});
}

// AL-28
TEST(OwnEndpointsTest, AWildcardListenerIsOursAtAllAddressesOfItsFamily) {
  EXPECT_EQ(Own(OneListener("0.0.0.0")),
            (Texts{"10.0.0.1:3478", "127.0.0.1:3478", "192.0.2.1:3478"}));
  EXPECT_EQ(Own(OneListener("::")), Texts{"[2001:db8::1]:3478"});
}

// AL-28
TEST(OwnEndpointsTest, EveryPortOfEveryKindIsOurs) {
  config::Options options = OneListener("192.0.2.1");
  options.tls_listening_port = 5349;
  options.alt_listening_port = 3479;
  options.alt_tls_listening_port = 5350;
  options.extra_tls_ports = {443};
  options.extra_tcp_ports = {80};
  options.aux_servers = {*Endpoint::Parse("10.0.0.1:7000")};
  EXPECT_EQ(Own(options),
            (Texts{"10.0.0.1:7000", "192.0.2.1:3478", "192.0.2.1:3479", "192.0.2.1:443",
                   "192.0.2.1:5349", "192.0.2.1:5350", "192.0.2.1:80"}));
}

// AL-28: behind a NAT the way back in leads through the external address.
TEST(OwnEndpointsTest, ListenersAreOursAtExternalAddressesToo) {
  config::Options options = OneListener("10.0.0.1");
  options.external_ips = {{*IpAddress::Parse("203.0.113.9"), *IpAddress::Parse("10.0.0.1")},
                          {*IpAddress::Parse("2001:db8::9"), {}}};
  EXPECT_EQ(Own(options), (Texts{"10.0.0.1:3478", "203.0.113.9:3478"}));
}

// AL-28
TEST(OwnEndpointsTest, TheAdminPagesAreOursWhileTheyAreServed) {
  config::Options options = OneListener("192.0.2.1");
  options.admin = true;
  EXPECT_EQ(Own(options), (Texts{"127.0.0.1:9641", "192.0.2.1:3478"}));
  options.admin_address = *Endpoint::Parse("0.0.0.0:9000");
  EXPECT_EQ(Own(options),
            (Texts{"10.0.0.1:9000", "127.0.0.1:9000", "192.0.2.1:3478", "192.0.2.1:9000"}));
}

// CR-31
TEST(RealmTest, TheOperatorsRealmIsServed) {
  config::Options options;
  options.realm = "provider.example";
  EXPECT_EQ(RealmOf(options), "provider.example");
  EXPECT_EQ(TurnSettings(options).realms.default_realm(), "provider.example");
}

// CR-31
TEST(RealmTest, WithoutOneItIsTheHostsDomainOrOurName) {
  const std::string domain = net::HostDomain();
  EXPECT_EQ(RealmOf(config::Options()), domain.empty() ? "culvert" : domain);
}

// CR-31
TEST(RealmTest, OriginsAndServerNamesLeadToTheirRealms) {
  config::Options options;
  options.realm = "home1.net";
  options.realms_of = {{"https://web.example", "web.example"},
                       {"naf.home1.net", "3GPP-bootstrapping@naf.home1.net"}};
  const turn::Realms realms = TurnSettings(options).realms;
  EXPECT_EQ(realms.For("https://web.example:443", ""), "web.example");
  EXPECT_EQ(realms.For("", "naf.home1.net"), "3GPP-bootstrapping@naf.home1.net");
  EXPECT_EQ(realms.For("", "elsewhere"), "home1.net");
  EXPECT_TRUE(realms.Serves("web.example"));
  EXPECT_FALSE(realms.Serves("elsewhere"));
}

auth::SecurityFeatures FeaturesFor(config::Options options) {
  const auto providers = ProvidersOf(options, "home1.net");
  EXPECT_TRUE(providers.ok());
  net::Loop loop;
  net::TimerWheel wheel(loop.now().instant);
  observe::WorkerCounters counters;
  const auto made = (*providers)({loop, wheel, counters, observe::Log::Nowhere(), {}});
  EXPECT_TRUE(made.ok());
  return FeaturesOf(options, made->provider->offers());
}

// CR-02, CR-19, CR-21: what is announced must hold for all users.
TEST(FeaturesTest, WhatAllUsersHaveIsAnnounced) {
  config::Options options;
  options.users = {"alice:wonderland"};
  EXPECT_EQ(FeaturesFor(options), (auth::SecurityFeatures{true, true, true}));
  options.users.push_back("bob:0x96e72903d0fff6c72008061c92eccf7a");
  EXPECT_EQ(FeaturesFor(options), (auth::SecurityFeatures{true, true, false}));
  options.static_auth_secrets = {"secret"};
  options.use_auth_secret = true;
  EXPECT_EQ(FeaturesFor(options), (auth::SecurityFeatures{true, false, false}));
  options.users.clear();
  EXPECT_EQ(FeaturesFor(options), (auth::SecurityFeatures{true, false, true}));
}

TEST(FeaturesTest, TheOperatorMayAnnounceLess) {
  config::Options options;
  options.users = {"alice:wonderland"};
  options.userhash = false;
  options.password_algorithms = config::PasswordAlgorithms::kMd5;
  EXPECT_EQ(FeaturesFor(options), (auth::SecurityFeatures{true, false, false}));
  options.password_algorithms = config::PasswordAlgorithms::kNone;
  EXPECT_EQ(FeaturesFor(options), (auth::SecurityFeatures{false, false, false}));
}

// OA-01
TEST(TokensTest, ChallengesNameTheServerThatTokensAreSealedFor) {
  config::Options options;
  options.realm = "home1.net";
  EXPECT_EQ(TurnSettings(options).third_party_authorization, "");
  options.oauth = true;
  EXPECT_EQ(TurnSettings(options).third_party_authorization, "home1.net");
  options.server_name = "turn1.home1.net";
  EXPECT_EQ(TurnSettings(options).third_party_authorization, "turn1.home1.net");
}

}  // namespace
}  // namespace culvert
