#include "server/turn/realms.h"

#include <algorithm>
#include <utility>

namespace culvert::turn {
namespace {

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

struct SchemePort {
  std::string_view scheme;
  std::string_view port;
};
constexpr SchemePort kDefaultPorts[] = {{"https://", ":443"}, {"http://", ":80"}};

}  // namespace

Realms::Realms(std::string default_realm) : default_realm_(std::move(default_realm)) {
  served_.insert(default_realm_);
}

void Realms::Add(std::string_view origin, std::string realm) {
  served_.insert(realm);
  by_origin_.insert_or_assign(Canonical(origin), std::move(realm));
}

void Realms::AddIfFree(std::string_view origin, std::string realm) {
  if (!by_origin_.contains(Canonical(origin))) Add(origin, std::move(realm));
}

void Realms::Serve(std::string realm) {
  served_.insert(std::move(realm));
}

const std::string& Realms::For(std::string_view origin, std::string_view server_name) const {
  if (by_origin_.empty()) return default_realm_;
  for (const std::string_view shown : {origin, server_name}) {
    if (shown.empty()) continue;
    const auto found = by_origin_.find(Canonical(shown));
    if (found != by_origin_.end()) return found->second;
  }
  return default_realm_;
}

std::string Realms::Canonical(std::string_view origin) {
  std::string text(origin);
  std::transform(text.begin(), text.end(), text.begin(), Lower);
  const size_t scheme = text.find("://");
  if (scheme == std::string::npos) return text;
  text.resize(std::min(text.size(), text.find('/', scheme + 3)));
  for (const SchemePort& known : kDefaultPorts) {
    if (text.starts_with(known.scheme) && text.ends_with(known.port)) {
      text.resize(text.size() - known.port.size());
    }
  }
  return text;
}

}  // namespace culvert::turn
