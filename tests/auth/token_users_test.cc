#include "auth/providers/token_users.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "auth/base64.h"
#include "tests/auth/questions.h"

namespace culvert::auth {
namespace {

// Made with coturn's turnutils_oauth: key id north, server name turn.example.org, nonce
// "h4sgtrand123", session key "12345678901234567890", timestamp 92470300704768, lifetime 3600. The
// key is 32 bytes, of which A128GCM takes 16.
constexpr std::string_view kServerName = "turn.example.org";
constexpr std::string_view kKey = "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=";
constexpr std::string_view kA256Token =
    "AAxoNHNndHJhbmQxMjNqKsiSvyR5ztAOrKjNO4FPIhe+IrLldcW3A8nezr9/HXhor1eqFb+aSJVI0FKtOqFdig==";
constexpr std::string_view kA128Token =
    "AAxoNHNndHJhbmQxMjOjW8dsTwd6nNd6fmCtbVy+1ZhpEumBRQGxXXFYGaFxumIA2K40XuuIaqEfTNLWcR4eNA==";
constexpr int64_t kIssued = 92470300704768 >> 16;
constexpr int64_t kLifetime = 3600;

std::vector<uint8_t> Token(std::string_view base64) {
  return ParseBase64(base64).value();
}

TokenUsers Users(std::string_view algorithm = "A256GCM",
                 std::string_view server_name = kServerName) {
  std::vector<SecretText> entries;
  entries.emplace_back("north:" + std::string(algorithm) + ":" + std::string(kKey));
  auto keys = TokenKeys::Load(server_name, std::move(entries));
  EXPECT_TRUE(keys.ok());
  return TokenUsers(*keys);
}

Question With(ByteView token, std::string_view key_id = "north") {
  Question question = QuestionAbout(key_id);
  question.access_token = token;
  return question;
}

// OA-02, OA-03
TEST(TokenUsersTest, CoturnsTokensBringTheirSessionKey) {
  const std::string_view key = "12345678901234567890";
  for (const auto& [algorithm, token] :
       {std::pair("A256GCM", kA256Token), std::pair("A128GCM", kA128Token)}) {
    TokenUsers users = Users(algorithm);
    const auto answer = AnswerOf(users, With(Token(token)), At(kIssued));
    ASSERT_TRUE(answer && answer->ok()) << algorithm;
    const Credential& credential = ***answer;
    EXPECT_EQ(credential.keys.token, std::vector<uint8_t>(key.begin(), key.end()));
    // coturn's client uses only so much of it.
    ASSERT_EQ(credential.older_keys.size(), 1u);
    EXPECT_EQ(credential.older_keys[0].token, std::vector<uint8_t>(key.begin(), key.begin() + 16));
    EXPECT_EQ(credential.keys.md5, std::nullopt);
    EXPECT_EQ(credential.username, "north");
    EXPECT_EQ(credential.subject, "oauth:turn.example.org");
    EXPECT_EQ(credential.realm, kRealm);
  }
}

// OA-04
TEST(TokenUsersTest, ATokenIsGoodForItsLifetimeAndFiveSecondsAroundIt) {
  TokenUsers users = Users();
  const std::vector<uint8_t> token = Token(kA256Token);
  const auto good = [&](int64_t at) { return AnswerOf(users, With(token), At(at))->ok(); };
  EXPECT_TRUE(good(kIssued + kLifetime + 4));
  EXPECT_FALSE(good(kIssued + kLifetime + 5));
  EXPECT_TRUE(good(kIssued - kLifetime - 4));
  EXPECT_FALSE(good(kIssued - kLifetime - 5));
  EXPECT_EQ(RefusalOf(AnswerOf(users, With(token), At(kIssued + kLifetime + 5))),
            Refusal::kExpired);
  const auto answer = AnswerOf(users, With(token), At(kIssued));
  EXPECT_EQ((**answer)->expiry, WallTime(seconds(kIssued + kLifetime + 5)));
}

TEST(TokenUsersTest, WhatIsNotSealedWithTheKeyIsBarred) {
  TokenUsers users = Users();
  const std::vector<uint8_t> token = Token(kA256Token);
  for (size_t at = 0; at < token.size(); ++at) {
    std::vector<uint8_t> damaged = token;
    damaged[at] ^= 1;
    EXPECT_EQ(RefusalOf(AnswerOf(users, With(damaged), At(kIssued))), Refusal::kBarred) << at;
  }
  for (size_t size = 1; size < token.size(); ++size) {
    EXPECT_EQ(RefusalOf(AnswerOf(users, With(ByteView(token).first(size)), At(kIssued))),
              Refusal::kBarred)
        << size;
  }
  EXPECT_EQ(RefusalOf(AnswerOf(users, With(Token(kA128Token)), At(kIssued))), Refusal::kBarred);
}

// OA-06: keys are replaced while allocations run.
TEST(TokenUsersTest, TokensUnderAnotherKeyAreOfTheSameSubject) {
  std::vector<SecretText> entries;
  entries.emplace_back("north:A256GCM:" + std::string(kKey));
  entries.emplace_back("south:A256GCM:" + std::string(kKey));
  auto keys = TokenKeys::Load(kServerName, std::move(entries));
  ASSERT_TRUE(keys.ok());
  TokenUsers users(*keys);
  const std::vector<uint8_t> token = Token(kA256Token);
  const auto older = AnswerOf(users, With(token, "north"), At(kIssued));
  const auto newer = AnswerOf(users, With(token, "south"), At(kIssued));
  ASSERT_TRUE(older->ok() && newer->ok());
  EXPECT_EQ((**older)->subject, (**newer)->subject);
  EXPECT_NE((**older)->username, (**newer)->username);
}

// The name is what a token is for: one for another relay is none here.
TEST(TokenUsersTest, ATokenForAnotherServerIsBarred) {
  TokenUsers users = Users("A256GCM", "turn2.example.org");
  EXPECT_EQ(RefusalOf(AnswerOf(users, With(Token(kA256Token)), At(kIssued))), Refusal::kBarred);
}

TEST(TokenUsersTest, OtherKeyIdsAndQuestionsWithoutATokenAreForOthers) {
  TokenUsers users = Users();
  EXPECT_EQ(RefusalOf(AnswerOf(users, With(Token(kA256Token), "south"), At(kIssued))),
            Refusal::kUnknownUser);
  EXPECT_EQ(RefusalOf(AnswerOf(users, QuestionAbout("north"), At(kIssued))), Refusal::kUnknownUser);
}

TEST(TokenUsersTest, WhatIsSealedIsOpenedAgain) {
  const TokenSeal seal{TokenAlgorithm::kA128Gcm, std::vector<uint8_t>(16, 7), "turn1"};
  for (const size_t key_size : {1, 20, 32, 64}) {
    const AccessToken token{std::vector<uint8_t>(key_size, 0x4b), WallTime(seconds(1700000000)),
                            seconds(300)};
    for (const size_t nonce_size : {1, 12, 16}) {
      const std::vector<uint8_t> sealed =
          SealAccessToken(token, seal, std::vector<uint8_t>(nonce_size, 9));
      EXPECT_EQ(OpenAccessToken(sealed, seal), token) << key_size << " " << nonce_size;
    }
  }
}

TEST(TokenUsersTest, EachMistakeInAKeyIsNamedAndTheKeyIsNot) {
  const auto error = [](std::string entry) {
    std::vector<SecretText> entries;
    entries.emplace_back(std::move(entry));
    const auto keys = TokenKeys::Load(kServerName, std::move(entries));
    return keys.ok() ? std::string("no error") : keys.error();
  };
  EXPECT_EQ(error("north"), "key 1: expected key-id:A256GCM:base64-key");
  EXPECT_EQ(error("north:A256GCM"), "key 1: expected key-id:A256GCM:base64-key");
  EXPECT_EQ(error(":A256GCM:" + std::string(kKey)), "key 1: expected key-id:A256GCM:base64-key");
  EXPECT_EQ(error("north:A512GCM:" + std::string(kKey)),
            "key 1: 'north' has an algorithm that is not A256GCM or A128GCM");
  EXPECT_EQ(error("north:A256GCM:MTIz"),
            "key 1: 'north' has a key that is not base64 of 32 bytes or more");
  EXPECT_EQ(error("north:A256GCM:5ecret"),
            "key 1: 'north' has a key that is not base64 of 32 bytes or more");
  EXPECT_EQ(error("north:A128GCM:MTIzNDU2Nzg5MDEyMzQ1Ng=="), "no error");
}

TEST(Base64Test, GoesBothWays) {
  for (const std::string_view text : {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "+/+/"}) {
    EXPECT_EQ(ToBase64(ParseBase64(text).value()), text);
  }
}

TEST(Base64Test, OtherTextIsNone) {
  for (const std::string_view text : {"Z", "Zg", "Zg=", "Z===", "====", "Zg==Zg==", "Zm9v ",
                                      " Zm9v", "Zm9v\n\n\n\n", "Zm-_", "Zm=v"}) {
    EXPECT_EQ(ParseBase64(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace culvert::auth
