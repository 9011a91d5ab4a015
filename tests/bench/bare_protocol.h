// What the generator says to a server that is no TURN server (culvert-forwarder): as little as lets
// the bytes of both be moved in the same pattern. On a media port:
//
//     hello:  | kHelloChannel (2) | 8 (2) | IPv4 address (4) | port (2) | 0 (2) |
//
// names the peer; the answer is the same with the relayed address. After that the client sends and
// gets ChannelData of any channel below, as on a TURN leg. A hello of address 0 opens nothing and
// comes back as it is. On a stream port there is no hello: bytes go to the one peer that the
// server was started with, and come from it.
#pragma once

#include <algorithm>
#include <array>
#include <optional>

#include "server/base/address.h"
#include "server/base/bytes.h"

namespace culvert::bench {

inline constexpr uint16_t kHelloChannel = 0x7fff;
inline constexpr size_t kHelloSize = 12;

using Hello = std::array<uint8_t, kHelloSize>;

// REQUIRES: `endpoint` is IPv4.
inline Hello MakeHello(const Endpoint& endpoint) {
  Hello hello{};
  StoreBig16(hello.data(), kHelloChannel);
  StoreBig16(hello.data() + 2, kHelloSize - 4);
  const ByteView ip = endpoint.ip().bytes();
  std::copy(ip.begin(), ip.end(), hello.begin() + 4);
  StoreBig16(hello.data() + 8, endpoint.port());
  return hello;
}

// What a hello names; nullopt when `bytes` are none.
inline std::optional<Endpoint> ParseHello(ByteView bytes) {
  if (bytes.size() != kHelloSize || LoadBig16(bytes.data()) != kHelloChannel) return std::nullopt;
  return Endpoint(IpAddress::FromBytes(bytes.subspan(4, 4)), LoadBig16(bytes.data() + 8));
}

}  // namespace culvert::bench
