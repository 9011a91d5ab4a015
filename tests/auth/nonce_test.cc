#include "auth/nonce.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace culvert::auth {
namespace {

constexpr std::string_view kRealm = "culvert.test";
constexpr seconds kLifetime{600};
constexpr uint64_t kRandom = 0x0123456789abcdef;
constexpr SecurityFeatures kAlgorithms{.password_algorithms = true};

ClusterKey CountingKey() {
  ClusterKey key;
  for (size_t i = 0; i < key.size(); ++i) key[i] = static_cast<uint8_t>(i);
  return key;
}

WallTime At(int64_t unix_seconds) {
  return WallTime(seconds(unix_seconds));
}

class NonceTest : public testing::Test {
 protected:
  std::string IssueOverUdp() const { return Issue(&client_); }
  std::string IssueOverStream() const { return Issue(nullptr); }

  std::string Issue(const IpAddress* bind_to, SecurityFeatures features = kAlgorithms,
                    uint64_t random = kRandom) const {
    std::array<char, NonceSealer::kSize> out;
    sealer_.Issue(kRealm, features, bind_to, issued_, random, &out);
    return {out.data(), out.size()};
  }

  NonceVerdict OverUdp(std::string_view nonce, WallTime now) const {
    return sealer_.Check(nonce, kRealm, client_, true, now);
  }
  NonceVerdict OverStream(std::string_view nonce, WallTime now) const {
    return sealer_.Check(nonce, kRealm, client_, false, now);
  }

  const WallTime issued_ = At(1700000000);
  const IpAddress client_ = IpAddress::V4(192, 0, 2, 1);
  const IpAddress elsewhere_ = IpAddress::V4(192, 0, 2, 2);
  const NonceSealer sealer_{CountingKey(), kLifetime};
};

// Computed with Python's hmac from the layout in nonce.cc.
TEST_F(NonceTest, BytesAreThoseOfAnIndependentImplementation) {
  const IpAddress v6 = *IpAddress::Parse("2001:db8::1");
  EXPECT_EQ(Issue(&client_), "obMatJos2gAAAZVPxAAEjRWeJq83v3J0u-cpH7r2TQapR");
  EXPECT_EQ(Issue(&v6, {.password_algorithms = true, .username_anonymity = true}),
            "obMatJos2wAAAZVPxAAEjRWeJq83vDK9CkUw9VAjZkcw2");
  EXPECT_EQ(Issue(nullptr, {}), "obMatJos2AAAAZVPxAAAjRWeJq83vERitqueB7rohMVlA");
  EXPECT_EQ(Issue(nullptr, {.username_anonymity = true}),
            "obMatJos2QAAAZVPxAAAjRWeJq83vj5Xs038zYRpnI9qI");
}

TEST_F(NonceTest, FreshUntilTheLifetimeIsOver) {
  const std::string nonce = IssueOverUdp();
  EXPECT_EQ(OverUdp(nonce, issued_), NonceVerdict::kFresh);
  EXPECT_EQ(OverUdp(nonce, issued_ + seconds(600)), NonceVerdict::kFresh);
  EXPECT_EQ(OverUdp(nonce, issued_ + seconds(601)), NonceVerdict::kStale);
  EXPECT_EQ(OverUdp(nonce, issued_ + std::chrono::hours(24 * 365)), NonceVerdict::kStale);
}

TEST_F(NonceTest, ClockAFewSecondsBehindTheIssuersIsTolerated) {
  const std::string nonce = IssueOverStream();
  EXPECT_EQ(OverStream(nonce, issued_ - seconds(1)), NonceVerdict::kFresh);
  EXPECT_EQ(OverStream(nonce, issued_ - NonceSealer::kClockSkew), NonceVerdict::kFresh);
  EXPECT_EQ(OverStream(nonce, issued_ - NonceSealer::kClockSkew - seconds(1)),
            NonceVerdict::kStale);
}

TEST_F(NonceTest, LifetimeZeroIsForEver) {
  const NonceSealer forever(CountingKey(), seconds(0));
  const std::string nonce = IssueOverStream();
  for (const WallTime now :
       {issued_ - std::chrono::hours(1), issued_, issued_ + std::chrono::hours(24 * 365 * 30)}) {
    EXPECT_EQ(forever.Check(nonce, kRealm, client_, false, now), NonceVerdict::kFresh);
  }
}

TEST_F(NonceTest, AgeIsRightAcrossTheEndOf32BitTime) {
  const WallTime last = At(0xffffffff);
  std::array<char, NonceSealer::kSize> nonce;
  sealer_.Issue(kRealm, kAlgorithms, nullptr, last, kRandom, &nonce);
  const std::string_view text(nonce.data(), nonce.size());
  EXPECT_EQ(OverStream(text, last + seconds(10)), NonceVerdict::kFresh);
  EXPECT_EQ(OverStream(text, last + seconds(601)), NonceVerdict::kStale);
}

TEST_F(NonceTest, EveryWorkerWithTheKeyKnowsIt) {
  const NonceSealer other_node(CountingKey(), kLifetime);
  EXPECT_EQ(other_node.Check(IssueOverUdp(), kRealm, client_, true, issued_), NonceVerdict::kFresh);
}

TEST_F(NonceTest, AnotherKeyMakesItForeign) {
  ClusterKey key = CountingKey();
  key[31] ^= 1;
  EXPECT_EQ(NonceSealer(key, kLifetime).Check(IssueOverUdp(), kRealm, client_, true, issued_),
            NonceVerdict::kForeign);
}

TEST_F(NonceTest, AnotherRealmMakesItForeign) {
  const std::string nonce = IssueOverStream();
  for (const std::string_view realm : {"", "culvert.tes", "culvert.test2", "Culvert.test"}) {
    EXPECT_EQ(sealer_.Check(nonce, realm, client_, false, issued_), NonceVerdict::kForeign)
        << realm;
  }
}

// There is no port to check against: only the address goes into the seal.
TEST_F(NonceTest, BoundToTheAddressOverUdp) {
  const std::string nonce = IssueOverUdp();
  EXPECT_EQ(sealer_.Check(nonce, kRealm, client_, true, issued_), NonceVerdict::kFresh);
  EXPECT_EQ(sealer_.Check(nonce, kRealm, elsewhere_, true, issued_), NonceVerdict::kForeign);
}

TEST_F(NonceTest, ABoundNonceStaysBoundOverStreams) {
  const std::string nonce = IssueOverUdp();
  EXPECT_EQ(sealer_.Check(nonce, kRealm, client_, false, issued_), NonceVerdict::kFresh);
  EXPECT_EQ(sealer_.Check(nonce, kRealm, elsewhere_, false, issued_), NonceVerdict::kForeign);
}

TEST_F(NonceTest, UdpDemandsABoundNonce) {
  const std::string nonce = IssueOverStream();
  EXPECT_EQ(OverUdp(nonce, issued_), NonceVerdict::kForeign);
}

// RFC 6062 clients send ConnectionBind with the control connection's nonce, and a farm of HTTP
// proxies gives each connection another address.
TEST_F(NonceTest, AStreamsNonceIsGoodFromEveryAddress) {
  const std::string nonce = IssueOverStream();
  EXPECT_EQ(sealer_.Check(nonce, kRealm, elsewhere_, false, issued_), NonceVerdict::kFresh);
  EXPECT_EQ(sealer_.Check(nonce, kRealm, *IpAddress::Parse("2001:db8::1"), false, issued_),
            NonceVerdict::kFresh);
}

TEST_F(NonceTest, AddressesOfOtherFamiliesWithTheSameBytesAreOthers) {
  const IpAddress v4 = IpAddress::V4(32, 1, 13, 184);
  const IpAddress v6 = *IpAddress::Parse("2001:db8::");
  EXPECT_EQ(sealer_.Check(Issue(&v4), kRealm, v6, true, issued_), NonceVerdict::kForeign);
  EXPECT_EQ(sealer_.Check(Issue(&v6), kRealm, v4, true, issued_), NonceVerdict::kForeign);
}

TEST_F(NonceTest, AMappedAddressIsItsIPv4Address) {
  const IpAddress mapped = *IpAddress::Parse("::ffff:192.0.2.1");
  EXPECT_EQ(sealer_.Check(IssueOverUdp(), kRealm, mapped, true, issued_), NonceVerdict::kFresh);
}

TEST_F(NonceTest, EveryChangeOfOneCharacterMakesItForeign) {
  for (const std::string& nonce : {IssueOverUdp(), IssueOverStream()}) {
    ASSERT_EQ(OverStream(nonce, issued_), NonceVerdict::kFresh);
    for (size_t i = 0; i < nonce.size(); ++i) {
      for (int c = 0; c < 256; ++c) {
        std::string changed = nonce;
        changed[i] = static_cast<char>(c);
        if (changed == nonce) continue;
        ASSERT_EQ(OverStream(changed, issued_), NonceVerdict::kForeign)
            << "character " << i << " is " << c;
      }
    }
  }
}

TEST_F(NonceTest, OtherSizesAreForeign) {
  const std::string nonce = IssueOverStream();
  for (size_t size = 0; size < nonce.size(); ++size) {
    EXPECT_EQ(OverStream(std::string_view(nonce).substr(0, size), issued_), NonceVerdict::kForeign);
  }
  EXPECT_EQ(OverStream(nonce + "A", issued_), NonceVerdict::kForeign);
  EXPECT_EQ(OverStream(nonce + nonce, issued_), NonceVerdict::kForeign);
}

// RFC 8489 section 14.10: at most 127 characters of qdtext or quoted-pair; section 9.2: the cookie.
TEST_F(NonceTest, ConsistsOfCookieFeaturesAndBase64UrlOnly) {
  std::set<char> seen;
  for (uint64_t random = 0; random < 200; ++random) {
    const std::string nonce = Issue(&client_, kAlgorithms, random);
    ASSERT_EQ(nonce.size(), 45u);
    ASSERT_EQ(nonce.substr(0, 13), "obMatJos2gAAA");
    const std::string sealed = nonce.substr(13);
    seen.insert(sealed.begin(), sealed.end());
  }
  const std::string_view alphabet =
      "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
  EXPECT_EQ(std::string(seen.begin(), seen.end()), alphabet);
}

TEST_F(NonceTest, AnotherRandomNumberMakesAnotherNonce) {
  std::set<std::string> nonces;
  for (uint64_t random = 0; random < 100; ++random) {
    nonces.insert(Issue(&client_, kAlgorithms, random));
  }
  EXPECT_EQ(nonces.size(), 100u);
}

TEST_F(NonceTest, FeaturesAreReadBackAsAnnounced) {
  for (const bool algorithms : {false, true}) {
    for (const bool anonymity : {false, true}) {
      for (const bool sha256 : {false, true}) {
        const SecurityFeatures features{algorithms, anonymity, sha256};
        EXPECT_EQ(NonceSealer::FeaturesOf(Issue(nullptr, features)), features);
      }
    }
  }
}

TEST_F(NonceTest, TextWithoutACookieAnnouncesNothing) {
  for (const std::string_view nonce :
       {"", "obMatJos2", "obMatJos2gAA", "obMatJos2g*AA", "obMatJos2g-AA", "obmatjos2gAAA",
        "xobMatJos2gAAA", "f//499k954d6OL34oL9FSTvy64sA"}) {
    EXPECT_EQ(NonceSealer::FeaturesOf(nonce), SecurityFeatures{}) << nonce;
  }
}

// Feature bits that have no meaning yet do not disturb those that have.
TEST_F(NonceTest, UnknownFeatureBitsAreIgnored) {
  const auto announcing = [this](std::string_view bits) {
    return NonceSealer::FeaturesOf("obMatJos2" + std::string(bits) + Issue(nullptr, {}).substr(13));
  };
  EXPECT_EQ(announcing("////"), (SecurityFeatures{true, true, false}));
  EXPECT_EQ(announcing("P///"), (SecurityFeatures{false, false, false}));
}

}  // namespace
}  // namespace culvert::auth
