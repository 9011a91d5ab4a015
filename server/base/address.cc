#include "server/base/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace culvert {
namespace {

constexpr std::array<uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

std::optional<uint16_t> ParsePort(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

}  // namespace

IpAddress IpAddress::V4(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
  IpAddress ip;
  ip.bytes_[0] = a;
  ip.bytes_[1] = b;
  ip.bytes_[2] = c;
  ip.bytes_[3] = d;
  return ip;
}

IpAddress IpAddress::FromBytes(ByteView bytes) {
  IpAddress ip;
  ip.family_ = bytes.size() == 16 ? Family::kIPv6 : Family::kIPv4;
  std::memcpy(ip.bytes_.data(), bytes.data(), std::min<size_t>(bytes.size(), 16));
  return ip;
}

std::optional<IpAddress> IpAddress::Parse(std::string_view text) {
  // inet_pton would take the text for ended at a zero in it.
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string terminated(text);
  uint8_t bytes[16];
  if (inet_pton(AF_INET, terminated.c_str(), bytes) == 1) return FromBytes({bytes, 4});
  if (inet_pton(AF_INET6, terminated.c_str(), bytes) == 1) return FromBytes({bytes, 16});
  return std::nullopt;
}

IpAddress IpAddress::Any(Family family) {
  IpAddress ip;
  ip.family_ = family;
  return ip;
}

bool IpAddress::is_unspecified() const {
  return std::all_of(bytes_.begin(), bytes_.end(), [](uint8_t b) { return b == 0; });
}

bool IpAddress::is_loopback() const {
  if (is_v4()) return bytes_[0] == 127;
  return bytes_[15] == 1 &&
         std::all_of(bytes_.begin(), bytes_.end() - 1, [](uint8_t b) { return b == 0; });
}

IpAddress IpAddress::Unmapped() const {
  if (is_v4() || !std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes_.begin())) {
    return *this;
  }
  return FromBytes({bytes_.data() + kMappedPrefix.size(), 4});
}

std::string IpAddress::ToString() const {
  char text[INET6_ADDRSTRLEN];
  inet_ntop(is_v4() ? AF_INET : AF_INET6, bytes_.data(), text, sizeof text);
  return text;
}

std::optional<Endpoint> Endpoint::Parse(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto ip = IpAddress::Parse(host);
  const auto port = ParsePort(text.substr(colon + 1));
  if (!ip || !port || ip->is_v4() == bracketed) return std::nullopt;
  return Endpoint(*ip, *port);
}

Endpoint Endpoint::FromSockaddr(const sockaddr* address) {
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 in6;
    std::memcpy(&in6, address, sizeof in6);
    return {IpAddress::FromBytes({in6.sin6_addr.s6_addr, 16}).Unmapped(), ntohs(in6.sin6_port)};
  }
  sockaddr_in in4;
  std::memcpy(&in4, address, sizeof in4);
  uint8_t bytes[4];
  std::memcpy(bytes, &in4.sin_addr, sizeof bytes);
  return {IpAddress::FromBytes({bytes, 4}), ntohs(in4.sin_port)};
}

socklen_t Endpoint::ToSockaddr(sockaddr_storage* storage) const {
  if (ip_.is_v4()) {
    sockaddr_in in4{};
    in4.sin_family = AF_INET;
    in4.sin_port = htons(port_);
    std::memcpy(&in4.sin_addr, ip_.bytes().data(), 4);
    std::memcpy(storage, &in4, sizeof in4);
    return sizeof in4;
  }
  sockaddr_in6 in6{};
  in6.sin6_family = AF_INET6;
  in6.sin6_port = htons(port_);
  std::memcpy(&in6.sin6_addr, ip_.bytes().data(), 16);
  std::memcpy(storage, &in6, sizeof in6);
  return sizeof in6;
}

std::string Endpoint::ToString() const {
  const std::string port = std::to_string(port_);
  return ip_.is_v4() ? ip_.ToString() + ":" + port : "[" + ip_.ToString() + "]:" + port;
}

}  // namespace culvert
