// A small HTTP/1.1 server for the admin pages: GET, HEAD and POST without a body, exact paths,
// whole answers. Not for the public: it has time and size limits and no TLS; operators bind it to
// loopback or to a cluster-internal address.
//
// Lives on one loop and one thread; pages are made there and must not block for long.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "server/base/address.h"
#include "server/base/result.h"
#include "server/base/time.h"

struct evconnlistener;
struct event;
struct event_base;
struct evhttp;
struct evhttp_request;

namespace culvert::net {

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

enum class HttpMethod : uint8_t { kGet, kPost };  // HEAD is a GET whose answer is not sent whole

struct HttpRequest {
  std::map<std::string, std::string, std::less<>> query{};  // decoded; the last of one name counts
  std::string authorization{};                              // the header; empty when there is none
};

struct HttpPage {
  HttpMethod method = HttpMethod::kGet;
  std::function<HttpResponse(const HttpRequest&)> answer;
};

// Path, without a query, to what answers it. A path that is not listed is a 404, another method
// than the page's a 405.
using HttpPages = std::map<std::string, HttpPage, std::less<>>;

class HttpServer {
 public:
  // A client gets this long for its request, and for taking the answer.
  static constexpr seconds kTimeout{10};
  // Request line and headers, in bytes.
  static constexpr size_t kMaxHeaderSize = 8192;

  // Listens at once. `loop` outlives the server. Port 0 is any free port. The error is a sentence
  // that names the address.
  static Result<std::unique_ptr<HttpServer>, std::string> Listen(event_base* loop,
                                                                 const Endpoint& address,
                                                                 HttpPages pages);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Where it listens, with the port that was found for 0.
  const Endpoint& address() const { return address_; }

 private:
  HttpServer(event_base* loop, evhttp* http, evconnlistener* listener, const Endpoint& address,
             HttpPages pages);
  static void OnRequest(evhttp_request* request, void* self);
  static void OnAcceptError(evconnlistener* listener, void*);
  static void OnResume(int, short, void* listener);
  void Answer(evhttp_request* request) const;
  HttpResponse ResponseTo(evhttp_request* request) const;

  evhttp* const http_;
  event* const resume_;
  const Endpoint address_;
  const HttpPages pages_;
};

}  // namespace culvert::net
