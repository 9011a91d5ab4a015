#include "auth/admin/node_http.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>

#include <memory>
#include <optional>
#include <utility>

namespace culvert::auth::admin {
namespace {

struct Answer {
  int status = 0;
  std::string body;
};

template <auto kFree>
struct Freed {
  template <typename T>
  void operator()(T* thing) const {
    kFree(thing);
  }
};
using Base = std::unique_ptr<event_base, Freed<event_base_free>>;
using Connection = std::unique_ptr<evhttp_connection, Freed<evhttp_connection_free>>;

// Without a request the connection failed.
void OnAnswer(evhttp_request* request, void* result) {
  if (request == nullptr || evhttp_request_get_response_code(request) == 0) return;
  Answer answer{evhttp_request_get_response_code(request), {}};
  evbuffer* const body = evhttp_request_get_input_buffer(request);
  answer.body.resize(evbuffer_get_length(body));
  evbuffer_copyout(body, answer.body.data(), answer.body.size());
  *static_cast<std::optional<Answer>*>(result) = std::move(answer);
}

std::string WithoutLineEnd(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::optional<Answer> Exchange(const Endpoint& node, NodeMethod method, const std::string& target,
                               const SecretText& token) {
  const Base base(event_base_new());
  const Connection connection(
      evhttp_connection_base_new(base.get(), nullptr, node.ip().ToString().c_str(), node.port()));
  evhttp_connection_set_timeout(connection.get(), static_cast<int>(kNodeTimeout.count()));
  std::optional<Answer> answer;
  evhttp_request* const request = evhttp_request_new(OnAnswer, &answer);
  evkeyvalq* const headers = evhttp_request_get_output_headers(request);
  std::string authorization = "Bearer " + std::string(token.view());
  evhttp_add_header(headers, "Host", node.ToString().c_str());
  evhttp_add_header(headers, "Connection", "close");
  evhttp_add_header(headers, "Authorization", authorization.c_str());
  Wipe(&authorization);
  // The request is the connection's from here on.
  evhttp_make_request(connection.get(), request,
                      method == NodeMethod::kPost ? EVHTTP_REQ_POST : EVHTTP_REQ_GET,
                      target.c_str());
  event_base_dispatch(base.get());
  return answer;
}

}  // namespace

Result<std::string, Trouble> AskNode(const Endpoint& node, NodeMethod method,
                                     const std::string& target, const SecretText& token) {
  std::optional<Answer> answer = Exchange(node, method, target, token);
  if (!answer) {
    return CouldNot("no answer from " + node.ToString() +
                    ": is it the relay's admin-address (--node)?");
  }
  if (answer->status == 200) return std::move(answer->body);
  return CouldNot("the relay says: " + WithoutLineEnd(std::move(answer->body)));
}

}  // namespace culvert::auth::admin
