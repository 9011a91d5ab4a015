// Keys of access tokens in a real Redis, behind the cache that the relay puts before them.

#include "auth/providers/redis_tokens.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "auth/access_token.h"
#include "auth/base64.h"
#include "auth/credential_cache.h"
#include "auth/providers/redis_keys.h"
#include "tests/auth/questions.h"
#include "tests/redis/client_fixture.h"
#include "tests/support/redis_process.h"

namespace culvert::auth {
namespace {

using testing::RedisProcess;

constexpr const char* kServerName = "turn.example.org";
constexpr int64_t kTime = 1'700'000'000;
// 32 bytes, of which A128GCM takes 16.
constexpr const char* kKey = "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=";

class RedisTokensTest : public redis::ClientFixture {
 protected:
  void SetUp() override {
    ASSERT_EQ(redis_.Start(), "");
    auto client = Connect(redis_.connection_string());
    client_ = client.get();
    store_ = std::make_shared<RedisStore>(std::move(client), observe::Log::Nowhere(), bad_records_);
    auto cache = std::make_unique<CredentialCache>(std::make_unique<RedisTokenKeys>(store_),
                                                   CacheSettings{}, counters_);
    tokens_ = std::make_unique<RedisTokens>(std::move(cache), kServerName);
    ASSERT_TRUE(Until([this] { return client_->watching(); }));
  }

  // Writes one key, and waits until that was told: an answer that a change overtakes is asked for
  // again.
  void Write(const std::vector<std::string>& command) {
    const uint64_t told = client_->statistics().invalidations.value();
    redis_.Run(command);
    ASSERT_TRUE(Until([&] { return client_->statistics().invalidations.value() > told; }));
  }
  // As coturn 4.6 writes it: every field, some of them empty.
  void WriteKey(const std::string& key_id, const std::string& key, const std::string& algorithm,
                int64_t timestamp = 0, int64_t lifetime = 0, const std::string& realm = "") {
    Write({"HMSET", "turn/oauth/kid/" + key_id, "ikm_key", key, "as_rs_alg", algorithm, "timestamp",
           std::to_string(timestamp), "lifetime", std::to_string(lifetime), "realm", realm});
  }
  // A token that lives an hour from kTime.
  static std::vector<uint8_t> Token(TokenAlgorithm algorithm = TokenAlgorithm::kA256Gcm) {
    std::vector<uint8_t> key = *ParseBase64(kKey);
    key.resize(TokenKeySize(algorithm));
    const std::string session = "12345678901234567890";
    const std::vector<uint8_t> nonce(12, 7);
    return SealAccessToken(
        {{session.begin(), session.end()}, WallTime(seconds(kTime)), seconds(3600)},
        {algorithm, key, kServerName}, nonce);
  }
  // The key id of the credential, or the refusal.
  std::string Outcome(std::string_view key_id, ByteView token, int64_t at = kTime) {
    Question question = QuestionAbout(key_id);
    question.access_token = token;
    answer_.reset();
    tokens_->Lookup(question, {loop_.now().instant, WallTime(seconds(at))},
                    [this](Answer answer) { answer_ = std::move(answer); });
    if (!Until([this] { return answer_.has_value(); })) return "(none)";
    return answer_->ok() ? (**answer_)->username : RefusalName(answer_->error());
  }
  uint64_t commands() const { return client_->statistics().commands.value(); }

  RedisProcess redis_;
  redis::Client* client_ = nullptr;
  observe::Counter bad_records_;
  observe::CredentialCounters counters_;
  std::shared_ptr<RedisStore> store_;
  std::unique_ptr<RedisTokens> tokens_;
  std::optional<Answer> answer_;
};

TEST_F(RedisTokensTest, ATokenUnderAKeyThatCoturnWroteBringsItsSessionKey) {
  WriteKey("north", kKey, "A256GCM");
  WriteKey("union", kKey, "A128GCM");
  WriteKey("plain", kKey, "");
  const std::string session = "12345678901234567890";
  for (const auto& [key_id, algorithm] :
       {std::pair("north", TokenAlgorithm::kA256Gcm), std::pair("union", TokenAlgorithm::kA128Gcm),
        std::pair("plain", TokenAlgorithm::kA256Gcm)}) {
    ASSERT_EQ(Outcome(key_id, Token(algorithm)), key_id);
    const Credential& credential = ***answer_;
    EXPECT_EQ(credential.keys.token, std::vector<uint8_t>(session.begin(), session.end()));
    EXPECT_EQ(credential.realm, kRealm);
    EXPECT_EQ(credential.subject, "oauth:turn.example.org");
    EXPECT_EQ(credential.expiry, WallTime(seconds(kTime + 3605)));
  }
}

TEST_F(RedisTokensTest, AKeyIsAskedForOnceAndAnUnknownOneIsRemembered) {
  WriteKey("north", kKey, "A256GCM");
  EXPECT_EQ(Outcome("north", Token()), "north");
  EXPECT_EQ(Outcome("south", Token()), "unknown-user");
  const uint64_t before = commands();
  EXPECT_EQ(Outcome("north", Token()), "north");
  EXPECT_EQ(Outcome("south", Token()), "unknown-user");
  EXPECT_EQ(commands(), before);
  EXPECT_EQ(counters_.hits.value(), 2u);
  EXPECT_EQ(counters_.entries.value(), 2);
}

TEST_F(RedisTokensTest, AKeyThatChangesIsAskedForAgain) {
  WriteKey("north", kKey, "A256GCM");
  EXPECT_EQ(Outcome("north", Token()), "north");
  WriteKey("south", kKey, "A256GCM");
  Write({"DEL", "turn/oauth/kid/north"});
  EXPECT_EQ(Outcome("north", Token()), "unknown-user");
}

TEST_F(RedisTokensTest, AKeyIsGoodForItsLifetimeAndFiveSeconds) {
  WriteKey("north", kKey, "A256GCM", kTime - 100, 200);
  EXPECT_EQ(Outcome("north", Token(), kTime + 104), "north");
  EXPECT_EQ(Outcome("north", Token(), kTime + 105), "expired");
  EXPECT_EQ(bad_records_.value(), 0u);
}

TEST_F(RedisTokensTest, WhatIsNotSealedWithTheKeyIsBarred) {
  WriteKey("north", kKey, "A128GCM");
  EXPECT_EQ(Outcome("north", Token(TokenAlgorithm::kA256Gcm)), "barred");
  const std::vector<uint8_t> noise(80, 1);
  EXPECT_EQ(Outcome("north", noise), "barred");
}

TEST_F(RedisTokensTest, RecordsThatCannotBeReadAreCounted) {
  WriteKey("short", "c2hvcnQ=", "A256GCM");
  WriteKey("other", kKey, "A512GCM");
  Write({"SET", "turn/oauth/kid/text", kKey});
  for (const char* key_id : {"short", "other", "text"}) {
    EXPECT_EQ(Outcome(key_id, Token()), "unknown-user") << key_id;
  }
  EXPECT_EQ(bad_records_.value(), 3u);
}

TEST_F(RedisTokensTest, LimitsAreThoseOfTheKeysRealmElseOfTheOneThatIsNamed) {
  WriteKey("north", kKey, "A256GCM");
  WriteKey("south", kKey, "A256GCM", 0, 0, "south.test");
  Write({"SET", CoturnRealmKey(kRealm, "max-bps"), "1000"});
  Write({"SET", CoturnRealmKey(kRealm, "user-quota"), "1"});
  Write({"SET", CoturnRealmKey("south.test", "max-bps"), "2000"});
  Write({"SADD", CoturnRealmKey("south.test", "denied-peer-ip"), "10.0.0.0-10.0.0.9"});
  ASSERT_EQ(Outcome("north", Token()), "north");
  EXPECT_EQ((**answer_)->policy.max_bytes_per_second, 1000u);
  EXPECT_EQ((**answer_)->policy.user_quota, std::nullopt);
  ASSERT_EQ(Outcome("south", Token()), "south");
  EXPECT_EQ((**answer_)->policy.max_bytes_per_second, 2000u);
  EXPECT_EQ((**answer_)->policy.denied_peers.size(), 1u);
  // A limit that changes does so for who is asked for already.
  Write({"SET", CoturnRealmKey("south.test", "max-bps"), "3000"});
  ASSERT_EQ(Outcome("south", Token()), "south");
  EXPECT_EQ((**answer_)->policy.max_bytes_per_second, 3000u);
}

TEST_F(RedisTokensTest, KeyIdsAreBytesAndBounded) {
  const std::string odd = "a b\"\\\r\nDEL * \xff";
  WriteKey(odd, kKey, "A256GCM");
  EXPECT_EQ(Outcome(odd, Token()), odd);
  const uint64_t before = commands();
  EXPECT_EQ(Outcome(std::string(129, 'k'), Token()), "unknown-user");
  EXPECT_EQ(Outcome("", Token()), "unknown-user");
  EXPECT_EQ(commands(), before);
}

TEST_F(RedisTokensTest, WhoComesWithoutATokenIsSomebodyElsesUser) {
  WriteKey("north", kKey, "A256GCM");
  const uint64_t before = commands();
  EXPECT_EQ(Outcome("north", {}), "unknown-user");
  EXPECT_EQ(commands(), before);
}

TEST_F(RedisTokensTest, WithoutRedisOrItsDataTheProviderIsDown) {
  EXPECT_EQ(Outcome("north", Token()), "provider-down");
  WriteKey("other", kKey, "A256GCM");
  EXPECT_EQ(Outcome("north", Token()), "unknown-user");
  EXPECT_EQ(Outcome("other", Token()), "other");
  redis_.Kill();
  ASSERT_TRUE(Until([this] { return !client_->connected(); }));
  EXPECT_EQ(Outcome("south", Token()), "provider-down");
  EXPECT_EQ(Outcome("other", Token()), "other");
}

}  // namespace
}  // namespace culvert::auth
