// The HTTP server over a real socket; client and loop take turns on the test's thread.
#include "server/net/http_server.h"

#include <event2/event.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace culvert::net {
namespace {

class HttpServerTest : public testing::Test {
 protected:
  void SetUp() override {
    loop_ = event_base_new();
    HttpPages pages;
    pages["/"].answer = [](const HttpRequest&) {
      return HttpResponse{200, "text/html", "<p>hello"};
    };
    pages["/readyz"].answer = [](const HttpRequest&) {
      return HttpResponse{503, "text/plain", "draining\n"};
    };
    pages["/echo"].answer = [](const HttpRequest& request) {
      std::string text;
      for (const auto& [name, value] : request.query) text += name + "=" + value + ";";
      return HttpResponse{.body = text + request.authorization};
    };
    pages["/do"] = {HttpMethod::kPost,
                    [](const HttpRequest&) { return HttpResponse{.body = "done\n"}; }};
    auto server =
        HttpServer::Listen(loop_, Endpoint(IpAddress::V4(127, 0, 0, 1), 0), std::move(pages));
    ASSERT_TRUE(server.ok()) << server.error();
    server_ = std::move(server).value();
  }
  void TearDown() override {
    server_.reset();
    event_base_free(loop_);
  }

  // Sends `request` and returns all that comes back until the server closes.
  std::string Exchange(std::string_view request) {
    sockaddr_storage storage;
    const socklen_t size = server_->address().ToSockaddr(&storage);
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&storage), size), 0);
    EXPECT_EQ(send(fd, request.data(), request.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(request.size()));
    std::string answer;
    for (bool open = true; open;) {
      event_base_loop(loop_, EVLOOP_ONCE);
      char buffer[4096];
      ssize_t n;
      while ((n = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT)) > 0) {
        answer.append(buffer, static_cast<size_t>(n));
      }
      open = n < 0 && errno == EAGAIN;
    }
    close(fd);
    return answer;
  }

  static std::string StatusLine(const std::string& answer) {
    return answer.substr(0, answer.find("\r\n"));
  }
  static std::string Body(const std::string& answer) {
    const size_t end = answer.find("\r\n\r\n");
    return end == std::string::npos ? "no end of headers" : answer.substr(end + 4);
  }
  static bool HasHeader(const std::string& answer, std::string_view header) {
    return answer.find("\r\n" + std::string(header) + "\r\n") < answer.find("\r\n\r\n");
  }

  event_base* loop_ = nullptr;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, GetReturnsTheHandlersPage) {
  const std::string answer = Exchange("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(StatusLine(answer), "HTTP/1.0 200 OK");
  EXPECT_TRUE(HasHeader(answer, "Content-Type: text/html"));
  EXPECT_TRUE(HasHeader(answer, "Content-Length: 8"));
  EXPECT_TRUE(HasHeader(answer, "Cache-Control: no-store"));
  EXPECT_TRUE(HasHeader(answer, "X-Content-Type-Options: nosniff"));
  EXPECT_EQ(Body(answer), "<p>hello");
}

TEST_F(HttpServerTest, HeadReturnsTheHeadersAlone) {
  const std::string answer = Exchange("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(StatusLine(answer), "HTTP/1.1 200 OK");
  EXPECT_TRUE(HasHeader(answer, "Content-Length: 8"));
  EXPECT_EQ(Body(answer), "");
}

TEST_F(HttpServerTest, TheHandlersStatusIsTheAnswers) {
  const std::string answer = Exchange("GET /readyz HTTP/1.0\r\n\r\n");
  EXPECT_EQ(StatusLine(answer), "HTTP/1.0 503 Service Unavailable");
  EXPECT_EQ(Body(answer), "draining\n");
}

TEST_F(HttpServerTest, AQueryDoesNotChangeThePage) {
  EXPECT_EQ(StatusLine(Exchange("GET /?x=1 HTTP/1.0\r\n\r\n")), "HTTP/1.0 200 OK");
}

TEST_F(HttpServerTest, AnUnknownPathIsNotFound) {
  for (const char* path : {"/metrics", "//", "/../etc/passwd", "/readyz/"}) {
    const std::string answer = Exchange(std::string("GET ") + path + " HTTP/1.0\r\n\r\n");
    EXPECT_EQ(StatusLine(answer), "HTTP/1.0 404 Not Found") << path;
  }
}

TEST_F(HttpServerTest, PagesSeeTheQueryDecodedAndTheAuthorization) {
  const std::string answer = Exchange(
      "GET /echo?user=a%40b%3D&user=alice+%26&id= HTTP/1.0\r\nAuthorization: Bearer x y\r\n\r\n");
  EXPECT_EQ(StatusLine(answer), "HTTP/1.0 200 OK");
  EXPECT_EQ(Body(answer), "id=;user=alice &;Bearer x y");
  EXPECT_EQ(Body(Exchange("GET /echo HTTP/1.0\r\n\r\n")), "");
}

TEST_F(HttpServerTest, AQueryThatCannotBeReadIsNone) {
  EXPECT_EQ(Body(Exchange("GET /echo?novalue HTTP/1.0\r\n\r\n")), "");
}

TEST_F(HttpServerTest, APageForPostIsForPostAlone) {
  const std::string answer = Exchange("POST /do HTTP/1.0\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(StatusLine(answer), "HTTP/1.0 200 OK");
  EXPECT_EQ(Body(answer), "done\n");
  for (const char* method : {"GET", "HEAD"}) {
    EXPECT_EQ(StatusLine(Exchange(std::string(method) + " /do HTTP/1.0\r\n\r\n")),
              "HTTP/1.0 405 Method Not Allowed")
        << method;
  }
}

TEST_F(HttpServerTest, APageForGetIsNotForPost) {
  const std::string answer = Exchange("POST / HTTP/1.0\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(StatusLine(answer), "HTTP/1.0 405 Method Not Allowed");
  EXPECT_EQ(answer.find("hello"), std::string::npos);
}

TEST_F(HttpServerTest, APostWithABodyIsRefused) {
  const std::string answer = Exchange("POST /do HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_EQ(StatusLine(answer), "HTTP/1.1 413 Request Entity Too Large");
  EXPECT_EQ(answer.find("done"), std::string::npos);
}

TEST_F(HttpServerTest, OtherMethodsAreRefused) {
  for (const char* method : {"PUT", "DELETE"}) {
    const std::string answer =
        Exchange(std::string(method) + " / HTTP/1.0\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(StatusLine(answer), "HTTP/1.1 501 Not Implemented") << method;
    EXPECT_EQ(answer.find("hello"), std::string::npos) << method;
  }
}

TEST_F(HttpServerTest, AHeaderWithoutEndIsRefused) {
  const std::string answer =
      Exchange("GET / HTTP/1.0\r\nX: " + std::string(20000, 'x') + "\r\n\r\n");
  EXPECT_EQ(answer.find("hello"), std::string::npos);
}

TEST_F(HttpServerTest, WhatIsNoHttpGetsNoPage) {
  EXPECT_EQ(Exchange("\x16\x03\x01\x02\r\n\r\n").find("hello"), std::string::npos);
}

TEST_F(HttpServerTest, OneConnectionServesSeveralRequests) {
  const std::string answer = Exchange(
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_NE(answer.find("<p>hello"), std::string::npos);
  EXPECT_NE(answer.find("draining\n"), std::string::npos);
}

TEST_F(HttpServerTest, ATakenPortIsNamed) {
  const auto second = HttpServer::Listen(loop_, server_->address(), {});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error(),
            "cannot listen on " + server_->address().ToString() + ": Address already in use");
}

TEST_F(HttpServerTest, ListensOnIpv6Too) {
  auto server = HttpServer::Listen(loop_, Endpoint(*IpAddress::Parse("::1"), 0), {});
  ASSERT_TRUE(server.ok()) << server.error();
  EXPECT_NE(server.value()->address().port(), 0);
}

}  // namespace
}  // namespace culvert::net
