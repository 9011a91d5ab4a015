// The provider at a real Redis: which questions it asks, names that are found first, and what it
// tells of changes. What follows from the records: redis_answer_test.cc.

#include "auth/providers/redis_users.h"

#include <gtest/gtest.h>

#include "auth/hex.h"
#include "auth/keys.h"
#include "auth/providers/redis_keys.h"
#include "server/redis/connection_string.h"
#include "tests/auth/questions.h"
#include "tests/redis/client_fixture.h"
#include "tests/support/redis_process.h"

namespace culvert::auth {
namespace {

using testing::RedisProcess;

constexpr const char* kImpi = "user1_private@home1.net";
constexpr const char* kImpu = "sip:alice@home1.net";

class RedisUsersTest : public redis::ClientFixture {
 protected:
  void SetUp() override { ASSERT_EQ(redis_.Start(), ""); }

  std::unique_ptr<RedisUsers> MakeUsers(const RedisUserSettings& settings = {},
                                        const std::string& words = "") {
    auto client = Connect(redis_.connection_string() + " " + words);
    client_ = client.get();
    auto store =
        std::make_shared<RedisStore>(std::move(client), observe::Log::Nowhere(), bad_records_);
    return std::make_unique<RedisUsers>(std::move(store),
                                        std::make_shared<const RedisUserSettings>(settings));
  }
  static RedisUserSettings WithHashes() {
    RedisUserSettings settings;
    settings.userhash = true;
    return settings;
  }
  static RedisUserSettings WithImpus() {
    RedisUserSettings settings;
    settings.impu = true;
    return settings;
  }
  // The outcome: the user of the credential, or the refusal.
  std::string Outcome(RedisUsers& users, const Question& question) {
    answer_.reset();
    users.Lookup(question, At(1'700'000'000),
                 [this](Answer answer) { answer_ = std::move(answer); });
    if (!Until([this] { return answer_.has_value(); })) return "(none)";
    return answer_->ok() ? (**answer_)->username : RefusalName(answer_->error());
  }
  void WriteDigest(const std::string& name) {
    redis_.Run({"HSET", DigestKey(kRealm, name), "ha1",
                Hex(DeriveMd5Key(name, kRealm, "secret-password"))});
  }
  static Question ByHash(const UserHash& hash) {
    Question question = QuestionAbout("");
    question.userhash = hash;
    return question;
  }

  RedisProcess redis_;
  redis::Client* client_ = nullptr;
  observe::Counter bad_records_;
  std::optional<Answer> answer_;
};

TEST_F(RedisUsersTest, AUserIsLookedUpInOneRoundTrip) {
  const auto users = MakeUsers();
  WriteDigest("alice");
  const uint64_t before = client_->statistics().commands.value();
  EXPECT_EQ(Outcome(*users, QuestionAbout("alice")), "alice");
  // Two records, five limits of the realm, the size of the database.
  EXPECT_EQ(client_->statistics().commands.value() - before, 8u);
  EXPECT_EQ(Outcome(*users, QuestionAbout("bob")), "unknown-user");
}

TEST_F(RedisUsersTest, WhatCannotBeAUserIsNotAskedFor) {
  const auto users = MakeUsers();
  const uint64_t before = client_->statistics().commands.value();
  EXPECT_EQ(Outcome(*users, QuestionAbout("")), "unknown-user");
  EXPECT_EQ(Outcome(*users, ByHash(DeriveUserHash("alice", kRealm))), "unknown-user");
  Question token = QuestionAbout("key-id");
  const std::vector<uint8_t> bytes = {1, 2, 3};
  token.access_token = bytes;
  EXPECT_EQ(Outcome(*users, token), "unknown-user");
  EXPECT_EQ(client_->statistics().commands.value(), before);
}

TEST_F(RedisUsersTest, AUserIsFoundByUserhash) {
  const auto users = MakeUsers(WithHashes());
  const UserHash hash = DeriveUserHash("alice", kRealm);
  WriteDigest("alice");
  EXPECT_EQ(Outcome(*users, ByHash(hash)), "unknown-user");
  redis_.Run({"SET", UserhashKey(hash), "alice"});
  EXPECT_EQ(Outcome(*users, ByHash(hash)), "alice");
  EXPECT_EQ((**answer_)->userhash, hash);
  EXPECT_TRUE(users->offers().userhash);
}

TEST_F(RedisUsersTest, AnEntryThatNamesSomebodyElseFindsNobody) {
  const auto users = MakeUsers(WithHashes());
  const UserHash hash = DeriveUserHash("alice", kRealm);
  WriteDigest("bob");
  redis_.Run({"SET", UserhashKey(hash), "bob"});
  EXPECT_EQ(Outcome(*users, ByHash(hash)), "unknown-user");
  EXPECT_EQ(bad_records_.value(), 1u);
  redis_.Run({"DEL", UserhashKey(hash)});
  redis_.Run({"SADD", UserhashKey(hash), "alice"});
  EXPECT_EQ(Outcome(*users, ByHash(hash)), "unknown-user");
  EXPECT_EQ(bad_records_.value(), 2u);
}

TEST_F(RedisUsersTest, AnImpuLeadsToTheRecordOfItsImpi) {
  WriteDigest(kImpi);
  redis_.Run({"SET", ImpuKey(kImpu), kImpi});
  // coturn's record of the same name is another user's.
  redis_.Run({"SET", CoturnUserKey(kRealm, kImpu), "00112233445566778899aabbccddeeff"});
  const auto users = MakeUsers(WithImpus());
  EXPECT_EQ(Outcome(*users, QuestionAbout(kImpu)), kImpu);
  EXPECT_EQ((**answer_)->account, kImpi);
  EXPECT_EQ((**answer_)->keys.md5, DeriveMd5Key(kImpi, kRealm, "secret-password"));
  EXPECT_EQ(Outcome(*users, QuestionAbout("sip:bob@home1.net")), "unknown-user");
  EXPECT_EQ(Outcome(*users, QuestionAbout(kImpi)), kImpi);
  const auto without = MakeUsers();
  EXPECT_EQ(Outcome(*without, QuestionAbout(kImpu)), kImpu);
  EXPECT_EQ((**answer_)->account, "");
}

TEST_F(RedisUsersTest, NamesAreBytesAndNoCommands) {
  const auto users = MakeUsers();
  const std::string name = "a b\"\\\r\nDEL * \xff";
  WriteDigest(name);
  EXPECT_EQ(Outcome(*users, QuestionAbout(name)), name);
}

TEST_F(RedisUsersTest, WithoutRedisOrRightsTheProviderIsDown) {
  redis_.Run({"ACL", "SETUSER", "relay", "on", ">hole", "~turn/*", "+get", "+ping", "+client"});
  const auto users = MakeUsers(WithHashes(), "user=relay password=hole");
  EXPECT_EQ(Outcome(*users, QuestionAbout("alice")), "provider-down");
  EXPECT_EQ(Outcome(*users, ByHash(DeriveUserHash("alice", kRealm))), "provider-down");
  redis_.Kill();
  EXPECT_EQ(Outcome(*users, QuestionAbout("alice")), "provider-down");
}

TEST_F(RedisUsersTest, WithoutTheRightToCountKeysAnEmptyDatabaseHasNoUsers) {
  redis_.Run({"ACL", "SETUSER", "relay", "on", ">hole", "~*", "+get", "+hgetall", "+smembers",
              "+ping", "+client"});
  const auto users = MakeUsers({}, "user=relay password=hole");
  EXPECT_EQ(Outcome(*users, QuestionAbout("alice")), "unknown-user");
  const auto with_it = MakeUsers();
  EXPECT_EQ(Outcome(*with_it, QuestionAbout("alice")), "provider-down");
}

TEST_F(RedisUsersTest, ARecordThatCannotBeReadIsCountedEachTime) {
  const auto users = MakeUsers();
  redis_.Run({"SET", DigestKey(kRealm, "alice"), "not a hash"});
  EXPECT_EQ(Outcome(*users, QuestionAbout("alice")), "unknown-user");
  EXPECT_EQ(Outcome(*users, QuestionAbout("alice")), "unknown-user");
  EXPECT_EQ(bad_records_.value(), 2u);
}

TEST_F(RedisUsersTest, ChangesAreToldByUserByRealmAndAsAnything) {
  const auto users = MakeUsers();
  std::vector<std::string> told;
  users->OnChange([&told](std::string_view name, std::string_view realm) {
    told.push_back(std::string(name) + "|" + std::string(realm));
  });
  ASSERT_TRUE(Until([this] { return client_->watching(); }));
  WriteDigest("alice");
  redis_.Run({"SET", CoturnUserKey("north.gov", "gorst"), "00112233445566778899aabbccddeeff"});
  redis_.Run(
      {"SET", "turn/realm/north.gov/user/gorst/allocation/000000000000000001/status", "new"});
  redis_.Run({"SADD", CoturnRealmKey("north.gov", "secret"), "s"});
  redis_.Run({"HSET", "culvert/gba/AAAAAAAAAAAAAAAAAAAAAA==@bsf", "barred", "1"});
  redis_.Run({"FLUSHALL"});
  ASSERT_TRUE(Until([&told] { return told.size() >= 6; }));
  EXPECT_EQ(told, (std::vector<std::string>{"|", "alice|" + std::string(kRealm), "gorst|north.gov",
                                            "|north.gov", "AAAAAAAAAAAAAAAAAAAAAA==@bsf|", "|"}));
}

}  // namespace
}  // namespace culvert::auth
