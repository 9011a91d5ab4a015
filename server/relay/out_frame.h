// A message on its way to a client, in pieces.
#pragma once

#include <array>
#include <cstdint>

#include "server/base/bytes.h"

namespace culvert::relay {

// A message on its way to a client: a header that was made here, the body as it was received, and
// on streams zero to three bytes of padding. Borrowed until the end of the turn.
struct OutFrame {
  ByteView head;
  ByteView body;
  uint8_t padding = 0;
  size_t size() const { return head.size() + body.size() + padding; }
};

inline constexpr std::array<uint8_t, 4> kZeros{};

}  // namespace culvert::relay
