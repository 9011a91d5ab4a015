#include "server/redis/client.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/redis/connection_string.h"
#include "tests/redis/client_fixture.h"
#include "tests/support/redis_process.h"

namespace culvert::redis {
namespace {

using testing::RedisProcess;

class ClientTest : public ClientFixture {
 protected:
  void SetUp() override { ASSERT_EQ(redis_.Start(), ""); }

  RedisProcess redis_;
};

TEST_F(ClientTest, AnswersComeInEachOfTheirTypes) {
  const auto client = Connect(redis_.connection_string());
  EXPECT_EQ(Text(*client, {"SET", "a", "x"}), "OK");
  EXPECT_EQ(Text(*client, {"GET", "a"}), "x");
  EXPECT_EQ(Text(*client, {"GET", "missing"}), "(nil)");
  EXPECT_EQ(Text(*client, {"APPEND", "a", "yz"}), "3");
  EXPECT_EQ(Text(*client, {"SADD", "a", "x"}),
            "server: WRONGTYPE Operation against a key holding the wrong kind of value");
  const CallResult all = Ask(*client, {"MGET", "a", "missing"});
  ASSERT_TRUE(all.ok());
  EXPECT_EQ(*all, Reply::Array({Reply::Text(Reply::Type::kString, "xyz"), Reply()}));
}

TEST_F(ClientTest, KeysAndValuesMayHoldAnyBytes) {
  const auto client = Connect(redis_.connection_string());
  const std::string key("a \r\n\0$-1\"", 9);
  std::string value;
  for (int i = 0; i < 100'000; ++i) value += static_cast<char>(i * 7);
  EXPECT_EQ(Text(*client, {"SET", key, value}), "OK");
  EXPECT_EQ(Text(*client, {"GET", key}), value);
  EXPECT_EQ(redis_.Run({"STRLEN", key}), "100000");
}

TEST_F(ClientTest, AnErrorInsideAnArrayIsAnElement) {
  const auto client = Connect(redis_.connection_string());
  const CallResult result = Ask(*client, {"EVAL", "return {1, redis.error_reply('ERR no')}", "0"});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(*result, Reply::Array({Reply::Integer(1), Reply::Text(Reply::Type::kError, "ERR no")}));
}

TEST_F(ClientTest, PipelinedCallsAreAnsweredInOrder) {
  // Made before there is a connection: they wait for it.
  const auto client = MakeClient(redis_.connection_string());
  constexpr int kCalls = 2000;
  std::vector<int64_t> answers;
  for (int i = 0; i < kCalls; ++i) {
    client->Call({"INCR", "n"}, seconds(5), [&answers](CallResult result) {
      answers.push_back(result ? result->integer() : -1);
    });
  }
  ASSERT_TRUE(Until([&] { return answers.size() == kCalls; }));
  for (int i = 0; i < kCalls; ++i) ASSERT_EQ(answers[static_cast<size_t>(i)], i + 1);
  EXPECT_EQ(client->statistics().commands.value(), 2000u);
  EXPECT_EQ(client->statistics().latency.count(), 2000u);
  EXPECT_EQ(client->statistics().connects.value(), 1u);
}

TEST_F(ClientTest, ACallMayBeMadeFromWithinAResult) {
  const auto client = Connect(redis_.connection_string());
  int64_t last = 0;
  CallDone again = [&](CallResult result) {
    last = result ? result->integer() : -1;
    if (last > 0 && last < 5) client->Call({"INCR", "n"}, seconds(5), again);
  };
  client->Call({"INCR", "n"}, seconds(5), again);
  EXPECT_TRUE(Until([&] { return last == 5; })) << last;
}

TEST_F(ClientTest, TheDatabaseAndTheNameOfTheSettingsAreUsed) {
  const auto client = Connect(redis_.connection_string() + " dbname=3 client_name=relay-7");
  EXPECT_EQ(Text(*client, {"SET", "a", "x"}), "OK");
  EXPECT_EQ(redis_.Run({"GET", "a"}), "(nil)");
  EXPECT_EQ(Text(*client, {"CLIENT", "GETNAME"}), "relay-7");
}

TEST_F(ClientTest, ADatabaseThatIsNotThereIsNamedAsTheReason) {
  const auto client = MakeClient(redis_.connection_string() + " dbname=99");
  EXPECT_EQ(Text(*client, {"GET", "a"}),
            "down: " + redis_.address().ToString() +
                ": SELECT 99 is refused: ERR DB index is out of range");
  EXPECT_FALSE(client->connected());
  EXPECT_EQ(client->statistics().failed_connects.value(), 1u);
}

TEST_F(ClientTest, AUnixSocketWillDo) {
  const auto client = Connect("path=" + redis_.socket_path());
  EXPECT_EQ(Text(*client, {"SET", "a", "x"}), "OK");
  EXPECT_EQ(redis_.Run({"GET", "a"}), "x");
}

TEST_F(ClientTest, CallsBeyondTheLimitFailAtOnce) {
  auto settings = std::make_shared<Settings>();
  settings->servers.front().host = redis_.host();
  settings->servers.front().port = redis_.address().port();
  settings->limits.pending_calls = 2;
  settings->limits.pending_bytes = 100;
  const auto client = MakeClient(settings);
  std::vector<std::string> results;
  const auto note = [&results](CallResult result) {
    results.push_back(result ? result->text() : Show(result.error()));
  };
  client->Call({"PING", "1"}, seconds(5), note);
  client->Call({"PING", std::string(100, 'x')}, seconds(5), note);
  client->Call({"PING", "2"}, seconds(5), note);
  client->Call({"PING", "3"}, seconds(5), note);
  ASSERT_TRUE(results.empty());
  ASSERT_TRUE(Until([&] { return results.size() == 4; }));
  const std::string busy = "busy: too many calls to Redis are pending";
  EXPECT_EQ(results, (std::vector<std::string>{busy, busy, "1", "2"}));
  EXPECT_EQ(client->statistics().errors[CallError::Kind::kBusy].value(), 2u);
  EXPECT_EQ(Text(*client, {"PING", "4"}), "4");
}

TEST_F(ClientTest, AClientThatGoesTakesItsCallsWithIt) {
  auto client = Connect(redis_.connection_string());
  int results = 0;
  const auto count = [&results](CallResult) { ++results; };
  client->Call({"PING"}, seconds(5), count);
  client.reset();
  const auto next = Connect(redis_.connection_string());
  EXPECT_EQ(Text(*next, {"PING"}), "PONG");
  EXPECT_EQ(results, 0);
}

}  // namespace
}  // namespace culvert::redis
