// Internet addresses as values, and the four sides of a relay as types.
//
// TURN speaks of addresses of four sides (RFC 8656 section 2): the client's (server-reflexive)
// transport address, the server's own listening address, the relayed address, and the peer's.
// Mixing them up is the classic relay bug, so each side is a type of its own: they do not convert
// into each other, only explicitly to and from the plain `Endpoint`.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/base/bytes.h"

namespace culvert {

enum class Family : uint8_t { kIPv4 = 4, kIPv6 = 6 };

// An IPv4 or IPv6 address. The bytes are in network order; IPv4 uses the first four, the rest are
// 0.
class IpAddress {
 public:
  // 0.0.0.0
  constexpr IpAddress() = default;
  static IpAddress V4(uint8_t a, uint8_t b, uint8_t c, uint8_t d);
  // REQUIRES: bytes.size() is 4 or 16.
  static IpAddress FromBytes(ByteView bytes);
  // Accepts dotted IPv4 and RFC 4291 IPv6 text, without brackets, port or zone.
  static std::optional<IpAddress> Parse(std::string_view text);
  static IpAddress Any(Family family);

  Family family() const { return family_; }
  bool is_v4() const { return family_ == Family::kIPv4; }
  ByteView bytes() const { return {bytes_.data(), is_v4() ? size_t{4} : size_t{16}}; }
  bool is_unspecified() const;
  bool is_loopback() const;

  // IPv4-mapped IPv6 (::ffff:a.b.c.d) becomes IPv4; everything else stays as it is.
  IpAddress Unmapped() const;

  // RFC 5952 text.
  std::string ToString() const;

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const IpAddress& a) {
    uint64_t halves[2];
    std::memcpy(halves, a.bytes_.data(), sizeof halves);
    return H::combine(std::move(h), a.family_, halves[0], halves[1]);
  }

 private:
  Family family_ = Family::kIPv4;
  std::array<uint8_t, 16> bytes_{};
};

// An address and a port (host byte order).
class Endpoint {
 public:
  constexpr Endpoint() = default;
  Endpoint(IpAddress ip, uint16_t port) : ip_(ip), port_(port) {}
  // Accepts "192.0.2.1:3478" and "[2001:db8::1]:3478".
  static std::optional<Endpoint> Parse(std::string_view text);
  // REQUIRES: family is AF_INET or AF_INET6. An IPv4-mapped address becomes IPv4.
  static Endpoint FromSockaddr(const sockaddr* address);

  const IpAddress& ip() const { return ip_; }
  uint16_t port() const { return port_; }
  Family family() const { return ip_.family(); }

  // Fills `storage` and returns the length that bind(2) and sendto(2) want.
  socklen_t ToSockaddr(sockaddr_storage* storage) const;

  // "192.0.2.1:3478" or "[2001:db8::1]:3478".
  std::string ToString() const;

  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const Endpoint& e) {
    return H::combine(std::move(h), e.ip_, e.port_);
  }

 private:
  IpAddress ip_;
  uint16_t port_ = 0;
};

// An Endpoint that knows which side of the relay it belongs to.
template <typename Side>
class SidedEndpoint {
 public:
  constexpr SidedEndpoint() = default;
  explicit SidedEndpoint(const Endpoint& endpoint) : endpoint_(endpoint) {}
  SidedEndpoint(IpAddress ip, uint16_t port) : endpoint_(ip, port) {}

  const Endpoint& endpoint() const { return endpoint_; }
  const IpAddress& ip() const { return endpoint_.ip(); }
  uint16_t port() const { return endpoint_.port(); }
  Family family() const { return endpoint_.family(); }
  std::string ToString() const { return endpoint_.ToString(); }

  friend auto operator<=>(const SidedEndpoint&, const SidedEndpoint&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const SidedEndpoint& e) {
    return H::combine(std::move(h), e.endpoint_);
  }

 private:
  Endpoint endpoint_;
};

// Where the client's packets come from, as this server sees it (its server-reflexive address).
using ClientAddress = SidedEndpoint<struct ClientSide>;
// The local address and port that the client's packets hit.
using ServerAddress = SidedEndpoint<struct ServerSide>;
// A relayed transport address, as told to the client (after any external-ip mapping).
using RelayedAddress = SidedEndpoint<struct RelayedSide>;
// Whom the client talks to through the relay.
using PeerAddress = SidedEndpoint<struct PeerSide>;

}  // namespace culvert
