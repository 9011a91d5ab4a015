#include "auth/providers/static_users.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>

#include "auth/hex.h"
#include "auth/keys.h"
#include "tests/auth/questions.h"

namespace culvert::auth {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kHa1 = "0x96e72903d0fff6c72008061c92eccf7a";

Result<std::shared_ptr<const StaticUserTable>, std::string> Load(
    std::initializer_list<std::string_view> entries) {
  std::vector<SecretText> secrets;
  for (const std::string_view entry : entries) secrets.emplace_back(entry);
  return StaticUserTable::Load(kRealm, std::move(secrets));
}

std::string ErrorOf(std::string_view entry) {
  const auto parsed = ParseStaticUser(kRealm, entry);
  return parsed.ok() ? "no error" : parsed.error();
}

TEST(StaticUsersTest, APasswordBecomesBothKeysInTheRealm) {
  const auto user = ParseStaticUser(kRealm, "alice:wonderland");
  ASSERT_TRUE(user.ok());
  EXPECT_EQ(user->username, "alice");
  EXPECT_EQ(user->subject, "alice");
  EXPECT_EQ(user->realm, "culvert.test");
  EXPECT_EQ(user->keys, DeriveKeys("alice", "culvert.test", "wonderland"));
  EXPECT_TRUE(user->older_keys.empty());
  EXPECT_EQ(user->expiry, kNoExpiry);
}

TEST(StaticUsersTest, AStoredKeyIsTakenAsItIsAndHasNoSha256Twin) {
  const auto user = ParseStaticUser(kRealm, "user1_private@home1.net:" + std::string(kHa1));
  ASSERT_TRUE(user.ok());
  EXPECT_EQ(user->username, "user1_private@home1.net");
  EXPECT_EQ(user->keys.md5, ParseMd5Key(kHa1));
  EXPECT_EQ(user->keys.sha256, std::nullopt);
}

TEST(StaticUsersTest, ThePasswordMayContainColonsAndBlanks) {
  const auto user = ParseStaticUser(kRealm, "alice:won:der land ");
  ASSERT_TRUE(user.ok());
  EXPECT_EQ(user->keys, DeriveKeys("alice", kRealm, "won:der land "));
}

TEST(StaticUsersTest, BlanksBehindTheColonAreNotOfThePassword) {
  const auto user = ParseStaticUser(kRealm, "alice: \twonderland");
  ASSERT_TRUE(user.ok());
  EXPECT_EQ(user->keys, DeriveKeys("alice", kRealm, "wonderland"));
}

// CR-32: OpaqueString would make NFC of both and a blank of the ideographic one; NFKC, which RFC
// 5389 asks for, would even narrow the wide letter.
TEST(StaticUsersTest, NamesAndPasswordsAreTakenAsTheyAreWritten) {
  constexpr std::string_view kComposed = "Jos\u00e9";
  constexpr std::string_view kDecomposed = "Jose\u0301";
  const auto table = Load({"Jos\u00e9:caf\u00e9", "Jose\u0301:cafe\u0301\u3000\uff21"});
  ASSERT_TRUE(table.ok());
  ASSERT_EQ((*table)->size(), 2u);
  EXPECT_EQ((*table)->Find(kComposed)->keys, DeriveKeys("Jos\u00e9", kRealm, "caf\u00e9"));
  EXPECT_EQ((*table)->Find(kDecomposed)->keys,
            DeriveKeys("Jose\u0301", kRealm, "cafe\u0301\u3000\uff21"));
  EXPECT_EQ((*table)->Find("jos\u00e9"), nullptr);
  EXPECT_NE(DeriveKeys(kComposed, kRealm, "x"), DeriveKeys(kDecomposed, kRealm, "x"));
  EXPECT_NE(DeriveKeys("x", kRealm, "a\u3000b"), DeriveKeys("x", kRealm, "a b"));
}

TEST(StaticUsersTest, ANameAsLongAsAMessageCanCarryIsTaken) {
  EXPECT_EQ(ErrorOf(std::string(763, 'a') + ":b"), "no error");
  EXPECT_EQ(ErrorOf(std::string(764, 'a') + ":b"),
            "has a name of 764 bytes; no message carries more than 763");
}

TEST(StaticUsersTest, EachMistakeIsNamed) {
  EXPECT_EQ(ErrorOf(""), "has no colon; expected name:password or name:0xkey");
  EXPECT_EQ(ErrorOf("wonderland"), "has no colon; expected name:password or name:0xkey");
  EXPECT_EQ(ErrorOf(":wonderland"), "has no name before the colon");
  EXPECT_EQ(ErrorOf("alice:"), "'alice' has no password or key after the colon");
  EXPECT_EQ(ErrorOf("alice: "), "'alice' has no password or key after the colon");
  const std::string not_a_key =
      "'alice' has a key that is not 0x and 32 (MD5) or 64 (SHA-256) hex digits";
  EXPECT_EQ(ErrorOf("alice:0x"), not_a_key);
  EXPECT_EQ(ErrorOf("alice:0x1234"), not_a_key);
  EXPECT_EQ(ErrorOf("alice:" + std::string(kHa1) + "00"), not_a_key);
}

TEST(StaticUsersTest, NoMistakeTellsTheSecret) {
  EXPECT_THAT(ErrorOf("5ecret"), Not(HasSubstr("5ecret")));
  EXPECT_THAT(ErrorOf(":5ecret"), Not(HasSubstr("5ecret")));
  EXPECT_THAT(ErrorOf("alice:0x5ecret"), Not(HasSubstr("5ecret")));
}

TEST(StaticUsersTest, ATableNamesTheEntryThatIsWrongAndIsNotLoaded) {
  const auto table = Load({"alice:wonderland", "bob:0x5ecret"});
  ASSERT_FALSE(table.ok());
  EXPECT_EQ(table.error(),
            "user 2: 'bob' has a key that is not 0x and 32 (MD5) or 64 (SHA-256) hex digits");
}

TEST(StaticUsersTest, AStoredSha256KeyHasNoMd5Twin) {
  const IntegrityKeys keys = DeriveKeys("alice", kRealm, "wonderland");
  const auto table = Load({"alice:0x" + Hex(*keys.sha256)});
  ASSERT_TRUE(table.ok());
  EXPECT_EQ((*table)->Find("alice")->keys.sha256, keys.sha256);
  EXPECT_EQ((*table)->Find("alice")->keys.md5, std::nullopt);
}

TEST(StaticUsersTest, EveryUserIsFoundByTheHashOfName) {
  const auto table = Load({"alice:wonderland", "bob:builder"});
  ASSERT_TRUE(table.ok());
  const UserHash hash = DeriveUserHash("bob", kRealm);
  const CredentialPtr bob = (*table)->FindByHash(hash);
  ASSERT_NE(bob, nullptr);
  EXPECT_EQ(bob->username, "bob");
  EXPECT_EQ(bob->userhash, hash);
  EXPECT_EQ(bob->keys, (*table)->Find("bob")->keys);
  EXPECT_EQ((*table)->FindByHash(DeriveUserHash("bob", "elsewhere")), nullptr);
  EXPECT_EQ((*table)->FindByHash(ByteView(hash).first(31)), nullptr);
}

// One user without a SHA-256 key, and nobody may be promised one.
TEST(StaticUsersTest, Sha256IsOfferedOnlyWhereEveryUserHasAKey) {
  EXPECT_TRUE((*Load({"alice:wonderland", "bob:builder"}))->offers().sha256);
  const auto table = Load({"alice:wonderland", "bob:" + std::string(kHa1)});
  EXPECT_FALSE((*table)->offers().sha256);
  EXPECT_TRUE((*table)->offers().userhash);
}

TEST(StaticUsersTest, ATokenIsNobodysPassword) {
  const auto table = Load({"alice:wonderland"});
  StaticUsers users(*table);
  const std::vector<uint8_t> token(40, 1);
  bool known = true;
  users.Lookup({"alice", kRealm, {}, {}, stun::Method::kAllocate, {}, token}, {},
               [&](Answer answer) { known = answer.ok(); });
  EXPECT_FALSE(known);
}

TEST(StaticUsersTest, OfEntriesWithOneNameTheLastCounts) {
  const auto table = Load({"alice:first", "bob:builder", "alice:last"});
  ASSERT_TRUE(table.ok());
  EXPECT_EQ((*table)->size(), 2u);
  EXPECT_EQ((*table)->Find("alice")->keys, DeriveKeys("alice", kRealm, "last"));
}

TEST(StaticUsersTest, AnswersAtOnceWithTheTablesOwnCredential) {
  const auto table = Load({"alice:wonderland"});
  ASSERT_TRUE(table.ok());
  StaticUsers users(*table);
  EXPECT_EQ(users.name(), "static");
  const std::optional<Answer> answer = AnswerOf(users, QuestionAbout("alice"));
  ASSERT_TRUE(answer && answer->ok());
  EXPECT_EQ(answer->value(), (*table)->Find("alice"));
}

TEST(StaticUsersTest, OtherNamesAreUnknown) {
  const auto table = Load({"alice:wonderland"});
  ASSERT_TRUE(table.ok());
  StaticUsers users(*table);
  for (const std::string_view name : {"", "Alice", "alice ", "alic", "bob"}) {
    EXPECT_EQ(RefusalOf(AnswerOf(users, QuestionAbout(name))), Refusal::kUnknownUser) << name;
  }
}

TEST(StaticUsersTest, InAnotherRealmNobodyIsKnown) {
  const auto table = Load({"alice:wonderland"});
  ASSERT_TRUE(table.ok());
  StaticUsers users(*table);
  EXPECT_EQ(RefusalOf(AnswerOf(users, QuestionAbout("alice", "home1.net"))), Refusal::kUnknownUser);
}

TEST(StaticUsersTest, AnEmptyTableKnowsNobody) {
  const auto table = Load({});
  ASSERT_TRUE(table.ok());
  StaticUsers users(*table);
  EXPECT_EQ(RefusalOf(AnswerOf(users, QuestionAbout("alice"))), Refusal::kUnknownUser);
}

TEST(StaticUsersTest, AnotherTableCountsFromNowOnAndLeavesOldCredentialsAlone) {
  const auto before = Load({"alice:wonderland"});
  const auto after = Load({"bob:builder"});
  ASSERT_TRUE(before.ok() && after.ok());
  StaticUsers users(*before);
  const std::optional<Answer> old = AnswerOf(users, QuestionAbout("alice"));
  ASSERT_TRUE(old && old->ok());
  users.Use(*after);
  EXPECT_EQ(RefusalOf(AnswerOf(users, QuestionAbout("alice"))), Refusal::kUnknownUser);
  EXPECT_EQ(RefusalOf(AnswerOf(users, QuestionAbout("bob"))), std::nullopt);
  EXPECT_EQ(old->value()->username, "alice");
}

}  // namespace
}  // namespace culvert::auth
