// Each kind of record in a real Redis: added, shown, listed among thousands of other keys, barred,
// deleted; and what was written is what the relay's own readers understand.

#include <algorithm>
#include <chrono>

#include "auth/admin/store.h"
#include "auth/gba.h"
#include "auth/hex.h"
#include "auth/keys.h"
#include "auth/providers/redis_records.h"
#include "tests/admin_tool/redis_tool.h"

namespace culvert::testing {
namespace {

constexpr const char* kBTid = "I1U8vpY3qJ0hiuZNrke/NQ==@bsf.home1.net";
constexpr const char* kKsNaf = "4b51353b588fe4a4d003290278444c909c532749253894709b0bdecfb0382e6e";
constexpr const char* kKs = "b40ba9a3c58b2a05bbf0d987b21bf8cbf769bcd751044604127672711c6d3441";
constexpr const char* kGorstsKey = "7da2270ccfa49786e0115366d3a3d14d";
// The hash of gorst:north.gov (keys_test.cc).
constexpr const char* kGorstsUserhash =
    "culvert/userhash/171205b63925b340172cf5f6b526e073b435695b205c2eff1460d53f341083e0";

class RedisKindsTest : public RedisTool {
 protected:
  // As a provider asks for it.
  redis::Reply Ask(const std::string& command, const std::string& key) {
    auto store = auth::admin::Store::Open(redis_.connection_string());
    EXPECT_TRUE(store.ok());
    auto reply = (*store)->Ask({command, key});
    EXPECT_TRUE(reply.ok());
    return reply.ok() ? *reply : redis::Reply();
  }
  bool Exists(const std::string& key) { return InRedis({"EXISTS", key}) == "1"; }
};

TEST_F(RedisKindsTest, AUserIsTheOneThatTurnadminWouldWrite) {
  tool_.typed = {"hero", "hero"};
  EXPECT_EQ(Run({"add", "user", "gorst", "--realm", "north.gov"}),
            Says("added user gorst in north.gov\n"));
  EXPECT_EQ(InRedis({"GET", "turn/realm/north.gov/user/gorst/key"}), kGorstsKey);
  const auto key = auth::ParseCoturnKey(Ask("GET", "turn/realm/north.gov/user/gorst/key"));
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(*key, auth::DeriveMd5Key("gorst", "north.gov", "hero"));
  EXPECT_EQ(Run({"show", "user", "gorst", "-r", "north.gov"}),
            Says("user gorst in north.gov\n  key = (hidden: --secrets shows it)\n"));
  EXPECT_EQ(Run({"show", "user", "gorst", "-r", "north.gov", "--secrets"}),
            Says(std::string("user gorst in north.gov\n  key = ") + kGorstsKey + "\n"));
  EXPECT_EQ(Run({"delete", "user", "gorst", "-r", "north.gov"}),
            Says("deleted user gorst in north.gov\n"));
  EXPECT_EQ(Run({"delete", "user", "gorst", "-r", "north.gov"}),
            CouldNot("there is no user gorst in north.gov"));
}

// Who waits for a person has no connection that could grow old meanwhile.
TEST_F(RedisKindsTest, APersonIsAskedBeforeRedisIs) {
  int questions = 0;
  tool_.when_asked = [&] {
    ++questions;
    // Soon the only client is the one that asks for the list; that of the command before may still
    // be leaving.
    const auto give_up = std::chrono::steady_clock::now() + seconds(10);
    std::string clients;
    do {
      clients = InRedis({"CLIENT", "LIST"});
    } while (std::count(clients.begin(), clients.end(), '\n') != 1 &&
             std::chrono::steady_clock::now() < give_up);
    EXPECT_EQ(std::count(clients.begin(), clients.end(), '\n'), 1) << clients;
  };
  tool_.typed = {"a", "a", "b", "b", "c", "c", "d", "d", "c"};
  EXPECT_EQ(Run({"add", "user", "gorst", "-r", "a"}).exit_code, 0);
  EXPECT_EQ(Run({"add", "digest", "gorst", "-r", "a"}).exit_code, 0);
  EXPECT_EQ(Run({"add", "secret", "-r", "a"}).exit_code, 0);
  EXPECT_EQ(Run({"set", "digest", "gorst", "-r", "a", "--ask-password"}).exit_code, 0);
  EXPECT_EQ(Run({"delete", "secret", "-r", "a"}).exit_code, 0);
  EXPECT_EQ(questions, 9);
}

TEST_F(RedisKindsTest, UsersOfAllRealmsOrOneAreListed) {
  // A realm that is a pattern of SCAN is meant as it is.
  for (const auto& [name, realm] : {std::pair("gorst", "north.gov"), std::pair("a/b", "north.gov"),
                                    std::pair("ninja", "nort*"), std::pair("key", "south.gov")}) {
    EXPECT_EQ(Run({"add", "user", name, "-r", realm, "--password", "pw"}).exit_code, 0);
  }
  EXPECT_EQ(Run({"list", "user"}),
            Says("ninja[nort*]\na/b[north.gov]\ngorst[north.gov]\nkey[south.gov]\n"));
  EXPECT_EQ(Run({"list", "user", "-r", "north.gov"}), Says("a/b[north.gov]\ngorst[north.gov]\n"));
  EXPECT_EQ(Run({"list", "user", "-r", "nort*"}), Says("ninja[nort*]\n"));
  EXPECT_EQ(Run({"list", "user", "-r", "south.gov", "--json"}),
            Says("[{\"kind\":\"user\",\"realm\":\"south.gov\",\"name\":\"key\"}]\n"));
}

TEST_F(RedisKindsTest, ThousandsOfUsersAreEachListedOnce) {
  constexpr int kUsers = 3000;
  ASSERT_EQ(InRedis({"EVAL",
                     "for i = 1, tonumber(ARGV[1]) do "
                     "redis.call('SET', 'turn/realm/a/user/u' .. i .. '/key', 'x') end return 'ok'",
                     "0", std::to_string(kUsers)}),
            "ok");
  const Ran ran = Run({"list", "user"});
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_EQ(std::count(ran.out.begin(), ran.out.end(), '\n'), kUsers);
  EXPECT_NE(ran.out.find("u2999[a]\n"), std::string::npos);
}

TEST_F(RedisKindsTest, ADigestUserHasBothKeysAndWhatElseWasAsked) {
  tool_.standard_input = "hero\n";
  EXPECT_EQ(Run({"add", "digest", "gorst", "-r", "north.gov", "--password-file", "-", "--expires",
                 "+1h", "--user-quota", "3", "--denied-peer-ip", "10.0.0.0/8,192.0.2.1"}),
            Says("added digest gorst in north.gov\n"));
  const auto record = auth::ParseDigestRecord(Ask("HGETALL", "culvert/digest/north.gov/gorst"));
  ASSERT_TRUE(record.ok() && record->has_value());
  EXPECT_EQ((*record)->keys.md5, auth::DeriveMd5Key("gorst", "north.gov", "hero"));
  EXPECT_EQ((*record)->keys.sha256, auth::DeriveSha256Key("gorst", "north.gov", "hero"));
  EXPECT_EQ((*record)->expiry, tool_.now + seconds(3600));
  EXPECT_EQ((*record)->policy.user_quota, 3u);
  EXPECT_EQ((*record)->policy.denied_peers.size(), 2u);
  EXPECT_EQ(InRedis({"TTL", "culvert/digest/north.gov/gorst"}), "-1");
  EXPECT_EQ(Run({"show", "digest", "gorst", "-r", "north.gov", "--json"}),
            Says("{\"kind\":\"digest\",\"realm\":\"north.gov\",\"name\":\"gorst\",\"key\":"
                 "\"culvert/digest/north.gov/gorst\",\"fields\":{\"denied-peer-ip\":"
                 "\"10.0.0.0/8,192.0.2.1\",\"expires\":\"1700003600\",\"ha1\":null,"
                 "\"ha1-sha256\":null,\"user-quota\":\"3\"}}\n"));
  EXPECT_EQ(Run({"list", "digest"}), Says("gorst[north.gov]\n"));
}

TEST_F(RedisKindsTest, ADigestKeyOfAnHssIsTakenAsItIs) {
  tool_.standard_input = std::string("ha1=") + kGorstsKey + "\n";
  EXPECT_EQ(Run({"add", "digest", "gorst", "-r", "north.gov", "--keys-file", "-"}).exit_code, 0);
  EXPECT_EQ(InRedis({"HGETALL", "culvert/digest/north.gov/gorst"}),
            std::string("ha1\n") + kGorstsKey + "\n");
  EXPECT_TRUE(tool_.questions.empty());
}

TEST_F(RedisKindsTest, WhatTheRelayCouldNotReadIsNotWritten) {
  EXPECT_EQ(Run({"add", "digest", "gorst", "-r", "a", "--ha1", "hero"}),
            UsedWrongly("nothing is written: ha1: expected 32 hex digits"));
  EXPECT_EQ(Run({"add", "digest", "gorst", "-r", "a", "--password", "x", "--max-bps", "fast"}),
            UsedWrongly("nothing is written: max-bps: expected a number up to "
                        "18446744073709551615"));
  EXPECT_EQ(Run({"add", "digest", "gorst", "-r", "a", "--password", "x", "--expires", "soon"}),
            UsedWrongly("--expires: expected Unix seconds, or +30d, +12h, +15m, +90s from now on"));
  EXPECT_EQ(Run({"add", "gba", "gorst", "--keys-file", "-"}),
            UsedWrongly("gorst is no B-TID: expected base64 of RAND, @, and the name of the BSF"));
  EXPECT_FALSE(Exists("culvert/digest/a/gorst"));
}

TEST_F(RedisKindsTest, ShowSaysWhatTheRelayCannotRead) {
  InRedis({"HSET", "culvert/digest/a/gorst", "ha1", "hero"});
  EXPECT_EQ(Run({"show", "digest", "gorst", "-r", "a"}),
            Says("digest gorst in a\n  ha1 = (hidden: --secrets shows it)\n"
                 "  The relay cannot read it: ha1: expected 32 hex digits\n"));
}

TEST_F(RedisKindsTest, ARecordThatIsThereIsReplacedAsAWholeAndOnDemandAlone) {
  EXPECT_EQ(
      Run({"add", "digest", "gorst", "-r", "a", "--password", "x", "--max-bps", "5"}).exit_code, 0);
  const std::string before = InRedis({"HGETALL", "culvert/digest/a/gorst"});
  EXPECT_EQ(Run({"add", "digest", "gorst", "-r", "a", "--password", "y"}),
            CouldNot("digest gorst in a is there already: --replace writes it anew"));
  EXPECT_EQ(InRedis({"HGETALL", "culvert/digest/a/gorst"}), before);
  EXPECT_EQ(Run({"add", "digest", "gorst", "-r", "a", "--password", "y", "--replace"}).exit_code,
            0);
  const auto record = auth::ParseDigestRecord(Ask("HGETALL", "culvert/digest/a/gorst"));
  ASSERT_TRUE(record.ok() && record->has_value());
  EXPECT_EQ((*record)->keys.md5, auth::DeriveMd5Key("gorst", "a", "y"));
  EXPECT_FALSE((*record)->policy.max_bytes_per_second);
}

TEST_F(RedisKindsTest, OnlyTheFieldsThatAreNamedChange) {
  EXPECT_EQ(Run({"set", "digest", "gorst", "-r", "a", "--max-bps", "5"}),
            CouldNot("there is no digest gorst in a"));
  ASSERT_EQ(Run({"add", "digest", "gorst", "-r", "a", "--ha1", kGorstsKey, "--max-bps", "5",
                 "--user-quota", "2", "--expires", "4000000000", "--expire-key"})
                .exit_code,
            0);
  EXPECT_EQ(Run({"set", "digest", "gorst", "-r", "a", "--max-bps", "6", "--user-quota", "",
                 "--expires", "4000000007"}),
            Says("set digest gorst in a\n"));
  EXPECT_EQ(InRedis({"HMGET", "culvert/digest/a/gorst", "ha1", "max-bps", "user-quota", "expires"}),
            std::string(kGorstsKey) + "\n6\n(nil)\n4000000007\n");
  // Redis had it in hand, so it must not go at the old time.
  EXPECT_EQ(InRedis({"EXPIRETIME", "culvert/digest/a/gorst"}), "4000000007");
  EXPECT_EQ(Run({"set", "digest", "gorst", "-r", "a", "--expires", ""}).exit_code, 0);
  EXPECT_EQ(InRedis({"TTL", "culvert/digest/a/gorst"}), "-1");
}

TEST_F(RedisKindsTest, ANewPasswordIsAskedForAndTheRestStays) {
  ASSERT_EQ(
      Run({"add", "digest", "gorst", "-r", "a", "--password", "old", "--max-bps", "5"}).exit_code,
      0);
  tool_.typed = {"new", "new"};
  EXPECT_EQ(Run({"set", "digest", "gorst", "-r", "a", "--ask-password"}),
            Says("set digest gorst in a\n"));
  const auto record = auth::ParseDigestRecord(Ask("HGETALL", "culvert/digest/a/gorst"));
  ASSERT_TRUE(record.ok() && record->has_value());
  EXPECT_EQ((*record)->keys.sha256, auth::DeriveSha256Key("gorst", "a", "new"));
  EXPECT_EQ((*record)->policy.max_bytes_per_second, 5u);
}

TEST_F(RedisKindsTest, AChangeThatTheRelayCouldNotReadIsNotMade) {
  ASSERT_EQ(Run({"add", "digest", "gorst", "-r", "a", "--ha1", kGorstsKey}).exit_code, 0);
  EXPECT_EQ(Run({"set", "digest", "gorst", "-r", "a", "--ha1", ""}),
            UsedWrongly("nothing would be left of it: delete does that"));
  EXPECT_EQ(Run({"set", "digest", "gorst", "-r", "a", "--ha1", "", "--max-bps", "5"}),
            UsedWrongly("nothing is written: has neither ha1 nor ha1-sha256"));
  EXPECT_EQ(Run({"set", "digest", "gorst", "-r", "a"}),
            UsedWrongly("nothing to set: give the fields that are to change"));
  EXPECT_EQ(InRedis({"HGETALL", "culvert/digest/a/gorst"}),
            std::string("ha1\n") + kGorstsKey + "\n");
}

TEST_F(RedisKindsTest, NamesThatLeadToAUserComeAndGoWithIt) {
  const std::vector<std::string> user = {"digest", "gorst",   "-r",     "north.gov", "--userhash",
                                         "--impu", "sip:g@x", "--impu", "tel:+1"};
  const auto with = [&user](const char* verb) {
    std::vector<std::string> words = {verb};
    words.insert(words.end(), user.begin(), user.end());
    return words;
  };
  tool_.typed = {"hero", "hero"};
  EXPECT_EQ(Run(with("add")).exit_code, 0);
  for (const char* key : {kGorstsUserhash, "culvert/impu/sip:g@x", "culvert/impu/tel:+1"}) {
    EXPECT_EQ(InRedis({"GET", key}), "gorst") << key;
  }
  // What meanwhile leads to somebody else stays.
  InRedis({"SET", "culvert/impu/tel:+1", "alice"});
  EXPECT_EQ(Run(with("delete")).exit_code, 0);
  EXPECT_FALSE(Exists(kGorstsUserhash));
  EXPECT_FALSE(Exists("culvert/impu/sip:g@x"));
  EXPECT_EQ(InRedis({"GET", "culvert/impu/tel:+1"}), "alice");
}

TEST_F(RedisKindsTest, ADigestUserIsBarredAndLetIn) {
  EXPECT_EQ(Run({"bar", "digest", "gorst", "-r", "a"}), CouldNot("there is no digest gorst in a"));
  ASSERT_EQ(Run({"add", "digest", "gorst", "-r", "a", "--password", "x"}).exit_code, 0);
  EXPECT_EQ(Run({"bar", "digest", "gorst", "-r", "a"}), Says("barred digest gorst in a\n"));
  const auto barred = auth::ParseDigestRecord(Ask("HGETALL", "culvert/digest/a/gorst"));
  ASSERT_TRUE(barred.ok() && barred->has_value());
  EXPECT_TRUE((*barred)->barred);
  EXPECT_EQ(Run({"unbar", "digest", "gorst", "-r", "a"}), Says("unbarred digest gorst in a\n"));
  const auto again = auth::ParseDigestRecord(Ask("HGETALL", "culvert/digest/a/gorst"));
  ASSERT_TRUE(again.ok() && again->has_value());
  EXPECT_FALSE((*again)->barred);
  EXPECT_EQ(Run({"unbar", "digest", "gorst", "-r", "a"}),
            CouldNot("digest gorst in a is not barred"));
}

TEST_F(RedisKindsTest, CoturnsUserIsBarredByARecordThatGoesBeforeHis) {
  ASSERT_EQ(Run({"add", "user", "gorst", "-r", "a", "--password", "x"}).exit_code, 0);
  EXPECT_EQ(Run({"bar", "user", "gorst", "-r", "a"}), Says("barred user gorst in a\n"));
  const auto barred = auth::ParseDigestRecord(Ask("HGETALL", "culvert/digest/a/gorst"));
  ASSERT_TRUE(barred.ok() && barred->has_value());
  EXPECT_TRUE((*barred)->barred);
  EXPECT_EQ(Run({"show", "user", "gorst", "-r", "a"}),
            Says("user gorst in a\n  key = (hidden: --secrets shows it)\n"
                 "  barred, by the digest record of this name\n"));
  EXPECT_EQ(Run({"unbar", "user", "gorst", "-r", "a"}), Says("unbarred user gorst in a\n"));
  EXPECT_FALSE(Exists("culvert/digest/a/gorst"));
}

TEST_F(RedisKindsTest, ABootstrappingIsWhatTheProviderReads) {
  tool_.standard_input = std::string("ks-naf=") + kKsNaf + "\n";
  EXPECT_EQ(Run({"add", "gba", kBTid, "--keys-file", "-", "--naf", "turn1.home1.net", "--impi",
                 "user1_private@home1.net", "--expires", "4000000000"}),
            Says(std::string("added gba ") + kBTid + "\n"));
  const std::string key = std::string("culvert/gba/") + kBTid;
  const auto record = auth::ParseGbaRecord(Ask("HGETALL", key));
  ASSERT_TRUE(record.ok() && record->has_value());
  ASSERT_TRUE((*record)->ks_naf);
  EXPECT_EQ(auth::Hex(*(*record)->ks_naf), kKsNaf);
  EXPECT_EQ((*record)->naf, "turn1.home1.net");
  EXPECT_EQ((*record)->expiry, WallTime(seconds(4000000000)));
  // B-TIDs are many: Redis removes them.
  EXPECT_EQ(InRedis({"EXPIRETIME", key}), "4000000000");
  EXPECT_EQ(Run({"list", "gba"}), Says(std::string(kBTid) + "\n"));
  EXPECT_EQ(Run({"bar", "gba", kBTid}).exit_code, 0);
  EXPECT_EQ(InRedis({"HGET", key, "barred"}), "1");
  EXPECT_EQ(Run({"unbar", "gba", kBTid}).exit_code, 0);
  EXPECT_EQ(Run({"delete", "gba", kBTid}), Says(std::string("deleted gba ") + kBTid + "\n"));
  EXPECT_FALSE(Exists(key));
}

TEST_F(RedisKindsTest, ABootstrappingItselfHasItsRandInTheBTid) {
  const std::string ks = kKs;
  tool_.standard_input = "ck=" + ks.substr(0, 32) + "\nik=" + ks.substr(32) + "\n";
  EXPECT_EQ(Run({"add", "gba", kBTid, "--keys-file", "-", "--impi", "user1_private@home1.net"}),
            Says(std::string("added gba ") + kBTid + "\n"));
  const auto record = auth::ParseGbaRecord(Ask("HGETALL", std::string("culvert/gba/") + kBTid));
  ASSERT_TRUE(record.ok() && record->has_value());
  ASSERT_TRUE((*record)->ks);
  EXPECT_EQ(auth::Hex(*(*record)->ks), kKs);
  EXPECT_EQ(auth::Hex((*record)->rand), "23553cbe9637a89d218ae64dae47bf35");
}

TEST_F(RedisKindsTest, SecretsOfARealmAreASet) {
  tool_.typed = {"north", "north"};
  EXPECT_EQ(Run({"add", "secret", "-r", "a"}), Says("added a secret to a\n"));
  EXPECT_EQ(Run({"add", "secret", "-r", "a", "--secret", "south"}), Says("added a secret to a\n"));
  EXPECT_EQ(Run({"add", "secret", "-r", "a", "--secret", "south"}),
            CouldNot("a has this secret already"));
  const auto secrets = auth::ParseSecrets(Ask("SMEMBERS", "turn/realm/a/secret"));
  ASSERT_TRUE(secrets.ok() && secrets->has_value());
  ASSERT_EQ((*secrets)->size(), 2u);
  EXPECT_EQ((**secrets)[0].view(), "north");
  EXPECT_EQ((**secrets)[1].view(), "south");
  EXPECT_EQ(Run({"show", "secret", "-r", "a"}),
            Says("a: 2 secrets (hidden: --secrets shows them)\n"));
  EXPECT_EQ(Run({"show", "secret", "-r", "a", "--json"}),
            Says("{\"kind\":\"secret\",\"realm\":\"a\",\"count\":2}\n"));
  EXPECT_EQ(Run({"show", "secret", "-r", "a", "--secrets"}), Says("a: 2 secrets\nnorth\nsouth\n"));
  EXPECT_EQ(Run({"list", "secret"}), Says("a: 2 secrets\n"));
  EXPECT_EQ(Run({"delete", "secret", "-r", "a", "--secret", "west"}),
            CouldNot("a has no such secret"));
  EXPECT_EQ(Run({"delete", "secret", "-r", "a", "--secret", "north"}),
            Says("deleted a secret of a\n"));
  EXPECT_EQ(InRedis({"SMEMBERS", "turn/realm/a/secret"}), "south\n");
  EXPECT_EQ(Run({"delete", "secret", "-r", "a", "--all"}), Says("deleted all secrets of a\n"));
  EXPECT_EQ(Run({"show", "secret", "-r", "a"}), CouldNot("a has no secrets"));
}

TEST_F(RedisKindsTest, NoMoreSecretsAreAddedThanTheRelayReads) {
  for (size_t i = 0; i < auth::kMostSecrets; ++i) {
    EXPECT_EQ(Run({"add", "secret", "-r", "a", "--secret", "s" + std::to_string(i)}).exit_code, 0);
  }
  EXPECT_EQ(Run({"add", "secret", "-r", "a", "--secret", "one-more"}),
            CouldNot("a has 16 secrets, and the relay takes no more: delete an old one first"));
}

TEST_F(RedisKindsTest, ACredentialIsMadeWithTheRealmsSecret) {
  ASSERT_EQ(Run({"add", "secret", "-r", "a", "--secret", "north"}).exit_code, 0);
  const Ran ran = Run({"credential", "-r", "a", "--redis", redis_.connection_string(), "--user",
                       "alice", "--json"});
  EXPECT_EQ(ran, tool_.Run({"credential", "--secret", "north", "--user", "alice", "--json"}));
  EXPECT_EQ(ran.exit_code, 0);
}

TEST_F(RedisKindsTest, AKeyForTokensIsCoturnsRecord) {
  tool_.standard_input = "ikm_key=MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n";
  EXPECT_EQ(Run({"add", "oauth", "north", "--keys-file", "-", "--as_rs_alg", "A256GCM",
                 "--lifetime", "600", "--realm", "a"}),
            Says("added oauth north\n"));
  EXPECT_EQ(InRedis({"HGETALL", "turn/oauth/kid/north"}),
            "as_rs_alg\nA256GCM\nikm_key\nMDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\nlifetime\n"
            "600\nrealm\na\n");
  const auto key = auth::ParseTokenKeyRecord(Ask("HGETALL", "turn/oauth/kid/north"));
  ASSERT_TRUE(key.ok() && key->has_value());
  EXPECT_EQ(AsText((*key)->key), "01234567890123456789012345678901");
  EXPECT_EQ((*key)->realm, "a");
  EXPECT_EQ(Run({"list", "oauth"}), Says("north\n"));
  EXPECT_EQ(Run({"show", "oauth", "north"}),
            Says("oauth north\n  as_rs_alg = A256GCM\n  ikm_key = (hidden: --secrets shows it)\n"
                 "  lifetime = 600\n  realm = a\n"));
  EXPECT_EQ(Run({"delete", "oauth", "north"}), Says("deleted oauth north\n"));
  tool_.standard_input = "ikm_key=c2hvcnQ=\n";
  EXPECT_EQ(Run({"add", "oauth", "north", "--keys-file", "-"}),
            UsedWrongly("nothing is written: ikm_key: expected base64 of 32 bytes or more"));
}

TEST_F(RedisKindsTest, ARealmsLimitsPeersAndOriginsAreThoseThatTheProviderReads) {
  EXPECT_EQ(Run({"add", "realm", "north.gov", "--user-quota", "2", "--max-bps", "5000",
                 "--denied-peer-ip", "10.0.0.0/8", "--denied-peer-ip", "192.0.2.1",
                 "--allowed-peer-ip", "2001:db8::1", "--origin", "HTTPS://Web.test/room"}),
            Says("set realm north.gov\n"));
  const auto quota = auth::ParseLimit(Ask("GET", "turn/realm/north.gov/user-quota"), 100);
  ASSERT_TRUE(quota.ok());
  EXPECT_EQ(*quota, 2u);
  std::string wrong;
  const auto denied =
      auth::ParseRanges(Ask("SMEMBERS", "turn/realm/north.gov/denied-peer-ip"), &wrong);
  EXPECT_EQ(denied.size(), 2u);
  EXPECT_EQ(wrong, "");
  EXPECT_EQ(InRedis({"GET", "turn/origin/https://web.test:443"}), "north.gov");
  EXPECT_EQ(Run({"show", "realm", "north.gov"}),
            Says("realm north.gov\n  user-quota = 2\n  max-bps = 5000\n"
                 "  allowed-peer-ip = 2001:db8::1\n"
                 "  denied-peer-ip = 10.0.0.0-10.255.255.255, 192.0.2.1\n"
                 "  origins = https://web.test:443\n"));
  EXPECT_EQ(Run({"add", "realm", "north.gov", "--max-bps", "0"}), Says("set realm north.gov\n"));
  EXPECT_FALSE(Exists("turn/realm/north.gov/max-bps"));
  EXPECT_EQ(InRedis({"GET", "turn/realm/north.gov/user-quota"}), "2");
}

TEST_F(RedisKindsTest, OfARealmPartsOrAllAreDeletedAndUsersStay) {
  ASSERT_EQ(Run({"add", "realm", "a", "--user-quota", "2", "--denied-peer-ip", "192.0.2.1",
                 "--denied-peer-ip", "192.0.2.2", "--origin", "http://x"})
                .exit_code,
            0);
  ASSERT_EQ(Run({"add", "realm", "b", "--origin", "http://y"}).exit_code, 0);
  ASSERT_EQ(Run({"add", "user", "gorst", "-r", "a", "--password", "x"}).exit_code, 0);
  EXPECT_EQ(Run({"delete", "realm", "a", "--denied-peer-ip", "192.0.2.2"}),
            Says("deleted realm a\n"));
  EXPECT_EQ(InRedis({"SMEMBERS", "turn/realm/a/denied-peer-ip"}), "192.0.2.1\n");
  EXPECT_EQ(Run({"delete", "realm", "a", "--origin", "http://y"}),
            CouldNot("nothing of that is set for a"));
  EXPECT_EQ(Run({"delete", "realm", "a"}), Says("deleted realm a\n"));
  EXPECT_EQ(Run({"show", "realm", "a"}), CouldNot("nothing is set for realm a"));
  EXPECT_EQ(InRedis({"GET", "turn/origin/http://y:80"}), "b");
  EXPECT_TRUE(Exists("turn/realm/a/user/gorst/key"));
  EXPECT_EQ(Run({"list", "realm", "--json"}), Says("[\"a\",\"b\"]\n"));
}

TEST_F(RedisKindsTest, TurnadminsCommandsDoAndPrintWhatTurnadminDoes) {
  const std::string n = redis_.connection_string() + " dbname=0";
  EXPECT_EQ(Run({"-a", "-u", "gorst", "-r", "north.gov", "-p", "villain", "-N", n}), Says(""));
  EXPECT_EQ(Run({"-a", "-u", "gorst", "-r", "north.gov", "-p", "hero", "-N", n}), Says(""));
  EXPECT_EQ(InRedis({"GET", "turn/realm/north.gov/user/gorst/key"}), kGorstsKey);
  EXPECT_EQ(Run({"-l", "-N", n}), Says("gorst[north.gov]\n"));
  EXPECT_EQ(Run({"-d", "-u", "gorst", "-r", "north.gov", "-N", n}), Says(""));
  EXPECT_EQ(Run({"-s", "one", "-r", "north.gov"}), Says(""));
  EXPECT_EQ(Run({"--set-secret=two", "-r", "north.gov"}), Says(""));
  EXPECT_EQ(Run({"-s", "two", "-r", "north.gov"}), Says(""));
  EXPECT_EQ(Run({"-S"}), Says("one[north.gov]\ntwo[north.gov]\n"));
  EXPECT_EQ(Run({"-X", "one", "-r", "north.gov"}), Says(""));
  EXPECT_EQ(Run({"--show-secret", "-r", "north.gov"}), Says("two[north.gov]\n"));
  EXPECT_EQ(Run({"--delete-all-secrets", "-r", "north.gov"}), Says(""));
  EXPECT_EQ(Run({"-O", "-o", "http://a.b", "-r", "north.gov"}), Says(""));
  EXPECT_EQ(Run({"-I", "-r", "north.gov"}), Says("http://a.b:80 ==>> north.gov\n"));
  EXPECT_EQ(Run({"-R", "-o", "http://a.b"}), Says(""));
  EXPECT_EQ(Run({"-I"}), Says(""));
  EXPECT_EQ(Run({"-g", "-r", "north.gov", "--max-bps=5", "--total-quota=3", "--user-quota=2"}),
            Says(""));
  EXPECT_EQ(Run({"-g", "-r", "north.gov", "--max-bps", "0"}), Says(""));
  EXPECT_EQ(Run({"-G"}), Says("north.gov/user-quota = 2\nnorth.gov/total-quota = 3\n"));
}

}  // namespace
}  // namespace culvert::testing
