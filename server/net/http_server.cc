#include "server/net/http_server.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace culvert::net {
namespace {

constexpr int kBacklog = 64;
// How long at most a listener rests that ran out of descriptors.
constexpr timeval kRest{1, 0};

// A listening socket, or -1 and errno.
int OpenListener(const Endpoint& address) {
  sockaddr_storage storage;
  const socklen_t size = address.ToSockaddr(&storage);
  const int fd = socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const int on = 1;
  // A restart must not wait for the TIME_WAITs of old scrapes. An IPv6 socket is for IPv6 alone, so
  // that [::] and 0.0.0.0 can be served by two servers.
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (storage.ss_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&storage), size) == 0 &&
      listen(fd, kBacklog) == 0) {
    return fd;
  }
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

Endpoint LocalAddress(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  return getsockname(fd, address, &size) == 0 ? Endpoint::FromSockaddr(address) : Endpoint();
}

void AddHeaders(evhttp_request* request, const HttpResponse& response) {
  evkeyvalq* headers = evhttp_request_get_output_headers(request);
  evhttp_add_header(headers, "Content-Type", response.content_type.c_str());
  // Also for HEAD, which has no body to tell the length from.
  evhttp_add_header(headers, "Content-Length", std::to_string(response.body.size()).c_str());
  evhttp_add_header(headers, "Cache-Control", "no-store");
  evhttp_add_header(headers, "X-Content-Type-Options", "nosniff");
  evhttp_add_header(headers, "Content-Security-Policy",
                    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
}

const char* ReasonPhrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 503:
      return "Service Unavailable";
    default:
      return "Error";
  }
}

HttpMethod MethodOf(evhttp_request* request) {
  return evhttp_request_get_command(request) == EVHTTP_REQ_POST ? HttpMethod::kPost
                                                                : HttpMethod::kGet;
}

std::map<std::string, std::string, std::less<>> QueryOf(const evhttp_uri* uri) {
  std::map<std::string, std::string, std::less<>> query;
  const char* const text = evhttp_uri_get_query(uri);
  evkeyvalq fields{};
  if (text == nullptr || evhttp_parse_query_str(text, &fields) != 0) return query;
  for (const evkeyval* field = fields.tqh_first; field != nullptr; field = field->next.tqe_next) {
    query[field->key] = field->value;
  }
  evhttp_clear_headers(&fields);
  return query;
}

std::string AuthorizationOf(evhttp_request* request) {
  const char* const text =
      evhttp_find_header(evhttp_request_get_input_headers(request), "Authorization");
  return text != nullptr ? text : "";
}

}  // namespace

Result<std::unique_ptr<HttpServer>, std::string> HttpServer::Listen(event_base* loop,
                                                                    const Endpoint& address,
                                                                    HttpPages pages) {
  const int fd = OpenListener(address);
  if (fd < 0) return Failure{"cannot listen on " + address.ToString() + ": " + strerror(errno)};
  const Endpoint found = LocalAddress(fd);
  evhttp* http = evhttp_new(loop);
  evhttp_bound_socket* bound = nullptr;
  if (http != nullptr) bound = evhttp_accept_socket_with_handle(http, fd);
  if (bound == nullptr) {
    close(fd);
    if (http != nullptr) evhttp_free(http);
    return Failure{"cannot serve HTTP on " + address.ToString()};
  }
  evconnlistener* const listener = evhttp_bound_socket_get_listener(bound);
  return std::unique_ptr<HttpServer>(new HttpServer(loop, http, listener, found, std::move(pages)));
}

HttpServer::HttpServer(event_base* loop, evhttp* http, evconnlistener* listener,
                       const Endpoint& address, HttpPages pages)
    : http_(http),
      resume_(event_new(loop, -1, EV_PERSIST, OnResume, listener)),
      address_(address),
      pages_(std::move(pages)) {
  event_add(resume_, &kRest);
  evconnlistener_set_error_cb(listener, OnAcceptError);
  evhttp_set_timeout(http_, static_cast<int>(kTimeout.count()));
  evhttp_set_max_headers_size(http_, kMaxHeaderSize);
  evhttp_set_max_body_size(http_, 0);
  evhttp_set_allowed_methods(http_, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_POST);
  evhttp_set_gencb(http_, OnRequest, this);
}

HttpServer::~HttpServer() {
  event_free(resume_);
  evhttp_free(http_);
}

// Out of descriptors: the client stays in the backlog, and asking again at once would spin. Only
// the listener can be told here (its argument is evhttp's), so a timer that always runs wakes it.
void HttpServer::OnAcceptError(evconnlistener* listener, void*) {
  evconnlistener_disable(listener);
}

void HttpServer::OnResume(int, short, void* listener) {
  evconnlistener_enable(static_cast<evconnlistener*>(listener));
}

void HttpServer::OnRequest(evhttp_request* request, void* self) {
  static_cast<const HttpServer*>(self)->Answer(request);
}

HttpResponse HttpServer::ResponseTo(evhttp_request* request) const {
  const evhttp_uri* uri = evhttp_request_get_evhttp_uri(request);
  const char* path = uri != nullptr ? evhttp_uri_get_path(uri) : nullptr;
  const auto page = pages_.find(std::string_view(path != nullptr ? path : ""));
  if (page == pages_.end()) return {.status = 404, .body = "no such page\n"};
  if (MethodOf(request) != page->second.method) {
    return {.status = 405,
            .body = page->second.method == HttpMethod::kPost ? "this page is for POST\n"
                                                             : "this page is for GET\n"};
  }
  return page->second.answer({QueryOf(uri), AuthorizationOf(request)});
}

void HttpServer::Answer(evhttp_request* request) const {
  const HttpResponse response = ResponseTo(request);
  AddHeaders(request, response);
  if (evhttp_request_get_command(request) != EVHTTP_REQ_HEAD) {
    evbuffer_add(evhttp_request_get_output_buffer(request), response.body.data(),
                 response.body.size());
  }
  evhttp_send_reply(request, response.status, ReasonPhrase(response.status), nullptr);
}

}  // namespace culvert::net
