#include "server/admin/operations.h"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <charconv>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace culvert::admin {
namespace {

using Json = nlohmann::ordered_json;
using net::HttpRequest;
using net::HttpResponse;
using Operation = HttpResponse (*)(Relay&, const HttpRequest&);

HttpResponse Complaint(int status, std::string text) {
  return {.status = status, .body = std::move(text) + "\n"};
}

HttpResponse Answer(const Json& json) {
  // Names come from clients: what is no UTF-8 is replaced.
  return {.content_type = "application/json",
          .body = json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"};
}

HttpResponse NoAnswer() {
  return Complaint(503, "a worker does not answer; see /healthz");
}

bool IsToken(std::string_view authorization, std::string_view token) {
  constexpr std::string_view kScheme = "Bearer ";
  if (!authorization.starts_with(kScheme)) return false;
  authorization.remove_prefix(kScheme.size());
  return authorization.size() == token.size() &&
         CRYPTO_memcmp(authorization.data(), token.data(), token.size()) == 0;
}

template <typename Number>
bool Parse(std::string_view text, int base, Number* number) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, *number, base);
  return error == std::errc{} && stop == end;
}

std::optional<std::string_view> Find(const HttpRequest& request, std::string_view name) {
  const auto found = request.query.find(name);
  if (found == request.query.end()) return std::nullopt;
  return found->second;
}

// False when the id is none.
bool ReadFilter(const HttpRequest& request, observe::SessionFilter* filter) {
  if (const auto user = Find(request, "user")) filter->user = *user;
  const auto id = Find(request, "id");
  if (!id) return true;
  uint64_t number = 0;
  if (!Parse(*id, 16, &number)) return false;
  filter->id = observe::SessionId{number};
  return true;
}

Json JsonOf(const observe::SessionFacts& session) {
  return {{"id", fmt::format("{:016x}", static_cast<uint64_t>(session.id))},
          {"user", session.user},
          {"subject", session.subject},
          {"realm", session.realm},
          {"transport", session.transport},
          {"protocol", session.protocol},
          {"client", session.client},
          {"server", session.server},
          {"relayed", session.relayed},
          {"age_seconds", session.age.count()},
          {"expires_in_seconds", session.expires_in.count()},
          {"permissions", session.permissions},
          {"channels", session.channels},
          {"connections", session.connections}};
}

HttpResponse ListSessions(Relay& relay, const HttpRequest& request) {
  observe::SessionFilter filter;
  size_t most = kSessionsOfPage;
  const auto limit = Find(request, "limit");
  if (!ReadFilter(request, &filter)) return Complaint(400, "id is 16 hexadecimal digits");
  if (limit && (!Parse(*limit, 10, &most) || most == 0 || most > kMostSessionsOfPage)) {
    return Complaint(400, fmt::format("limit is 1 to {}", kMostSessionsOfPage));
  }
  // One more shows whether there are more.
  auto sessions = relay.ListSessions(filter, most + 1);
  if (!sessions) return NoAnswer();
  const bool complete = sessions->size() <= most;
  if (!complete) sessions->pop_back();
  Json list = Json::array();
  for (const observe::SessionFacts& session : *sessions) list.push_back(JsonOf(session));
  return Answer({{"sessions", std::move(list)}, {"complete", complete}});
}

HttpResponse Kick(Relay& relay, const HttpRequest& request) {
  observe::SessionFilter filter;
  if (!ReadFilter(request, &filter)) return Complaint(400, "id is 16 hexadecimal digits");
  if (!filter.id && !filter.user) return Complaint(400, "say whom: ?user=NAME or ?id=ID");
  const auto ended = relay.EndSessions(filter);
  return ended ? Answer({{"ended", *ended}}) : NoAnswer();
}

HttpResponse Drain(Relay& relay, const HttpRequest& request) {
  std::optional<seconds> timeout;
  if (const auto text = Find(request, "timeout")) {
    uint32_t number = 0;
    if (!Parse(*text, 10, &number)) return Complaint(400, "timeout is a number of seconds");
    timeout = seconds(number);
  }
  relay.Drain(timeout);
  return Answer({{"allocations", relay.allocations()}});
}

}  // namespace

void AddOperations(Relay& relay, SecretText token, net::HttpPages* pages) {
  const auto shared = std::make_shared<const SecretText>(std::move(token));
  const auto add = [&](const char* path, net::HttpMethod method, Operation operation) {
    (*pages)[path] = {method, [&relay, shared, operation](const HttpRequest& request) {
                        if (shared->empty()) {
                          return Complaint(403, "set admin-token or admin-token-file to use this");
                        }
                        if (!IsToken(request.authorization, shared->view())) {
                          return Complaint(401, "send Authorization: Bearer and the admin-token");
                        }
                        return operation(relay, request);
                      }};
  };
  add("/sessions", net::HttpMethod::kGet, ListSessions);
  add("/kick", net::HttpMethod::kPost, Kick);
  add("/drain", net::HttpMethod::kPost, Drain);
}

}  // namespace culvert::admin
