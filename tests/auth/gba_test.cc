// The keys of a bootstrapping. No Ks_NAF is published anywhere, so that these values were computed
// with a few lines of another language over the text of TS 33.220 Annex B:
//
//   def kdf(key, fc, *ps):
//     s = bytes([fc])
//     for p in ps: s += p + len(p).to_bytes(2, 'big')
//     return hmac.new(key, s, hashlib.sha256).digest()
//   kdf(ck + ik, 1, b'gba-me', rand, impi.encode(), fqdn.encode() + ua)
//
// CK, IK and RAND are those of MILENAGE's test set 1 (TS 35.207), which are published.

#include "auth/gba.h"

#include <gtest/gtest.h>

#include "auth/hex.h"
#include "auth/keys.h"
#include "tests/vectors/gba.h"

namespace culvert::auth {
namespace {

using testing::gba::kBTid;
using testing::gba::kImpi;
using testing::gba::kNaf;
using testing::gba::kRealm;

template <typename Bytes>
Bytes FromHex(std::string_view hex) {
  Bytes bytes{};
  EXPECT_TRUE(ParseHex(hex, bytes)) << hex;
  return bytes;
}

Ks TestKs() {
  return FromHex<Ks>(testing::gba::kKs);
}

Rand TestRand() {
  return FromHex<Rand>(testing::gba::kRand);
}

std::string KsNafIn(GbaKey which, std::string_view ua) {
  const auto key = DeriveKsNaf(which, TestKs(), TestRand(), kImpi, kNaf, *ParseUaId(ua));
  return key ? Hex(*key) : "(none)";
}

TEST(GbaTest, TheNafIdIsTheNameAndTheProtocolBehindIt) {
  EXPECT_EQ(Hex(NafId(kNaf, kHttpDigestUa)), "7475726e312e686f6d65312e6e65740100000002");
}

// S, 74 bytes: 01 6762612d6d65 0006 23553cbe9637a89d218ae64dae47bf35 0010
// 75736572315f7072697661746540686f6d65312e6e6574 0017 7475726e312e686f6d65312e6e65740100000002 0014
TEST(GbaTest, TheKdfIsAnHmacOverCodeParametersAndLengths) {
  const Ks key = TestKs();
  const std::array<uint8_t, 32> derived = GbaKdf(
      key, 0x01, {AsBytes("gba-me"), TestRand(), AsBytes(kImpi), NafId(kNaf, kHttpDigestUa)});
  EXPECT_EQ(Hex(derived), testing::gba::kKsNaf);
}

TEST(GbaTest, KsNafFollowsKeyProtocolAndPlace) {
  EXPECT_EQ(KsNafIn(GbaKey::kMe, "0100000002"), testing::gba::kKsNaf);
  EXPECT_EQ(KsNafIn(GbaKey::kUicc, "0100000002"),
            "89f1333ad4f54ef74263a5d72b01d5a50b2b2db35f987c7e2100520cdf5bbf4b");
  EXPECT_EQ(KsNafIn(GbaKey::kMe, "010001002f"),
            "a58834439fee3de255281ddeed3ead4abe188f99400d7f4eaa7643196147a2c7");
  EXPECT_EQ(KsNafIn(GbaKey::kMe, "010001C02F"),
            "b3f154e1023f229c96e6eddd183444e1e6c82070e0dc7ede45fe9aaa1349305e");
}

TEST(GbaTest, WhatHasOtherParametersOrNoNameIsNotDerived) {
  EXPECT_EQ(KsNafIn(GbaKey::kDigest, "0100000002"), "(none)");
  EXPECT_FALSE(DeriveKsNaf(GbaKey::kMe, TestKs(), TestRand(), "", kNaf, kHttpDigestUa));
  EXPECT_FALSE(DeriveKsNaf(GbaKey::kMe, TestKs(), TestRand(), kImpi, "", kHttpDigestUa));
  const std::string endless(65531, 'a');
  EXPECT_FALSE(DeriveKsNaf(GbaKey::kMe, TestKs(), TestRand(), kImpi, endless, kHttpDigestUa));
}

TEST(GbaTest, ThePasswordIsTheKeyInBase64AndMakesTheKeysOfTurn) {
  const auto ks_naf = DeriveKsNaf(GbaKey::kMe, TestKs(), TestRand(), kImpi, kNaf, kHttpDigestUa);
  const SecretText password = GbaPassword(*ks_naf);
  EXPECT_EQ(password.view(), "S1E1O1iP5KTQAykCeERMkJxTJ0klOJRwmwvez7A4Lm4=");
  const IntegrityKeys keys = DeriveKeys(kBTid, kRealm, password.view());
  EXPECT_EQ(Hex(*keys.md5), "78d5edbc0307d7ba8a75b8dc660ab0ee");
  EXPECT_EQ(Hex(*keys.sha256), "037047debd6d96920e1ba7a6c1f8df4095a886f9cfab758b6ccbdf8f39b37e3c");
  EXPECT_EQ(Hex(DeriveUserHash(kBTid, kRealm)),
            "938440fecef3e4082eebe4313d8a2a2a02fb9de5c98ccbec7634a8934e513845");
}

TEST(GbaTest, ABTidIsSixteenBytesInBase64AtAHost) {
  EXPECT_TRUE(IsBTid(kBTid));
  EXPECT_TRUE(IsBTid("AAAAAAAAAAAAAAAAAAAAAA==@b"));
  for (const std::string_view other :
       {"", "@", "alice", "alice@home1.net",
        "I1U8vpY3qJ0hiuZNrke/NQ==", "I1U8vpY3qJ0hiuZNrke/NQ==@",
        "I1U8vpY3qJ0hiuZNrke/NQ@bsf.home1.net", "I1U8vpY3qJ0hiuZNrke/N===@bsf.home1.net",
        "I1U8vpY3qJ0hiuZNrke/N*==@bsf.home1.net", "I1U8vpY3qJ0hiuZNrke/NQ==@bsf home1.net",
        "I1U8vpY3qJ0hiuZNrke/NQ==@bsf@home1.net", "I1U8vpY3qJ0hiuZNrke/NQAA@bsf.home1.net",
        "I1U8vpY3qJ0hiuZNrke/NQ==@bsf/home1.net", "@bsf.home1.net"}) {
    EXPECT_FALSE(IsBTid(other)) << other;
  }
}

TEST(GbaTest, TheRealmSaysWhichKeyAndForWhom) {
  const auto me = ParseGbaRealm("3GPP-bootstrapping@turn1.home1.net");
  ASSERT_TRUE(me);
  EXPECT_EQ(me->key, GbaKey::kMe);
  EXPECT_EQ(me->naf, kNaf);
  const auto uicc = ParseGbaRealm("3GPP-bootstrapping-uicc@turn1.home1.net");
  ASSERT_TRUE(uicc);
  EXPECT_EQ(uicc->key, GbaKey::kUicc);
  EXPECT_EQ(uicc->naf, kNaf);
  const auto digest = ParseGbaRealm("3GPP-bootstrapping-digest@n");
  ASSERT_TRUE(digest);
  EXPECT_EQ(digest->key, GbaKey::kDigest);
  EXPECT_EQ(digest->naf, "n");
  for (const std::string_view other :
       {"", "home1.net", "3GPP-bootstrapping@", "3gpp-bootstrapping@turn1.home1.net",
        "3GPP-bootstrapping-akma@turn1.home1.net", "3GPP-bootstrapping"}) {
    EXPECT_FALSE(ParseGbaRealm(other)) << other;
  }
}

TEST(GbaTest, AProtocolIdIsTenHexDigits) {
  EXPECT_EQ(ParseUaId("0100000002"), kHttpDigestUa);
  EXPECT_EQ(ParseUaId("ff00aB0001"), (UaId{0xff, 0x00, 0xab, 0x00, 0x01}));
  for (const std::string_view other : {"", "01", "010000000", "01000000020", "01000000zz"}) {
    EXPECT_FALSE(ParseUaId(other)) << other;
  }
}

}  // namespace
}  // namespace culvert::auth
