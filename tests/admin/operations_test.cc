// The operators' pages over a relay that only remembers what it was asked.
#include "server/admin/operations.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace culvert::admin {
namespace {

using net::HttpMethod;
using net::HttpRequest;
using net::HttpResponse;

constexpr const char* kToken = "0123456789abcdef";

class RememberingRelay final : public Relay {
 public:
  std::optional<std::vector<observe::SessionFacts>> ListSessions(
      const observe::SessionFilter& filter, size_t most) override {
    asked = filter;
    asked_most = most;
    if (!answers) return std::nullopt;
    auto list = sessions;
    if (list.size() > most) list.resize(most);
    return list;
  }
  std::optional<size_t> EndSessions(const observe::SessionFilter& filter) override {
    asked = filter;
    return answers ? std::optional<size_t>(2) : std::nullopt;
  }
  void Drain(std::optional<seconds> timeout) override {
    drained = true;
    drain_timeout = timeout;
  }
  int64_t allocations() const override { return 7; }

  bool answers = true;
  std::vector<observe::SessionFacts> sessions;
  std::optional<observe::SessionFilter> asked;
  size_t asked_most = 0;
  bool drained = false;
  std::optional<seconds> drain_timeout;
};

class OperationsTest : public testing::Test {
 protected:
  explicit OperationsTest(std::string_view token = kToken) {
    AddOperations(relay_, SecretText(token), &pages_);
  }
  HttpResponse Ask(const char* path, HttpRequest request) {
    request.authorization = "Bearer 0123456789abcdef";
    return pages_.at(path).answer(request);
  }

  RememberingRelay relay_;
  net::HttpPages pages_;
};

class OperationsWithoutTokenTest : public OperationsTest {
 protected:
  OperationsWithoutTokenTest() : OperationsTest("") {}
};

constexpr const char* kPaths[] = {"/sessions", "/kick", "/drain"};

TEST_F(OperationsTest, ReadingIsGetAndTheRestIsPost) {
  EXPECT_EQ(pages_.at("/sessions").method, HttpMethod::kGet);
  EXPECT_EQ(pages_.at("/kick").method, HttpMethod::kPost);
  EXPECT_EQ(pages_.at("/drain").method, HttpMethod::kPost);
}

TEST_F(OperationsTest, WhoHasNotTheTokenMayNothing) {
  for (const char* path : kPaths) {
    for (const char* authorization :
         {"", "Bearer ", "Bearer 0123456789abcdeF", "Bearer 0123456789abcde",
          "Bearer 0123456789abcdef0", "0123456789abcdef", "Basic 0123456789abcdef",
          "bearer 0123456789abcdef"}) {
      const HttpRequest request{.query = {{"user", "alice"}}, .authorization = authorization};
      EXPECT_EQ(pages_.at(path).answer(request).status, 401) << path << " " << authorization;
    }
  }
  EXPECT_FALSE(relay_.asked);
  EXPECT_FALSE(relay_.drained);
}

TEST_F(OperationsWithoutTokenTest, NobodyMayAnything) {
  for (const char* path : kPaths) {
    for (const char* authorization : {"", "Bearer ", "Bearer 0123456789abcdef"}) {
      const HttpRequest request{.query = {{"user", "alice"}}, .authorization = authorization};
      const HttpResponse response = pages_.at(path).answer(request);
      EXPECT_EQ(response.status, 403) << path;
      EXPECT_EQ(response.body, "set admin-token or admin-token-file to use this\n");
    }
  }
  EXPECT_FALSE(relay_.asked);
  EXPECT_FALSE(relay_.drained);
}

TEST_F(OperationsTest, SessionsAreListedWithAllThatIsKnown) {
  relay_.sessions = {{.id = observe::SessionId{0x00c0ffee00c0ffee},
                      .user = "al\"ice",
                      .subject = "alice",
                      .realm = "test.example",
                      .transport = "TLS/TCP",
                      .protocol = "tcp",
                      .client = "192.0.2.1:40000",
                      .server = "198.51.100.1:443",
                      .relayed = {"198.51.100.1:50000", "[2001:db8::1]:50001"},
                      .age = seconds(61),
                      .expires_in = seconds(539),
                      .permissions = 2,
                      .channels = 1,
                      .connections = 3}};
  const HttpResponse response = Ask("/sessions", {});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.body, R"({
  "sessions": [
    {
      "id": "00c0ffee00c0ffee",
      "user": "al\"ice",
      "subject": "alice",
      "realm": "test.example",
      "transport": "TLS/TCP",
      "protocol": "tcp",
      "client": "192.0.2.1:40000",
      "server": "198.51.100.1:443",
      "relayed": [
        "198.51.100.1:50000",
        "[2001:db8::1]:50001"
      ],
      "age_seconds": 61,
      "expires_in_seconds": 539,
      "permissions": 2,
      "channels": 1,
      "connections": 3
    }
  ],
  "complete": true
}
)");
}

TEST_F(OperationsTest, ANameThatIsNoUtf8IsListedAllTheSame) {
  relay_.sessions = {{.id = observe::SessionId{1}, .user = "\xff"}};
  const HttpResponse response = Ask("/sessions", {});
  EXPECT_EQ(response.status, 200);
  EXPECT_NE(response.body.find("\"user\": \"\xef\xbf\xbd\""), std::string::npos) << response.body;
}

TEST_F(OperationsTest, AListThatIsCutSaysSo) {
  relay_.sessions.resize(3);
  const HttpResponse cut = Ask("/sessions", {.query = {{"limit", "2"}}});
  EXPECT_EQ(relay_.asked_most, 3u);
  EXPECT_NE(cut.body.find("\"complete\": false"), std::string::npos) << cut.body;
  const HttpResponse whole = Ask("/sessions", {.query = {{"limit", "3"}}});
  EXPECT_NE(whole.body.find("\"complete\": true"), std::string::npos) << whole.body;
}

TEST_F(OperationsTest, OfOneUserOrOneSession) {
  Ask("/sessions", {.query = {{"user", "alice"}, {"id", "00c0ffee00c0ffee"}}});
  EXPECT_EQ(relay_.asked->user, "alice");
  EXPECT_EQ(relay_.asked->id, observe::SessionId{0x00c0ffee00c0ffee});
  EXPECT_EQ(relay_.asked_most, kSessionsOfPage + 1);
}

TEST_F(OperationsTest, WhatCannotBeReadIsRefused) {
  for (const char* id : {"", "x", "12 ", "-1", "10000000000000000"}) {
    EXPECT_EQ(Ask("/sessions", {.query = {{"id", id}}}).status, 400) << id;
    EXPECT_EQ(Ask("/kick", {.query = {{"id", id}}}).status, 400) << id;
  }
  for (const char* limit : {"", "0", "20001", "many"}) {
    EXPECT_EQ(Ask("/sessions", {.query = {{"limit", limit}}}).status, 400) << limit;
  }
  for (const char* timeout : {"", "-1", "soon", "4294967296"}) {
    EXPECT_EQ(Ask("/drain", {.query = {{"timeout", timeout}}}).status, 400) << timeout;
  }
  EXPECT_FALSE(relay_.asked);
  EXPECT_FALSE(relay_.drained);
}

TEST_F(OperationsTest, KickSaysHowManyWereEnded) {
  const HttpResponse response = Ask("/kick", {.query = {{"user", "alice"}}});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "{\n  \"ended\": 2\n}\n");
  EXPECT_EQ(relay_.asked->user, "alice");
}

TEST_F(OperationsTest, NobodyIsKickedByMistake) {
  const HttpResponse response = Ask("/kick", {});
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body, "say whom: ?user=NAME or ?id=ID\n");
  EXPECT_FALSE(relay_.asked);
}

TEST_F(OperationsTest, DrainTellsWhatIsLeft) {
  const HttpResponse response = Ask("/drain", {});
  EXPECT_EQ(response.body, "{\n  \"allocations\": 7\n}\n");
  EXPECT_TRUE(relay_.drained);
  EXPECT_FALSE(relay_.drain_timeout);
  Ask("/drain", {.query = {{"timeout", "30"}}});
  EXPECT_EQ(relay_.drain_timeout, seconds(30));
}

TEST_F(OperationsTest, AWorkerThatHangsIsTold) {
  relay_.answers = false;
  EXPECT_EQ(Ask("/sessions", {}).status, 503);
  EXPECT_EQ(Ask("/kick", {.query = {{"user", "alice"}}}).status, 503);
}

}  // namespace
}  // namespace culvert::admin
