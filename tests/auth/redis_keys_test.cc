#include "auth/providers/redis_keys.h"

#include <gtest/gtest.h>

namespace culvert::auth {
namespace {

TEST(RedisKeysTest, KeysAreSpelledAsDocumented) {
  EXPECT_EQ(DigestKey("home1.net", "user1_private@home1.net"),
            "culvert/digest/home1.net/user1_private@home1.net");
  EXPECT_EQ(GbaRecordKey("I1U8vpY3qJ0hiuZNrke/NQ==@bsf.home1.net"),
            "culvert/gba/I1U8vpY3qJ0hiuZNrke/NQ==@bsf.home1.net");
  EXPECT_EQ(UserhashKey(AsBytes("\x01\xfe")), "culvert/userhash/01fe");
  EXPECT_EQ(ImpuKey("sip:alice@home1.net"), "culvert/impu/sip:alice@home1.net");
  EXPECT_EQ(CoturnUserKey("north.gov", "gorst"), "turn/realm/north.gov/user/gorst/key");
  EXPECT_EQ(CoturnRealmKey("north.gov", "secret"), "turn/realm/north.gov/secret");
}

TEST(RedisKeysTest, AChangedKeyConcernsAUserOrARealm) {
  EXPECT_EQ(ConcernedBy("culvert/digest/home1.net/alice"), (Concerned{"alice", "home1.net"}));
  EXPECT_EQ(ConcernedBy("culvert/digest/home1.net/a/b"), (Concerned{"a/b", "home1.net"}));
  EXPECT_EQ(ConcernedBy("culvert/gba/AAAA/A==@bsf"), (Concerned{"AAAA/A==@bsf", ""}));
  EXPECT_EQ(ConcernedBy("culvert/impu/sip:alice@home1.net"),
            (Concerned{"sip:alice@home1.net", ""}));
  EXPECT_EQ(ConcernedBy("turn/realm/north.gov/user/gorst/key"), (Concerned{"gorst", "north.gov"}));
  EXPECT_EQ(ConcernedBy("turn/realm/north.gov/user/a/b/key"), (Concerned{"a/b", "north.gov"}));
  for (const std::string what :
       {"secret", "max-bps", "user-quota", "total-quota", "allowed-peer-ip", "denied-peer-ip"}) {
    EXPECT_EQ(ConcernedBy("turn/realm/north.gov/" + what), (Concerned{"", "north.gov"})) << what;
  }
}

TEST(RedisKeysTest, OtherKeysConcernNobody) {
  for (const std::string_view key :
       {"", "other", "culvert/", "culvert/gba/", "culvert/impu/", "culvert/digest/",
        "culvert/digest/home1.net", "culvert/digest/home1.net/", "culvert/userhash/01fe",
        "turn/realm/", "turn/realm/north.gov", "turn/realm/north.gov/user//key",
        "turn/realm/north.gov/user/gorst/allocation/000000000000000001/status",
        "turn/origin/example.org", "turn/user/gorst/allocation/1/status"}) {
    EXPECT_EQ(ConcernedBy(key), std::nullopt) << key;
  }
}

TEST(RedisKeysTest, AKeyOfTokensIsToldByItsId) {
  EXPECT_EQ(CoturnTokenKey("north"), "turn/oauth/kid/north");
  EXPECT_EQ(TokenKeyIdIn("turn/oauth/kid/a/b"), "a/b");
  EXPECT_EQ(TokenKeyIdIn("turn/oauth/kid"), std::nullopt);
  EXPECT_EQ(TokenKeyIdIn("turn/realm/r/secret"), std::nullopt);
  EXPECT_EQ(ConcernedBy("turn/oauth/kid/north"), std::nullopt);
}

TEST(RedisKeysTest, AnOriginIsToldAsTheKeyHasIt) {
  EXPECT_EQ(OriginKey("https://example.org:443"), "turn/origin/https://example.org:443");
  EXPECT_EQ(OriginIn("turn/origin/https://example.org:443"), "https://example.org:443");
  EXPECT_EQ(OriginIn("turn/origin"), std::nullopt);
  EXPECT_EQ(OriginIn("turn/oauth/kid/north"), std::nullopt);
}

TEST(RedisKeysTest, NoWatchedPrefixBeginsWithAnother) {
  const std::vector<std::string> prefixes = WatchedPrefixes();
  EXPECT_EQ(prefixes.size(), 6u);
  for (const std::string& a : prefixes) {
    for (const std::string& b : prefixes) EXPECT_TRUE(&a == &b || !a.starts_with(b)) << a << b;
  }
}

}  // namespace
}  // namespace culvert::auth
