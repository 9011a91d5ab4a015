// How a client reaches the relay.
#pragma once

#include <cstdint>

namespace culvert::turn {

enum class Transport : uint8_t { kUdp, kTcp, kTls, kDtls };
inline constexpr int kTransportCount = 4;

// TCP and TLS: ordered bytes, framing by length, RFC 6062 possible.
constexpr bool IsStream(Transport t) {
  return t == Transport::kTcp || t == Transport::kTls;
}

// As coturn names them in its metrics and status: "UDP", "TCP", "TLS/TCP", "DTLS".
constexpr const char* TransportName(Transport t) {
  switch (t) {
    case Transport::kUdp:
      return "UDP";
    case Transport::kTcp:
      return "TCP";
    case Transport::kTls:
      return "TLS/TCP";
    case Transport::kDtls:
      return "DTLS";
  }
  return "?";
}

}  // namespace culvert::turn
