#include "auth/providers/redis_answer.h"

#include <gtest/gtest.h>

#include "auth/hex.h"
#include "auth/keys.h"
#include "tests/auth/replies.h"
#include "tests/vectors/gba.h"

namespace culvert::auth {
namespace {

using redis::Reply;
namespace gba = testing::gba;

constexpr int64_t kNow = 1'700'000'000;
constexpr const char* kHa1 = "96e72903d0fff6c72008061c92eccf7a";

AskedUser Asked(std::string name, std::string realm = "home1.net") {
  return {name, name, std::move(realm), std::nullopt, {Instant(), WallTime(seconds(kNow))}};
}

class RedisAnswerTest : public ::testing::Test {
 protected:
  Answer AnswerTo(const AskedUser& asked) {
    findings_.clear();
    return AnswerFrom(asked, replies_, settings_, &findings_);
  }
  // "unknown-user", ...; "known" for a credential.
  std::string Outcome(const AskedUser& asked) {
    const Answer answer = AnswerTo(asked);
    return answer.ok() ? "known" : RefusalName(answer.error());
  }
  std::string Findings() const {
    std::string all;
    for (const Finding& finding : findings_) {
      all += (finding.bad ? "bad " : "fine ") + finding.key + ": " + finding.what + "\n";
    }
    return all;
  }
  // The MD5 key, "none" without a credential.
  std::string Md5Of(const AskedUser& asked) {
    const Answer answer = AnswerTo(asked);
    return answer.ok() && (*answer)->keys.md5 ? Hex(*(*answer)->keys.md5) : "none";
  }

  UserReplies replies_;
  RedisUserSettings settings_;
  std::vector<Finding> findings_;
};

TEST_F(RedisAnswerTest, ADigestRecordIsTheUsersKeyAndPolicy) {
  replies_.digest = Hash({{"ha1", kHa1},
                          {"expires", std::to_string(kNow + 60)},
                          {"user-quota", "2"},
                          {"max-lifetime", "700"}});
  const Answer answer = AnswerTo(Asked(gba::kImpi));
  ASSERT_TRUE(answer.ok());
  const Credential& credential = **answer;
  EXPECT_EQ(credential.username, gba::kImpi);
  EXPECT_EQ(credential.subject, gba::kImpi);
  EXPECT_EQ(credential.account, "");
  EXPECT_EQ(credential.realm, "home1.net");
  EXPECT_EQ(Hex(*credential.keys.md5), kHa1);
  EXPECT_EQ(
      credential.keys,
      (IntegrityKeys{DeriveMd5Key(gba::kImpi, "home1.net", "secret-password"), std::nullopt}));
  EXPECT_EQ(credential.expiry, WallTime(seconds(kNow + 60)));
  EXPECT_EQ(credential.policy.user_quota, 2u);
  EXPECT_EQ(credential.policy.max_lifetime, seconds(700));
  EXPECT_EQ(Findings(), "");
}

TEST_F(RedisAnswerTest, TheSubjectMayBeAnother) {
  replies_.digest = Hash({{"ha1", kHa1}, {"subject", "subscriber 7"}});
  EXPECT_EQ((*AnswerTo(Asked(gba::kImpi)))->subject, "subscriber 7");
}

TEST_F(RedisAnswerTest, AnImpuHasTheKeyOfItsImpi) {
  replies_.digest = Hash({{"ha1", kHa1}});
  AskedUser asked = Asked("sip:alice@home1.net");
  asked.account = gba::kImpi;
  const Answer answer = AnswerTo(asked);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ((*answer)->username, "sip:alice@home1.net");
  EXPECT_EQ((*answer)->account, gba::kImpi);
  EXPECT_EQ((*answer)->subject, gba::kImpi);
  EXPECT_EQ(Hex(*(*answer)->keys.md5), kHa1);
}

TEST_F(RedisAnswerTest, AHashIsKeptForTheNextRequest) {
  replies_.digest = Hash({{"ha1", kHa1}});
  AskedUser asked = Asked(gba::kImpi);
  asked.userhash = UserHash{1, 2, 3};
  EXPECT_EQ((*AnswerTo(asked))->userhash, asked.userhash);
}

TEST_F(RedisAnswerTest, WhoIsBarredOrOverIsRefusedWhateverElseKnowsThem) {
  replies_.key = String(kHa1);
  replies_.digest = Hash({{"ha1", kHa1}, {"barred", "1"}});
  EXPECT_EQ(Outcome(Asked(gba::kImpi)), "barred");
  replies_.digest = Hash({{"ha1", kHa1}, {"expires", std::to_string(kNow)}});
  EXPECT_EQ(Outcome(Asked(gba::kImpi)), "expired");
  replies_.digest = Hash({{"ha1", kHa1}, {"expires", std::to_string(kNow + 1)}});
  EXPECT_EQ(Outcome(Asked(gba::kImpi)), "known");
}

TEST_F(RedisAnswerTest, ARecordThatCannotBeReadLetsNobodyIn) {
  replies_.key = String(kHa1);
  replies_.digest = Hash({{"ha1", "secret"}});
  EXPECT_EQ(Outcome(Asked("alice")), "unknown-user");
  EXPECT_EQ(Findings(), "bad culvert/digest/home1.net/alice: ha1: expected 32 hex digits\n");
  replies_.digest = WrongType();
  EXPECT_EQ(Outcome(Asked("alice")), "unknown-user");
  EXPECT_EQ(Findings(), "bad culvert/digest/home1.net/alice: is not a hash\n");
  replies_.digest = Reply();
  replies_.key = String("open password");
  EXPECT_EQ(Outcome(Asked("alice")), "unknown-user");
  EXPECT_EQ(Findings(), "bad turn/realm/home1.net/user/alice/key: expected 32 hex digits\n");
}

TEST_F(RedisAnswerTest, KsNafIsThePasswordOfABTid) {
  replies_.gba = Hash({{"ks-naf", gba::kKsNaf},
                       {"naf", gba::kNaf},
                       {"impi", gba::kImpi},
                       {"expires", std::to_string(kNow + 3600)}});
  const Answer answer = AnswerTo(Asked(gba::kBTid, gba::kRealm));
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(Hex(*(*answer)->keys.md5), "78d5edbc0307d7ba8a75b8dc660ab0ee");
  EXPECT_EQ(Hex(*(*answer)->keys.sha256),
            "037047debd6d96920e1ba7a6c1f8df4095a886f9cfab758b6ccbdf8f39b37e3c");
  EXPECT_EQ((*answer)->username, gba::kBTid);
  EXPECT_EQ((*answer)->subject, gba::kImpi);
  EXPECT_EQ((*answer)->expiry, WallTime(seconds(kNow + 3600)));
}

TEST_F(RedisAnswerTest, KsIsTurnedIntoTheKeyOfTheRealmsNaf) {
  replies_.gba = Hash({{"ks", gba::kKs}, {"rand", gba::kRand}, {"impi", gba::kImpi}});
  EXPECT_EQ(Md5Of(Asked(gba::kBTid, gba::kRealm)), "78d5edbc0307d7ba8a75b8dc660ab0ee");
  const auto password = [](std::string_view hex) {
    KsNaf key;
    EXPECT_TRUE(ParseHex(hex, key));
    return GbaPassword(key);
  };
  const std::string uicc = "3GPP-bootstrapping-uicc@turn1.home1.net";
  const SecretText int_naf =
      password("89f1333ad4f54ef74263a5d72b01d5a50b2b2db35f987c7e2100520cdf5bbf4b");
  EXPECT_EQ(Md5Of(Asked(gba::kBTid, uicc)), Hex(DeriveMd5Key(gba::kBTid, uicc, int_naf.view())));
  settings_.gba_ua = *ParseUaId("010001002f");
  const SecretText other_ua =
      password("a58834439fee3de255281ddeed3ead4abe188f99400d7f4eaa7643196147a2c7");
  EXPECT_EQ(Md5Of(Asked(gba::kBTid, gba::kRealm)),
            Hex(DeriveMd5Key(gba::kBTid, gba::kRealm, other_ua.view())));
}

TEST_F(RedisAnswerTest, InARealmThatNamesNoNafItIsTheConfiguredOne) {
  const std::string expected =
      Hex(DeriveMd5Key(gba::kBTid, "home1.net", "S1E1O1iP5KTQAykCeERMkJxTJ0klOJRwmwvez7A4Lm4="));
  replies_.gba = Hash({{"ks", gba::kKs}, {"rand", gba::kRand}, {"impi", gba::kImpi}});
  EXPECT_EQ(Md5Of(Asked(gba::kBTid)), "none");
  EXPECT_EQ(Findings(), "bad culvert/gba/" + std::string(gba::kBTid) +
                            ": holds no key for this realm's NAF, Ua and kind of GBA\n");
  settings_.gba_naf = gba::kNaf;
  EXPECT_EQ(Md5Of(Asked(gba::kBTid)), expected);
  replies_.gba = Hash({{"ks-naf", gba::kKsNaf}, {"naf", "TURN1.home1.net"}});
  EXPECT_EQ(Md5Of(Asked(gba::kBTid)), expected);
  settings_.gba_naf.clear();
  EXPECT_EQ(Md5Of(Asked(gba::kBTid)), expected);
}

TEST_F(RedisAnswerTest, AKeyForAnotherNafUaOrKindIsNone) {
  replies_.gba = Hash({{"ks-naf", gba::kKsNaf}, {"naf", "turn2.home1.net"}});
  EXPECT_EQ(Outcome(Asked(gba::kBTid, gba::kRealm)), "unknown-user");
  replies_.gba = Hash({{"ks-naf", gba::kKsNaf}, {"naf", gba::kNaf}, {"ua", "0100000001"}});
  EXPECT_EQ(Outcome(Asked(gba::kBTid, gba::kRealm)), "unknown-user");
  replies_.gba = Hash({{"ks-naf", gba::kKsNaf}, {"naf", gba::kNaf}});
  EXPECT_EQ(Outcome(Asked(gba::kBTid, "3GPP-bootstrapping-uicc@turn1.home1.net")), "unknown-user");
  EXPECT_EQ(Outcome(Asked(gba::kBTid, "3GPP-bootstrapping-digest@turn1.home1.net")), "known");
  replies_.gba = Hash({{"ks", gba::kKs}, {"rand", gba::kRand}, {"impi", gba::kImpi}});
  EXPECT_EQ(Outcome(Asked(gba::kBTid, "3GPP-bootstrapping-digest@turn1.home1.net")),
            "unknown-user");
}

TEST_F(RedisAnswerTest, AnOldKeyIsExpiredAndTheOperatorReadsThatBootstrappingIsDue) {
  replies_.gba =
      Hash({{"ks-naf", gba::kKsNaf}, {"naf", gba::kNaf}, {"expires", std::to_string(kNow)}});
  EXPECT_EQ(Outcome(Asked(gba::kBTid, gba::kRealm)), "expired");
  EXPECT_EQ(Findings(), "fine culvert/gba/" + std::string(gba::kBTid) +
                            ": the key's time is over: bootstrapping is due\n");
  replies_.gba = Hash({{"barred", "1"}});
  EXPECT_EQ(Outcome(Asked(gba::kBTid, gba::kRealm)), "barred");
}

TEST_F(RedisAnswerTest, CoturnsKeyIsAnMd5Key) {
  replies_.key = String(kHa1);
  const Answer answer = AnswerTo(Asked("alice"));
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(Hex(*(*answer)->keys.md5), kHa1);
  EXPECT_FALSE((*answer)->keys.sha256);
  EXPECT_EQ((*answer)->subject, "alice");
  EXPECT_EQ((*answer)->expiry, kNoExpiry);
}

TEST_F(RedisAnswerTest, CoturnsSecretsMakeTheKeysOfNamesWithADate) {
  replies_.secrets = Set({"west", "north"});
  const std::string name = std::to_string(kNow + 60) + ":alice";
  const Answer answer = AnswerTo(Asked(name));
  ASSERT_TRUE(answer.ok());
  const auto keys_of = [&name](std::string_view secret) {
    return DeriveKeys(name, "home1.net", EphemeralPassword(secret, name).view());
  };
  EXPECT_EQ((*answer)->keys, keys_of("north"));
  EXPECT_EQ((*answer)->older_keys, std::vector<IntegrityKeys>{keys_of("west")});
  EXPECT_EQ((*answer)->subject, "alice");
  EXPECT_EQ((*answer)->expiry, WallTime(seconds(kNow + 60)));
  EXPECT_EQ(Outcome(Asked(std::to_string(kNow) + ":alice")), "expired");
  EXPECT_EQ(Outcome(Asked("alice")), "unknown-user");
  settings_.rest_separator = '-';
  EXPECT_EQ(Outcome(Asked(std::to_string(kNow + 60) + "-alice")), "known");
}

TEST_F(RedisAnswerTest, TheFirstRecordThatKnowsTheUserDecides) {
  replies_.key = String("00112233445566778899aabbccddeeff");
  replies_.digest = Hash({{"ha1", kHa1}});
  EXPECT_EQ(Md5Of(Asked("alice")), kHa1);
  replies_.secrets = Set({"north"});
  replies_.digest = Reply();
  EXPECT_EQ(Md5Of(Asked(std::to_string(kNow + 60) + ":alice")), "00112233445566778899aabbccddeeff");
}

TEST_F(RedisAnswerTest, TheRealmsLimitsHoldForAllKindsAndTheUsersOwnGoBefore) {
  replies_.user_quota = String("5");
  replies_.total_quota = String("50");
  replies_.max_bps = String("1000");
  replies_.allowed_peers = Set({"10.0.0.0/8"});
  replies_.denied_peers = Set({"192.0.2.0/24"});
  replies_.key = String(kHa1);
  const Policy of_realm = (*AnswerTo(Asked("alice")))->policy;
  EXPECT_EQ(of_realm.user_quota, 5u);
  EXPECT_EQ(of_realm.realm_quota, 50u);
  EXPECT_EQ(of_realm.max_bytes_per_second, 1000u);
  EXPECT_EQ(of_realm.max_lifetime, std::nullopt);
  EXPECT_EQ(of_realm.allowed_peers.size(), 1u);
  EXPECT_EQ(of_realm.denied_peers.size(), 1u);
  replies_.digest = Hash({{"ha1", kHa1}, {"max-bps", "7"}, {"denied-peer-ip", "10.0.0.5"}});
  const Policy of_user = (*AnswerTo(Asked("alice")))->policy;
  EXPECT_EQ(of_user.user_quota, 5u);
  EXPECT_EQ(of_user.max_bytes_per_second, 7u);
  // The realm's allowed ranges would hide what is denied to this user.
  EXPECT_TRUE(of_user.allowed_peers.empty());
  EXPECT_EQ(of_user.denied_peers, std::vector<AddressRange>{*AddressRange::Parse("10.0.0.5")});
}

TEST_F(RedisAnswerTest, LimitsOfTheRealmThatCannotBeReadAreNamedAndLeftOut) {
  replies_.key = String(kHa1);
  replies_.user_quota = String("many");
  replies_.max_bps = WrongType();
  replies_.denied_peers = Set({"localhost"});
  const Answer answer = AnswerTo(Asked("alice"));
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ((*answer)->policy.user_quota, std::nullopt);
  EXPECT_EQ((*answer)->policy.max_bytes_per_second, std::nullopt);
  EXPECT_EQ(Findings(),
            "bad turn/realm/home1.net/user-quota: expected a number up to 4294967295\n"
            "bad turn/realm/home1.net/max-bps: expected a number up to 18446744073709551615\n"
            "bad turn/realm/home1.net/denied-peer-ip: expected addresses and ranges of them; the "
            "others hold\n");
}

TEST_F(RedisAnswerTest, AnEmptyDatabaseIsTakenForOneThatHasLostItsData) {
  EXPECT_EQ(Outcome(Asked("alice")), "unknown-user");
  replies_.database_size = Reply::Integer(1);
  EXPECT_EQ(Outcome(Asked("alice")), "unknown-user");
  replies_.database_size = Reply::Integer(0);
  EXPECT_EQ(Outcome(Asked("alice")), "provider-down");
}

}  // namespace
}  // namespace culvert::auth
