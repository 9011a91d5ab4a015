// Origins' realms in a real Redis.

#include "auth/providers/redis_origins.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "server/redis/connection_string.h"
#include "tests/redis/client_fixture.h"
#include "tests/support/redis_process.h"

namespace culvert::auth {
namespace {

using Origins = RedisOrigins::Origins;
using testing::RedisProcess;

class RedisOriginsTest : public redis::ClientFixture {
 protected:
  void SetUp() override { ASSERT_EQ(redis_.Start(), ""); }

  void Read() {
    auto client = Connect(redis_.connection_string());
    client_ = client.get();
    store_ = std::make_shared<RedisStore>(std::move(client), observe::Log::Nowhere(), bad_records_);
    origins_ = std::make_unique<RedisOrigins>(store_, loop_, wheel_,
                                              [this](const Origins& all) { told_.push_back(all); });
  }
  void Write(const std::string& origin, const std::string& realm) {
    redis_.Run({"SET", "turn/origin/" + origin, realm});
  }
  // The last that was told is, or becomes, this.
  bool Becomes(const Origins& all) {
    return Until([&] { return !told_.empty() && told_.back() == all; });
  }

  RedisProcess redis_;
  redis::Client* client_ = nullptr;
  observe::Counter bad_records_;
  std::shared_ptr<RedisStore> store_;
  std::unique_ptr<RedisOrigins> origins_;
  std::vector<Origins> told_;
};

TEST_F(RedisOriginsTest, WhatIsThereIsReadAtOnce) {
  Write("https://a.test:443", "a");
  Write("https://b.test:443", "b");
  redis_.Run({"SET", "turn/realm/a/user/alice/key", "00112233445566778899aabbccddeeff"});
  Read();
  ASSERT_TRUE(Becomes({{"https://a.test:443", "a"}, {"https://b.test:443", "b"}}));
  EXPECT_EQ(told_.size(), 1u);
}

TEST_F(RedisOriginsTest, WhatChangesIsReadAndToldOnce) {
  Write("a", "one");
  Read();
  ASSERT_TRUE(Becomes({{"a", "one"}}));
  Write("b", "two");
  ASSERT_TRUE(Becomes({{"a", "one"}, {"b", "two"}}));
  Write("a", "three");
  ASSERT_TRUE(Becomes({{"a", "three"}, {"b", "two"}}));
  redis_.Run({"DEL", "turn/origin/a"});
  ASSERT_TRUE(Becomes({{"b", "two"}}));
  // Nothing new.
  Write("b", "two");
  redis_.Run({"SET", "turn/realm/a/max-bps", "1"});
  Write("c", "four");
  ASSERT_TRUE(Becomes({{"b", "two"}, {"c", "four"}}));
  EXPECT_EQ(told_.size(), 5u);
}

TEST_F(RedisOriginsTest, AmongManyKeysAllAreFound) {
  redis_.Run({"EVAL",
              "for i = 1, 30000 do redis.call('SET', 'other' .. i, i) end "
              "for i = 1, 250 do redis.call('SET', 'turn/origin/' .. i, 'realm' .. i) end",
              "0"});
  Read();
  ASSERT_TRUE(Until([&] { return !told_.empty(); }));
  EXPECT_EQ(told_.size(), 1u);
  ASSERT_EQ(told_.back().size(), 250u);
  EXPECT_EQ(told_.back().at("1"), "realm1");
  EXPECT_EQ(told_.back().at("250"), "realm250");
}

TEST_F(RedisOriginsTest, WhatIsNoRealmIsCountedAndLeftOut) {
  Write("a", "one");
  Write("empty", "");
  Write("slash", "x/y");
  Write("line", "x\ny");
  Write("long", std::string(764, 'r'));
  redis_.Run({"SADD", "turn/origin/set", "x"});
  Read();
  ASSERT_TRUE(Becomes({{"a", "one"}}));
  EXPECT_EQ(bad_records_.value(), 5u);
  Write("a", "");
  ASSERT_TRUE(Becomes({}));
}

TEST_F(RedisOriginsTest, AnEmptyDatabaseKeepsWhatWasKnown) {
  Write("a", "one");
  Read();
  ASSERT_TRUE(Becomes({{"a", "one"}}));
  const uint64_t before = client_->statistics().latency.count();
  redis_.Run({"FLUSHALL"});
  // SCAN and DBSIZE are answered.
  ASSERT_TRUE(Until([&] { return client_->statistics().latency.count() >= before + 2; }));
  Write("b", "two");
  EXPECT_TRUE(Becomes({{"a", "one"}, {"b", "two"}}));
}

TEST_F(RedisOriginsTest, WhatWasWrittenDuringAnOutageIsReadAfterIt) {
  Write("a", "one");
  Read();
  ASSERT_TRUE(Becomes({{"a", "one"}}));
  redis_.Kill();
  ASSERT_TRUE(Until([&] { return !client_->connected(); }));
  ASSERT_EQ(redis_.StartAgain(), "");
  Write("b", "two");
  EXPECT_TRUE(Until([&] { return told_.back().contains("b"); }));
}

TEST_F(RedisOriginsTest, WithoutTheRightToScanNothingIsReadAndUsersAre) {
  redis_.Run({"ACL", "SETUSER", "default", "-scan"});
  Write("a", "one");
  Read();
  ASSERT_TRUE(Until(
      [&] { return client_->statistics().errors[redis::CallError::Kind::kServer].value() > 0; }));
  EXPECT_TRUE(told_.empty());
  // Asked for again after a while.
  redis_.Run({"ACL", "SETUSER", "default", "+scan"});
  EXPECT_TRUE(Becomes({{"a", "one"}}));
}

}  // namespace
}  // namespace culvert::auth
