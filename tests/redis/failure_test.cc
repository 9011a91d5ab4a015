// Servers that are not there, go away, freeze, or talk nonsense.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/redis/connection_string.h"
#include "tests/redis/client_fixture.h"
#include "tests/redis/scripted_server.h"
#include "tests/support/redis_process.h"

namespace culvert::redis {
namespace {

using testing::RedisProcess;

const IpAddress kLoopback = IpAddress::V4(127, 0, 0, 1);

class FailureTest : public ClientFixture {
 protected:
  // A server that answers every call with `answer`.
  ScriptedServer Saying(std::string answer) {
    return ScriptedServer(loop_, kLoopback,
                          [answer = std::move(answer)](const std::string&) { return answer; });
  }

  RedisProcess redis_;
};

TEST_F(FailureTest, AKilledServerIsFoundAgainWhenItIsBack) {
  ASSERT_EQ(redis_.Start(), "");
  const auto client = Connect(redis_.connection_string());
  EXPECT_EQ(Text(*client, {"SET", "a", "x"}), "OK");
  redis_.Kill();
  ASSERT_TRUE(Until([&] { return !client->connected(); }));
  // Nobody listens there, so the first attempt has failed by then and calls do not wait.
  ASSERT_TRUE(Until([&] { return client->statistics().failed_connects.value() > 0; }));
  EXPECT_EQ(Text(*client, {"GET", "a"}),
            "down: " + redis_.address().ToString() + ": Connection refused");
  ASSERT_EQ(redis_.StartAgain(), "");
  ASSERT_TRUE(Until([&] { return client->connected(); }));
  EXPECT_EQ(Text(*client, {"GET", "a"}), "(nil)");
  EXPECT_EQ(client->statistics().connects.value(), 2u);
}

TEST_F(FailureTest, ACallThatIsUnderWayWhenTheServerDiesFails) {
  ASSERT_EQ(redis_.Start(), "");
  const auto client = Connect(redis_.connection_string());
  std::vector<std::string> results;
  client->Call({"BLPOP", "list", "0"}, seconds(60), [&results](CallResult result) {
    results.push_back(result ? "an answer" : NameOf(result.error().kind));
  });
  ASSERT_TRUE(Until([&] {
    return redis_.Run({"INFO", "clients"}).find("blocked_clients:1") != std::string::npos;
  }));
  redis_.Kill();
  ASSERT_TRUE(Until([&] { return !results.empty(); }));
  EXPECT_EQ(results, std::vector<std::string>{"down"});
}

TEST_F(FailureTest, AFrozenServerCostsADeadlineOnce) {
  ASSERT_EQ(redis_.Start(), "");
  const auto client = Connect(redis_.connection_string());
  redis_.Freeze();
  const std::string where = redis_.address().ToString();
  std::vector<std::string> results;
  const auto note = [&results](CallResult result) {
    results.push_back(result ? "an answer" : Show(result.error()));
  };
  client->Call({"GET", "a"}, milliseconds(300), note);
  client->Call({"GET", "b"}, seconds(60), note);
  ASSERT_TRUE(Until([&] { return results.size() == 2; }));
  // The second's answer would have come behind the first's, on a connection that is gone.
  EXPECT_EQ(results, (std::vector<std::string>{"down: " + where + ": no answer in time",
                                               "timeout: " + where + ": no answer in time"}));
  // The kernel still takes connections for it; calls do not wait for that.
  const Instant before = loop_.now().instant;
  EXPECT_EQ(Text(*client, {"GET", "a"}, seconds(60)), "down: " + where + ": no answer in time");
  EXPECT_LT(loop_.now().instant - before, seconds(1));
  redis_.Thaw();
  ASSERT_TRUE(Until([&] { return client->connected(); }));
  EXPECT_EQ(Text(*client, {"GET", "a"}), "(nil)");
}

TEST_F(FailureTest, AnIdleConnectionToAFrozenServerIsNoticed) {
  ASSERT_EQ(redis_.Start(), "");
  const auto client = MakeClient(Impatient(redis_.address()));
  ASSERT_TRUE(Until([&] { return client->connected(); }));
  redis_.Freeze();
  EXPECT_TRUE(Until([&] { return !client->connected(); }));
}

TEST_F(FailureTest, WhereNobodyListensTheFirstCallWaitsForTheAttemptAndNoLonger) {
  ASSERT_EQ(redis_.Start(), "");
  redis_.Kill();
  const auto client = MakeClient(redis_.connection_string());
  const std::string refused = "down: " + redis_.address().ToString() + ": Connection refused";
  EXPECT_EQ(Text(*client, {"PING"}, seconds(60)), refused);
  EXPECT_EQ(Text(*client, {"PING"}, seconds(60)), refused);
  EXPECT_EQ(client->last_error(), redis_.address().ToString() + ": Connection refused");
  EXPECT_EQ(client->statistics().errors[CallError::Kind::kDown].value(), 2u);
}

TEST_F(FailureTest, ASocketFileThatIsNotThereIsTheReason) {
  const auto client = MakeClient("path=/nowhere/redis.sock");
  EXPECT_EQ(Text(*client, {"PING"}), "down: /nowhere/redis.sock: No such file or directory");
}

TEST_F(FailureTest, ANameThatDoesNotExistIsTheReason) {
  // RFC 6761 section 6.4: no resolver knows it.
  const auto client = MakeClient("host=redis.invalid connect_timeout=60");
  const std::string error = Text(*client, {"PING"}, seconds(60));
  EXPECT_TRUE(error.starts_with("down: redis.invalid:6379: cannot be resolved: ")) << error;
}

TEST_F(FailureTest, ANameLeadsToTheFirstOfItsAddressesThatAnswers) {
  const ScriptedServer server = Saying("+hello\r\n");
  const auto client = MakeClient("host=localhost port=" + std::to_string(server.address().port()));
  EXPECT_EQ(Text(*client, {"PING"}), "hello");
}

TEST_F(FailureTest, AnswersThatAreNoneEndTheConnection) {
  for (const std::string garbage :
       {"HTTP/1.0 400 Bad Request\r\n\r\n", "$x\r\n", "*3\r\n!\r\n", ":12a\r\n", "*-7\r\n",
        "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n"}) {
    const ScriptedServer server = Saying(garbage);
    const auto client = Connect(server.connection_string());
    const CallResult result = Ask(*client, {"GET", "a"});
    ASSERT_FALSE(result.ok()) << garbage;
    EXPECT_EQ(result.error().kind, CallError::Kind::kDown) << garbage;
    EXPECT_TRUE(result.error().text.starts_with(server.address().ToString() +
                                                ": the server's answer is refused: "))
        << result.error().text;
    EXPECT_TRUE(Until([&] { return server.connections() == 2; }));
  }
}

TEST_F(FailureTest, AnAnswerBeyondTheLimitEndsTheConnection) {
  // Said, but never sent: neither of them is kept room for.
  for (const std::string answer : {"*262145\r\n", "*1\r\n*1000000000\r\n"}) {
    const ScriptedServer server = Saying(answer);
    const auto client = Connect(server.connection_string());
    EXPECT_EQ(Text(*client, {"GET", "a"}),
              "down: " + server.address().ToString() +
                  ": the server's answer is refused: a reply is larger than the limit");
  }
}

TEST_F(FailureTest, ALongTextIsTakenUpToTheLimit) {
  auto settings = std::make_shared<Settings>();
  settings->limits.reply_bytes = 1000;
  const std::string fits = "$990\r\n" + std::string(990, 'x') + "\r\n";
  const std::string too_long = "$1001\r\n" + std::string(1001, 'x') + "\r\n";
  int calls = 0;
  const ScriptedServer server(loop_, kLoopback,
                              [&](const std::string&) { return ++calls == 1 ? fits : too_long; });
  settings->servers.front().port = server.address().port();
  const auto client = MakeClient(settings);
  EXPECT_EQ(Text(*client, {"GET", "a"}), std::string(990, 'x'));
  EXPECT_EQ(Text(*client, {"GET", "a"}),
            "down: " + server.address().ToString() +
                ": the server's answer is refused: a reply is larger than the limit");
}

TEST_F(FailureTest, AnAnswerThatNobodyAskedForEndsTheConnection) {
  const ScriptedServer server = Saying("+one\r\n+two\r\n");
  const auto client = Connect(server.connection_string());
  EXPECT_EQ(Text(*client, {"PING"}), "one");
  EXPECT_TRUE(Until([&] {
    return client->last_error() ==
           server.address().ToString() + ": an answer came that nobody asked for";
  }));
}

TEST_F(FailureTest, AConnectionThatIsClosedInTheMiddleOfAnAnswerFailsTheCall) {
  int calls = 0;
  const ScriptedServer server(loop_, kLoopback,
                              [&calls](const std::string&) -> std::optional<std::string> {
                                if (++calls == 1) return "$10\r\nhalf";
                                return std::nullopt;
                              });
  const auto client = Connect(server.connection_string());
  std::vector<std::string> results;
  const auto note = [&results](CallResult result) {
    results.push_back(result ? "an answer" : Show(result.error()));
  };
  client->Call({"GET", "a"}, seconds(60), note);
  ASSERT_TRUE(Until([&] { return calls == 1; }));
  client->Call({"GET", "b"}, seconds(60), note);
  ASSERT_TRUE(Until([&] { return results.size() == 2; }));
  const std::string closed =
      "down: " + server.address().ToString() + ": the server closed the connection";
  EXPECT_EQ(results, (std::vector<std::string>{closed, closed}));
}

}  // namespace
}  // namespace culvert::redis
