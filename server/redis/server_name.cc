#include "server/redis/server_name.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "server/base/address.h"

namespace culvert::redis {
namespace {

std::optional<ServerName> Make(std::string_view host, uint16_t port) {
  if (!IsHost(host)) return std::nullopt;
  ServerName name;
  name.host = host;
  name.port = port;
  return name;
}

std::optional<ServerName> ParseBracketed(std::string_view text, uint16_t port) {
  const size_t end = text.find(']');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view host = text.substr(1, end - 1);
  const auto address = IpAddress::Parse(host);
  if (!address || address->is_v4()) return std::nullopt;
  const std::string_view rest = text.substr(end + 1);
  if (rest.empty()) return Make(host, port);
  const auto given = rest[0] == ':' ? ParsePort(rest.substr(1)) : std::nullopt;
  return given ? Make(host, *given) : std::nullopt;
}

bool IsNameCharacter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
}

}  // namespace

std::optional<uint16_t> ParsePort(std::string_view text) {
  uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc() || stop != end || port == 0) return std::nullopt;
  return port;
}

bool IsHost(std::string_view text) {
  constexpr size_t kLongestName = 255;  // RFC 1035 section 2.3.4
  if (text.empty() || text.size() > kLongestName) return false;
  if (text.find(':') != std::string_view::npos) return IpAddress::Parse(text).has_value();
  return std::all_of(text.begin(), text.end(), IsNameCharacter);
}

std::optional<ServerName> ParseServerName(std::string_view text, uint16_t default_port) {
  if (text.starts_with('[')) return ParseBracketed(text, default_port);
  const size_t colon = text.rfind(':');
  // None, or more than one: an IPv6 address without a port.
  if (colon == std::string_view::npos || text.find(':') != colon) return Make(text, default_port);
  const auto port = ParsePort(text.substr(colon + 1));
  return port ? Make(text.substr(0, colon), *port) : std::nullopt;
}

}  // namespace culvert::redis
