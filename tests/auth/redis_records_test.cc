#include "auth/providers/redis_records.h"

#include <gtest/gtest.h>

#include "auth/hex.h"
#include "tests/auth/replies.h"
#include "tests/vectors/gba.h"

namespace culvert::auth {
namespace {

using redis::Reply;
using Field = std::pair<std::string, std::string>;

const Field kHa1 = {"ha1", "96e72903d0fff6c72008061c92eccf7a"};
const Field kHa1Sha256 = {"ha1-sha256",
                          "EA4C6E4B6CC38AAACAF34D418746B157C1BC1FB91BB6A088919AA76953F2EB87"};
const Field kKsNaf = {"ks-naf", testing::gba::kKsNaf};
const Field kNaf = {"naf", testing::gba::kNaf};
const Field kKs = {"ks", testing::gba::kKs};
const Field kRand = {"rand", testing::gba::kRand};
const Field kImpi = {"impi", testing::gba::kImpi};

// "ok", "absent", or what is wrong.
template <typename T>
std::string Verdict(const Parsed<T>& parsed) {
  if (!parsed) return parsed.error();
  return *parsed ? "ok" : "absent";
}

AddressRange Range(std::string_view text) {
  return *AddressRange::Parse(text);
}

TEST(DigestRecordTest, EveryFieldIsRead) {
  const auto parsed = ParseDigestRecord(Hash({kHa1,
                                              kHa1Sha256,
                                              {"expires", "1700000000"},
                                              {"barred", "0"},
                                              {"subject", "subscriber 7"},
                                              {"user-quota", "3"},
                                              {"max-bps", "125000"},
                                              {"max-lifetime", "900"},
                                              {"allowed-peer-ip", "10.0.0.0/8, 192.0.2.1"},
                                              {"denied-peer-ip", "10.0.0.1-10.0.0.9"},
                                              {"note", "not ours"}}));
  ASSERT_EQ(Verdict(parsed), "ok");
  const DigestRecord& record = **parsed;
  EXPECT_EQ(Hex(*record.keys.md5), "96e72903d0fff6c72008061c92eccf7a");
  EXPECT_EQ(Hex(*record.keys.sha256),
            "ea4c6e4b6cc38aaacaf34d418746b157c1bc1fb91bb6a088919aa76953f2eb87");
  EXPECT_EQ(record.expiry, WallTime(seconds(1700000000)));
  EXPECT_FALSE(record.barred);
  EXPECT_EQ(record.subject, "subscriber 7");
  EXPECT_EQ(record.policy.user_quota, 3u);
  EXPECT_EQ(record.policy.max_bytes_per_second, 125000u);
  EXPECT_EQ(record.policy.max_lifetime, seconds(900));
  EXPECT_EQ(record.policy.allowed_peers,
            (std::vector<AddressRange>{Range("10.0.0.0/8"), Range("192.0.2.1")}));
  EXPECT_EQ(record.policy.denied_peers, std::vector<AddressRange>{Range("10.0.0.1-10.0.0.9")});
}

TEST(DigestRecordTest, OneKeyIsEnoughAndABarredUserNeedsNone) {
  const auto md5 = ParseDigestRecord(Hash({kHa1}));
  ASSERT_EQ(Verdict(md5), "ok");
  EXPECT_FALSE((*md5)->keys.sha256);
  EXPECT_EQ((*md5)->expiry, kNoExpiry);
  EXPECT_EQ((*md5)->subject, "");
  EXPECT_EQ(Verdict(ParseDigestRecord(Hash({kHa1Sha256}))), "ok");
  const auto barred = ParseDigestRecord(Hash({{"barred", "1"}}));
  ASSERT_EQ(Verdict(barred), "ok");
  EXPECT_TRUE((*barred)->barred);
}

TEST(DigestRecordTest, NothingIsThereWithoutTheKey) {
  EXPECT_EQ(Verdict(ParseDigestRecord(Hash({}))), "absent");
  EXPECT_EQ(Verdict(ParseDigestRecord(Reply())), "absent");
}

TEST(DigestRecordTest, WhatIsWrongIsNamedWithoutItsValue) {
  const auto with = [](Field field) { return Verdict(ParseDigestRecord(Hash({kHa1, field}))); };
  EXPECT_EQ(Verdict(ParseDigestRecord(Hash({{"ha1", "secret"}}))), "ha1: expected 32 hex digits");
  EXPECT_EQ(Verdict(ParseDigestRecord(Hash({{"ha1", kHa1.second + "0"}}))),
            "ha1: expected 32 hex digits");
  EXPECT_EQ(with({"ha1-sha256", kHa1.second}), "ha1-sha256: expected 64 hex digits");
  EXPECT_EQ(with({"expires", "tomorrow"}), "expires: expected a number up to 99999999999");
  EXPECT_EQ(with({"expires", "-1"}), "expires: expected a number up to 99999999999");
  EXPECT_EQ(with({"expires", "1700000000000"}), "expires: expected a number up to 99999999999");
  EXPECT_EQ(with({"expires", ""}), "expires: expected a number up to 99999999999");
  EXPECT_EQ(with({"barred", "yes"}), "barred: expected 0 or 1");
  EXPECT_EQ(with({"subject", ""}), "subject: is empty");
  EXPECT_EQ(with({"user-quota", "4294967296"}), "user-quota: expected a number up to 4294967295");
  EXPECT_EQ(with({"max-bps", "1k"}), "max-bps: expected a number up to 18446744073709551615");
  EXPECT_EQ(with({"max-lifetime", " 7"}), "max-lifetime: expected a number up to 4294967295");
  EXPECT_EQ(with({"allowed-peer-ip", "10.0.0.0/8;10.1.0.0/16"}),
            "allowed-peer-ip: expected address ranges with commas between them");
  EXPECT_EQ(with({"denied-peer-ip", "10.0.0.1,,10.0.0.2"}),
            "denied-peer-ip: expected address ranges with commas between them");
  EXPECT_EQ(Verdict(ParseDigestRecord(Hash({{"expires", "1700000000"}}))),
            "has neither ha1 nor ha1-sha256");
}

TEST(DigestRecordTest, AnotherTypeIsNoHash) {
  EXPECT_EQ(Verdict(ParseDigestRecord(WrongType())), "is not a hash");
  EXPECT_EQ(Verdict(ParseDigestRecord(String("ha1"))), "is not a hash");
  EXPECT_EQ(Verdict(ParseDigestRecord(Set({"ha1"}))), "is not a hash");
  EXPECT_EQ(Verdict(ParseDigestRecord(Reply::Array({String("ha1"), Reply::Integer(1)}))),
            "is not a hash");
}

TEST(DigestRecordTest, EmptyRangesAreNone) {
  const auto parsed =
      ParseDigestRecord(Hash({kHa1, {"allowed-peer-ip", ""}, {"denied-peer-ip", " "}}));
  ASSERT_EQ(Verdict(parsed), "ok");
  EXPECT_TRUE((*parsed)->policy.allowed_peers.empty());
  EXPECT_TRUE((*parsed)->policy.denied_peers.empty());
}

TEST(GbaRecordTest, WhatZnToldIsRead) {
  const auto parsed = ParseGbaRecord(Hash({kKsNaf,
                                           {"ks-int-naf", kKs.second},
                                           kNaf,
                                           {"ua", "010001002f"},
                                           kImpi,
                                           {"expires", "1700000000"},
                                           {"barred", "1"},
                                           {"user-quota", "1"}}));
  ASSERT_EQ(Verdict(parsed), "ok");
  const GbaRecord& record = **parsed;
  EXPECT_EQ(Hex(*record.ks_naf), kKsNaf.second);
  EXPECT_EQ(Hex(*record.ks_int_naf), kKs.second);
  EXPECT_EQ(record.naf, "turn1.home1.net");
  EXPECT_EQ(record.ua, ParseUaId("010001002f"));
  EXPECT_EQ(record.impi, "user1_private@home1.net");
  EXPECT_EQ(record.expiry, WallTime(seconds(1700000000)));
  EXPECT_TRUE(record.barred);
  EXPECT_EQ(record.policy.user_quota, 1u);
  EXPECT_FALSE(record.ks);
}

TEST(GbaRecordTest, ABootstrappingIsRead) {
  const auto parsed = ParseGbaRecord(Hash({kKs, kRand, kImpi}));
  ASSERT_EQ(Verdict(parsed), "ok");
  EXPECT_EQ(Hex(*(*parsed)->ks), kKs.second);
  EXPECT_EQ(Hex((*parsed)->rand), kRand.second);
  EXPECT_FALSE((*parsed)->ks_naf);
}

TEST(GbaRecordTest, WhatIsMissingOrWrongIsNamed) {
  const auto verdict = [](std::initializer_list<Field> fields) {
    return Verdict(ParseGbaRecord(Hash(fields)));
  };
  EXPECT_EQ(verdict({}), "absent");
  EXPECT_EQ(verdict({kImpi}), "has neither ks-naf nor ks");
  EXPECT_EQ(verdict({kKsNaf}), "ks-naf without naf, the name that it is for");
  EXPECT_EQ(verdict({kKs, kImpi}), "ks without rand");
  EXPECT_EQ(verdict({kKs, kRand}), "ks without impi");
  EXPECT_EQ(verdict({{"ks-naf", kRand.second}, kNaf}), "ks-naf: expected 64 hex digits");
  EXPECT_EQ(verdict({{"ks-int-naf", "x"}, kNaf}), "ks-int-naf: expected 64 hex digits");
  EXPECT_EQ(verdict({kKs, {"rand", kKs.second}, kImpi}), "rand: expected 32 hex digits");
  EXPECT_EQ(verdict({{"ks", kRand.second}, kRand, kImpi}), "ks: expected 64 hex digits");
  EXPECT_EQ(verdict({kKsNaf, kNaf, {"ua", "2"}}), "ua: expected 10 hex digits");
  EXPECT_EQ(verdict({kKsNaf, {"naf", ""}}), "naf: is empty");
  EXPECT_EQ(verdict({kKsNaf, kNaf, {"impi", ""}}), "impi: is empty");
  EXPECT_EQ(verdict({kKsNaf, kNaf, {"barred", "2"}}), "barred: expected 0 or 1");
  EXPECT_EQ(verdict({{"barred", "1"}}), "ok");
}

TEST(CoturnRecordsTest, TheKeyIsThirtyTwoHexDigits) {
  const auto key = ParseCoturnKey(String(kHa1.second));
  ASSERT_EQ(Verdict(key), "ok");
  EXPECT_EQ(Hex(**key), kHa1.second);
  EXPECT_EQ(Verdict(ParseCoturnKey(Reply())), "absent");
  for (const std::string& other : {std::string(), std::string("password"), kHa1Sha256.second}) {
    EXPECT_EQ(Verdict(ParseCoturnKey(String(other))), "expected 32 hex digits") << other;
  }
  EXPECT_EQ(Verdict(ParseCoturnKey(WrongType())), "expected 32 hex digits");
}

TEST(CoturnRecordsTest, SecretsComeInOneOrder) {
  const auto secrets = ParseSecrets(Set({"north", "east", "west"}));
  ASSERT_EQ(Verdict(secrets), "ok");
  ASSERT_EQ((*secrets)->size(), 3u);
  EXPECT_EQ((**secrets)[0].view(), "east");
  EXPECT_EQ((**secrets)[1].view(), "north");
  EXPECT_EQ((**secrets)[2].view(), "west");
  EXPECT_EQ(Verdict(ParseSecrets(Set({}))), "absent");
  EXPECT_EQ(Verdict(ParseSecrets(Reply())), "absent");
  EXPECT_EQ(Verdict(ParseSecrets(Set({"north", ""}))), "holds an empty secret");
  EXPECT_EQ(Verdict(ParseSecrets(WrongType())), "is not a set");
  EXPECT_EQ(Verdict(ParseSecrets(Reply::Array(std::vector<Reply>(17, String("s"))))),
            "holds more than 16 secrets");
}

TEST(CoturnRecordsTest, LimitsAreNumbers) {
  EXPECT_EQ(**ParseLimit(String("0"), 10), 0u);
  EXPECT_EQ(**ParseLimit(String("10"), 10), 10u);
  EXPECT_EQ(Verdict(ParseLimit(Reply(), 10)), "absent");
  for (const char* const other : {"", "11", "-1", "1.5", "7 "}) {
    EXPECT_EQ(Verdict(ParseLimit(String(other), 10)), "expected a number up to 10") << other;
  }
  EXPECT_EQ(Verdict(ParseLimit(WrongType(), 10)), "expected a number up to 10");
}

TEST(CoturnRecordsTest, ARangeThatCannotBeReadDoesNotTakeTheOthersWithIt) {
  std::string wrong;
  EXPECT_EQ(ParseRanges(Set({"192.0.2.1", "10.0.0.0-10.0.0.9"}), &wrong),
            (std::vector<AddressRange>{Range("192.0.2.1"), Range("10.0.0.0-10.0.0.9")}));
  EXPECT_EQ(ParseRanges(Reply(), &wrong), std::vector<AddressRange>{});
  EXPECT_EQ(wrong, "");
  EXPECT_EQ(ParseRanges(Set({"192.0.2.1", "localhost"}), &wrong),
            std::vector<AddressRange>{Range("192.0.2.1")});
  EXPECT_EQ(wrong, "expected addresses and ranges of them; the others hold");
  EXPECT_EQ(ParseRanges(WrongType(), &wrong), std::vector<AddressRange>{});
  EXPECT_EQ(wrong, "is not a set");
}

TEST(TokenKeyRecordTest, WhatCoturnWritesIsRead) {
  const auto parsed =
      ParseTokenKeyRecord(Hash({{"ikm_key", "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI="},
                                {"as_rs_alg", "A128GCM"},
                                {"timestamp", "1700000000"},
                                {"lifetime", "3600"},
                                {"realm", "north.gov"}}));
  ASSERT_EQ(Verdict(parsed), "ok");
  const TokenKeyRecord& record = **parsed;
  EXPECT_EQ(record.algorithm, TokenAlgorithm::kA128Gcm);
  EXPECT_EQ(AsText(record.key), "1234567890123456");
  EXPECT_EQ(record.expiry, WallTime(seconds(1700003605)));
  EXPECT_EQ(record.realm, "north.gov");
}

TEST(TokenKeyRecordTest, WhatIsLeftOutHasCoturnsMeaning) {
  for (const auto& hash : {Hash({{"ikm_key", "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI="}}),
                           Hash({{"ikm_key", "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI="},
                                 {"as_rs_alg", ""},
                                 {"timestamp", "1700000000"},
                                 {"lifetime", "0"},
                                 {"realm", ""}})}) {
    const auto parsed = ParseTokenKeyRecord(hash);
    ASSERT_EQ(Verdict(parsed), "ok");
    EXPECT_EQ((*parsed)->algorithm, TokenAlgorithm::kA256Gcm);
    EXPECT_EQ((*parsed)->key.size(), 32u);
    EXPECT_EQ((*parsed)->expiry, kNoExpiry);
    EXPECT_EQ((*parsed)->realm, "");
  }
  EXPECT_EQ(Verdict(ParseTokenKeyRecord(Hash({}))), "absent");
}

TEST(TokenKeyRecordTest, WhatIsWrongIsNamed) {
  const Field key = {"ikm_key", "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI="};
  EXPECT_EQ(Verdict(ParseTokenKeyRecord(WrongType())), "is not a hash");
  EXPECT_EQ(Verdict(ParseTokenKeyRecord(Hash({{"realm", "r"}}))),
            "ikm_key: expected base64 of 32 bytes or more");
  EXPECT_EQ(Verdict(ParseTokenKeyRecord(Hash({{"ikm_key", "c2hvcnQ="}, {"as_rs_alg", "A128GCM"}}))),
            "ikm_key: expected base64 of 16 bytes or more");
  EXPECT_EQ(Verdict(ParseTokenKeyRecord(Hash({key, {"as_rs_alg", "AES"}}))),
            "as_rs_alg: expected A256GCM or A128GCM");
  EXPECT_EQ(Verdict(ParseTokenKeyRecord(Hash({key, {"timestamp", "now"}}))),
            "timestamp: expected a number up to 99999999999");
  EXPECT_EQ(Verdict(ParseTokenKeyRecord(Hash({key, {"lifetime", "-1"}}))),
            "lifetime: expected a number up to 4294967295");
}

TEST(NameRecordTest, ANameIsAnyTextButNone) {
  EXPECT_EQ(**ParseName(String("user1_private@home1.net")), "user1_private@home1.net");
  EXPECT_EQ(Verdict(ParseName(Reply())), "absent");
  EXPECT_EQ(Verdict(ParseName(String(""))), "expected a name");
  EXPECT_EQ(Verdict(ParseName(WrongType())), "expected a name");
}

}  // namespace
}  // namespace culvert::auth
