// Which peers may be talked to (RFC 8656 sections 21.1.7, 21.2, 21.4; AL-27, AL-28, PE-05).
#include "server/turn/peer_policy.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace culvert::turn {
namespace {

std::vector<AddressRange> Ranges(std::initializer_list<const char*> texts) {
  std::vector<AddressRange> ranges;
  for (const char* text : texts) ranges.push_back(*AddressRange::Parse(text));
  return ranges;
}

PeerRules Rules(std::initializer_list<const char*> allowed,
                std::initializer_list<const char*> denied) {
  PeerRules rules;
  rules.allowed = Ranges(allowed);
  rules.denied = Ranges(denied);
  return rules;
}

bool Allows(const PeerPolicy& policy, const char* ip, const auth::Policy* user = nullptr) {
  return policy.AllowsAddress(*IpAddress::Parse(ip), user);
}

// Of `ips` those that are allowed.
std::vector<std::string> Allowed(const PeerPolicy& policy, std::initializer_list<const char*> ips) {
  std::vector<std::string> allowed;
  for (const char* ip : ips) {
    if (Allows(policy, ip)) allowed.push_back(ip);
  }
  return allowed;
}

using Texts = std::vector<std::string>;

// PE-05
TEST(PeerPolicyTest, TheRefusedKindsOfIPv4AddressesEndWhereTheyShould) {
  const PeerPolicy policy({}, {});
  EXPECT_EQ(Allowed(policy, {"0.0.0.0",         "0.255.255.255", "1.0.0.0",                       //
                             "126.255.255.255", "127.0.0.0",     "127.255.255.255", "128.0.0.0",  //
                             "169.253.255.255", "169.254.0.0",   "169.254.255.255", "169.255.0.0",
                             "191.255.255.255", "192.0.0.0",     "192.0.0.255",     "192.0.1.0",
                             "223.255.255.255", "224.0.0.0",     "239.255.255.255", "240.0.0.0",
                             "255.255.255.255"}),
            (Texts{"1.0.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0",
                   "191.255.255.255", "192.0.1.0", "223.255.255.255"}));
}

TEST(PeerPolicyTest, MetadataServicesOfCloudsAreRefusedAndTheirNeighboursAreNot) {
  const PeerPolicy policy({}, {});
  EXPECT_EQ(
      Allowed(policy, {"169.254.169.254", "100.100.100.199", "100.100.100.200", "100.100.100.201",
                       "168.63.129.16", "168.63.129.17", "fd00:ec2::254", "fd00:ec2::255"}),
      (Texts{"100.100.100.199", "100.100.100.201", "168.63.129.17", "fd00:ec2::255"}));
}

// PE-05, AL-27
TEST(PeerPolicyTest, TheRefusedKindsOfIPv6AddressesEndWhereTheyShould) {
  const PeerPolicy policy({}, {});
  EXPECT_EQ(Allowed(policy, {"::", "::1", "2001::1", "2001:0:ffff::1", "2001:1::1", "2001:db8::1",
                             "2002::1", "2002:ffff::1", "2003::1", "64:ff9b:1::1", "64:ff9b:2::1",
                             "fe7f::1", "fe80::1", "febf::1", "fec0::1", "feff::1", "ff02::1"}),
            (Texts{"2001:1::1", "2001:db8::1", "2003::1", "64:ff9b:2::1", "fe7f::1", "fec0::1",
                   "feff::1"}));
}

// The IMS core lives on private addresses.
TEST(PeerPolicyTest, PrivateAddressesAreAllowed) {
  const PeerPolicy policy({}, {});
  const auto core = {"10.1.2.3", "172.16.0.1", "192.168.0.1", "100.64.0.1", "fd00::1"};
  EXPECT_EQ(Allowed(policy, core), (Texts{core.begin(), core.end()}));
}

// PE-05: mapped, compatible, translated, NAT64, 6to4.
TEST(PeerPolicyTest, ARefusedIPv4AddressIsRefusedInEverySpelling) {
  const PeerPolicy policy({}, {});
  EXPECT_EQ(Allowed(policy,
                    {"::ffff:127.0.0.1", "::127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b::127.0.0.1",
                     "2002:7f00:1::", "::ffff:169.254.169.254", "64:ff9b::169.254.169.254"}),
            Texts{});
  EXPECT_EQ(Allowed(policy, {"::ffff:192.0.2.1", "64:ff9b::192.0.2.1"}),
            (Texts{"::ffff:192.0.2.1", "64:ff9b::192.0.2.1"}));
}

TEST(PeerPolicyTest, ADeniedIPv4RangeIsDeniedInEverySpelling) {
  const PeerPolicy policy(Rules({}, {"10.0.0.0/8"}), {});
  EXPECT_EQ(Allowed(policy, {"10.0.0.1", "::ffff:10.0.0.1", "::10.0.0.1", "64:ff9b::10.0.0.1",
                             "2002:a00:1::", "11.0.0.1"}),
            Texts{"11.0.0.1"});
}

// An IPv6 range that is allowed does not smuggle in an IPv4 address that is not.
TEST(PeerPolicyTest, EachSpellingMustBeAllowed) {
  const PeerPolicy policy(
      {.allowed = Ranges({"2002::/16", "::/0"}), .denied = Ranges({"10.0.0.0/8"})}, {});
  EXPECT_FALSE(Allows(policy, "2002:a00:1::"));
  EXPECT_FALSE(Allows(policy, "::ffff:10.0.0.1"));
  EXPECT_TRUE(Allows(policy, "2002:c000:201::"));
}

TEST(PeerPolicyTest, AllowedRangesGoBeforeDeniedAndRefusedOnes) {
  const PeerPolicy policy(Rules({"10.0.0.5", "169.254.0.0/16", "fe80::/10"}, {"10.0.0.0/8"}), {});
  EXPECT_EQ(Allowed(policy, {"10.0.0.4", "10.0.0.5", "169.254.1.1", "fe80::1", "127.0.0.1"}),
            (Texts{"10.0.0.5", "169.254.1.1", "fe80::1"}));
}

TEST(PeerPolicyTest, AllowLoopbackLiftsTheLoopbackRuleOnly) {
  PeerRules rules;
  rules.allow_loopback = true;
  const PeerPolicy policy(rules, {});
  EXPECT_EQ(Allowed(policy, {"127.0.0.1", "::1", "::ffff:127.0.0.1", "::", "0.0.0.0", "224.0.0.1",
                             "fe80::1", "169.254.1.1"}),
            (Texts{"127.0.0.1", "::1", "::ffff:127.0.0.1"}));
}

TEST(PeerPolicyTest, AllowMulticastLiftsTheMulticastRuleOnly) {
  PeerRules rules;
  rules.allow_multicast = true;
  const PeerPolicy policy(rules, {});
  EXPECT_EQ(Allowed(policy, {"224.0.0.1", "ff02::1", "127.0.0.1", "255.255.255.255"}),
            (Texts{"224.0.0.1", "ff02::1"}));
}

TEST(PeerPolicyTest, AUsersRangesGoBeforeTheOperators) {
  const PeerPolicy policy(Rules({"10.0.0.0/8"}, {"172.16.0.0/12"}), {});
  auth::Policy user;
  user.denied_peers = Ranges({"10.0.0.0/16"});
  user.allowed_peers = Ranges({"10.0.0.5", "172.16.0.1"});
  EXPECT_FALSE(Allows(policy, "10.0.0.4", &user));
  EXPECT_TRUE(Allows(policy, "10.0.0.5", &user));
  EXPECT_TRUE(Allows(policy, "10.1.0.4", &user));
  EXPECT_TRUE(Allows(policy, "172.16.0.1", &user));
  EXPECT_FALSE(Allows(policy, "172.16.0.2", &user));
}

// PE-05, AL-28
TEST(PeerPolicyTest, TheListenersAreNeverAllowedInNoSpelling) {
  const PeerPolicy policy(
      Rules({"0.0.0.0/0", "::/0"}, {}),
      {*Endpoint::Parse("203.0.113.1:443"), *Endpoint::Parse("[2001:db8::1]:443"),
       *Endpoint::Parse("[::ffff:203.0.113.2]:443")});
  auth::Policy user;
  user.allowed_peers = Ranges({"0.0.0.0/0", "::/0"});
  for (const char* listener :
       {"203.0.113.1:443", "[2001:db8::1]:443", "[::ffff:203.0.113.1]:443", "[::203.0.113.1]:443",
        "[64:ff9b::203.0.113.1]:443", "203.0.113.2:443"}) {
    EXPECT_FALSE(policy.AllowsEndpoint(*Endpoint::Parse(listener), &user)) << listener;
    EXPECT_TRUE(policy.IsListener(*Endpoint::Parse(listener))) << listener;
  }
  for (const char* other : {"203.0.113.1:444", "203.0.113.3:443", "[2001:db8::1]:444"}) {
    EXPECT_TRUE(policy.AllowsEndpoint(*Endpoint::Parse(other), &user)) << other;
    EXPECT_FALSE(policy.IsListener(*Endpoint::Parse(other))) << other;
  }
}

TEST(PeerPolicyTest, AnEndpointIsJudgedByItsAddressToo) {
  const PeerPolicy policy({}, {});
  EXPECT_FALSE(policy.AllowsEndpoint(*Endpoint::Parse("127.0.0.1:5000")));
  EXPECT_TRUE(policy.AllowsEndpoint(*Endpoint::Parse("192.0.2.1:5000")));
}

// AL-27
TEST(PeerPolicyTest, TunnelAddressesAreTeredoAndSixToFour) {
  const auto tunnel = [](const char* ip) { return IsTunnelAddress(*IpAddress::Parse(ip)); };
  EXPECT_TRUE(tunnel("2001::1"));
  EXPECT_TRUE(tunnel("2002:c000:201::"));
  EXPECT_FALSE(tunnel("2001:db8::1"));
  EXPECT_FALSE(tunnel("2003::1"));
  EXPECT_FALSE(tunnel("32.1.0.0"));
}

}  // namespace
}  // namespace culvert::turn
