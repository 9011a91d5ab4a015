#include "auth/admin/node.h"

#include <event2/http.h>

#include <cstdlib>
#include <memory>
#include <ostream>
#include <string>
#include <utility>

#include "auth/admin/node_http.h"

namespace culvert::auth::admin {
namespace {

constexpr const char* kTokenVariable = "CULVERT_ADMIN_TOKEN";

// "?name=value&..." of what was given, for a URL.
class Query {
 public:
  void Add(const char* name, const std::string& value) {
    if (value.empty()) return;
    const std::unique_ptr<char, decltype(&std::free)> encoded(
        evhttp_uriencode(value.data(), static_cast<ev_ssize_t>(value.size()), 1), &std::free);
    text_ += (text_.empty() ? "?" : "&") + std::string(name) + "=" + encoded.get();
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

Result<SecretText, Trouble> ReadToken(Workplace& place) {
  const SecretSource& source = place.request.secret;
  if (!source.value && !source.file) {
    if (auto token = place.console.environment(kTokenVariable))
      return SecretText(std::move(*token));
  }
  return ReadSecret(place.console, source, "admin-token", /*twice=*/false);
}

Result<Json, Trouble> Ask(Workplace& place, NodeMethod method, const std::string& target) {
  const auto node = Endpoint::Parse(place.request.node);
  if (!node) return UsedWrongly("--node: expected ADDRESS:PORT, such as 127.0.0.1:9641");
  auto token = ReadToken(place);
  if (!token) return Failure{token.error()};
  auto body = AskNode(*node, method, target, *token);
  if (!body) return Failure{body.error()};
  Json json = Json::parse(*body, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return CouldNot("the answer is no JSON: is this the relay?");
  return json;
}

Query QueryOf(const Request& request) {
  Query query;
  query.Add("user", request.name);
  query.Add("id", request.session);
  return query;
}

std::string LineOf(const Json& session) {
  const auto text = [&session](const char* name) { return session.value(name, std::string()); };
  std::string relayed;
  for (const Json& address : session.value("relayed", Json::array())) {
    relayed += " " + address.get<std::string>();
  }
  const auto number = [&session](const char* name) {
    return std::to_string(session.value(name, int64_t{0}));
  };
  return text("id") + " " + text("user") + " " + text("transport") + " " + text("client") + " ->" +
         relayed + " (" + text("protocol") + ") " + number("age_seconds") + " s old, ends in " +
         number("expires_in_seconds") + " s";
}

}  // namespace

Done ListNodeSessions(Workplace& place) {
  Query query = QueryOf(place.request);
  query.Add("limit", place.request.limit);
  const auto answer = Ask(place, NodeMethod::kGet, "/sessions" + query.text());
  if (!answer) return Failure{answer.error()};
  if (place.request.json) {
    place.PrintJson(*answer);
    return Ok{};
  }
  for (const Json& session : answer->value("sessions", Json::array())) {
    place.console.out << Printable(LineOf(session)) << "\n";
  }
  if (!answer->value("complete", true)) {
    place.console.err << "There are more: --limit lists up to 20000, --user those of one user.\n";
  }
  return Ok{};
}

Done KickSessions(Workplace& place) {
  const Query query = QueryOf(place.request);
  if (query.text().empty()) return UsedWrongly("say whom: --user NAME or --id ID");
  const auto answer = Ask(place, NodeMethod::kPost, "/kick" + query.text());
  if (!answer) return Failure{answer.error()};
  const auto ended = answer->value("ended", uint64_t{0});
  place.Tell("ended " + std::to_string(ended) + (ended == 1 ? " session" : " sessions"), *answer);
  return Ok{};
}

Done DrainNode(Workplace& place) {
  Query query;
  query.Add("timeout", place.request.timeout);
  const auto answer = Ask(place, NodeMethod::kPost, "/drain" + query.text());
  if (!answer) return Failure{answer.error()};
  place.Tell(
      "draining; allocations left: " + std::to_string(answer->value("allocations", int64_t{0})),
      *answer);
  return Ok{};
}

}  // namespace culvert::auth::admin
