#include "auth/providers/ephemeral_secret.h"

#include <gtest/gtest.h>

#include <initializer_list>

#include "auth/keys.h"
#include "tests/auth/questions.h"

namespace culvert::auth {
namespace {

constexpr int64_t kExpiry = 1700000000;

std::shared_ptr<const EphemeralSecrets> Secrets(std::initializer_list<std::string_view> texts,
                                                char separator = ':') {
  std::vector<SecretText> secrets;
  for (const std::string_view text : texts) secrets.emplace_back(text);
  auto loaded = EphemeralSecrets::Load(std::move(secrets), separator);
  EXPECT_TRUE(loaded.ok());
  return loaded.ok() ? *loaded : nullptr;
}

std::optional<EphemeralName> Name(int64_t expiry, std::string_view subject) {
  return EphemeralName{WallTime(seconds(expiry)), subject};
}

TEST(EphemeralSecretTest, NamesAreADateAndPerhapsAnId) {
  EXPECT_EQ(ParseEphemeralName("1700000000:alice", ':'), Name(1700000000, "alice"));
  EXPECT_EQ(ParseEphemeralName("alice:1700000000", ':'), Name(1700000000, "alice"));
  EXPECT_EQ(ParseEphemeralName("1700000000", ':'), Name(1700000000, "1700000000"));
  EXPECT_EQ(ParseEphemeralName("1700000000:", ':'), Name(1700000000, "1700000000:"));
  EXPECT_EQ(ParseEphemeralName(":1700000000", ':'), Name(1700000000, ":1700000000"));
  EXPECT_EQ(ParseEphemeralName("0:alice", ':'), Name(0, "alice"));
  EXPECT_EQ(ParseEphemeralName("99999999999:alice", ':'), Name(99999999999, "alice"));
}

TEST(EphemeralSecretTest, ADateInFrontWinsAndTheIdKeepsItsSeparators) {
  EXPECT_EQ(ParseEphemeralName("1700000000:1800000000", ':'), Name(1700000000, "1800000000"));
  EXPECT_EQ(ParseEphemeralName("1700000000:sip:alice@home1.net", ':'),
            Name(1700000000, "sip:alice@home1.net"));
}

TEST(EphemeralSecretTest, AnotherSeparatorMayBeAgreedUpon) {
  EXPECT_EQ(ParseEphemeralName("1700000000-alice:x", '-'), Name(1700000000, "alice:x"));
  EXPECT_EQ(ParseEphemeralName("1700000000:alice", '-'), std::nullopt);
}

TEST(EphemeralSecretTest, OtherShapesAreNoSuchName) {
  for (const std::string_view name :
       {"", ":", "alice", "alice:", ":alice", "alice:bob", "1700000000x", "1700000000x:alice",
        "+1700000000:alice", "-1:alice", " 1700000000:alice", "alice:1700000000:x",
        "alice:1700000000 ", "0x6553f100:alice", "100000000000:alice", "491701234567",
        "1700000000000:alice"}) {
    EXPECT_EQ(ParseEphemeralName(name, ':'), std::nullopt) << name;
  }
}

TEST(EphemeralSecretTest, MistakesInTheConfigurationAreNamed) {
  const auto none = EphemeralSecrets::Load({});
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error(), "no shared secret is given");
  std::vector<SecretText> with_empty;
  with_empty.emplace_back(std::string_view("north"));
  with_empty.emplace_back();
  const auto empty = EphemeralSecrets::Load(std::move(with_empty));
  ASSERT_FALSE(empty.ok());
  EXPECT_EQ(empty.error(), "shared secret 2 is empty");
  std::vector<SecretText> one;
  one.emplace_back(std::string_view("north"));
  const auto digit = EphemeralSecrets::Load(std::move(one), '7');
  ASSERT_FALSE(digit.ok());
  EXPECT_EQ(digit.error(), "the separator is a digit; no one could tell it from the date");
}

TEST(EphemeralSecretTest, TheCredentialIsThatOfTheKnownVector) {
  EphemeralSecretUsers users(Secrets({"north"}));
  EXPECT_EQ(users.name(), "ephemeral");
  const std::optional<Answer> answer =
      AnswerOf(users, QuestionAbout("1700000000:alice"), At(kExpiry - 1));
  ASSERT_TRUE(answer && answer->ok());
  const Credential& credential = *answer->value();
  EXPECT_EQ(credential.username, "1700000000:alice");
  EXPECT_EQ(credential.subject, "alice");
  EXPECT_EQ(credential.realm, "culvert.test");
  EXPECT_EQ(credential.expiry, WallTime(seconds(kExpiry)));
  EXPECT_EQ(credential.keys,
            DeriveKeys("1700000000:alice", "culvert.test", "Cd/49soE35ICqcJF/bCTn8Z4OyE="));
  EXPECT_TRUE(credential.older_keys.empty());
}

TEST(EphemeralSecretTest, KeysAreThoseOfTheRealmThatWasAskedAbout) {
  EphemeralSecretUsers users(Secrets({"north"}));
  const std::optional<Answer> answer =
      AnswerOf(users, QuestionAbout("1700000000:alice", "home1.net"), At(0));
  ASSERT_TRUE(answer && answer->ok());
  EXPECT_EQ(answer->value()->realm, "home1.net");
  EXPECT_EQ(answer->value()->keys,
            DeriveKeys("1700000000:alice", "home1.net", "Cd/49soE35ICqcJF/bCTn8Z4OyE="));
}

TEST(EphemeralSecretTest, ExpiredFromTheSecondThatTheNameGives) {
  EphemeralSecretUsers users(Secrets({"north"}));
  const Question question = QuestionAbout("1700000000:alice");
  EXPECT_EQ(RefusalOf(AnswerOf(users, question, At(kExpiry - 1))), std::nullopt);
  EXPECT_EQ(RefusalOf(AnswerOf(users, question, At(kExpiry))), Refusal::kExpired);
  EXPECT_EQ(RefusalOf(AnswerOf(users, question, At(kExpiry + 1000000))), Refusal::kExpired);
}

TEST(EphemeralSecretTest, ANameOfAnotherShapeIsSomebodyElses) {
  EphemeralSecretUsers users(Secrets({"north"}));
  EXPECT_EQ(RefusalOf(AnswerOf(users, QuestionAbout("alice"), At(0))), Refusal::kUnknownUser);
}

TEST(EphemeralSecretTest, TheSeparatorOfTheConfigurationIsUsed) {
  EphemeralSecretUsers users(Secrets({"north"}, '-'));
  EXPECT_EQ(RefusalOf(AnswerOf(users, QuestionAbout("1700000000:alice"), At(0))),
            Refusal::kUnknownUser);
  const std::optional<Answer> answer = AnswerOf(users, QuestionAbout("1700000000-alice"), At(0));
  ASSERT_TRUE(answer && answer->ok());
  EXPECT_EQ(answer->value()->subject, "alice");
}

TEST(EphemeralSecretTest, KeysOfAllSecretsComeInTheOrderOfTheConfiguration) {
  EphemeralSecretUsers users(Secrets({"newest", "middle", "oldest"}));
  const std::optional<Answer> answer = AnswerOf(users, QuestionAbout("1700000000:alice"), At(0));
  ASSERT_TRUE(answer && answer->ok());
  const auto keys_under = [](std::string_view secret) {
    return DeriveKeys("1700000000:alice", kRealm,
                      EphemeralPassword(secret, "1700000000:alice").view());
  };
  EXPECT_EQ(answer->value()->keys, keys_under("newest"));
  EXPECT_EQ(answer->value()->older_keys,
            (std::vector<IntegrityKeys>{keys_under("middle"), keys_under("oldest")}));
}

TEST(EphemeralSecretTest, OtherSecretsCountFromNowOn) {
  EphemeralSecretUsers users(Secrets({"north"}));
  users.Use(Secrets({"south"}));
  const std::optional<Answer> answer = AnswerOf(users, QuestionAbout("1700000000:alice"), At(0));
  ASSERT_TRUE(answer && answer->ok());
  EXPECT_EQ(answer->value()->keys,
            DeriveKeys("1700000000:alice", kRealm,
                       EphemeralPassword("south", "1700000000:alice").view()));
}

}  // namespace
}  // namespace culvert::auth
