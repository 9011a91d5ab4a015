// Finds message boundaries in a byte stream that carries STUN and ChannelData (RFC 8656
// section 12.5, RFC 8489 section 6.2.2). Stateless: the caller keeps the bytes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "server/base/bytes.h"
#include "server/stun/protocol.h"

namespace culvert::stun {

enum class FrameKind : uint8_t {
  kStun,         // `size` bytes are one STUN message by its header; not yet parsed
  kChannelData,  // `size` bytes are one ChannelData message with its padding
  kIncomplete,   // more bytes are needed; `size` is how many make the frame whole, 0 if not yet
                 // known
  kGarbage,      // no message can start like this; a stream cannot be resynchronised
};

struct Frame {
  FrameKind kind;
  size_t size;
};

// Looks at the start of `bytes`. The largest frame is kMaxMessageSize bytes. Checks as soon as the
// bytes are there: the first byte, the cookie, and that the length is a multiple of four. A
// ChannelData header with a reserved number (0x5000 and above) is garbage (RFC 8656 section 12).
// `last_channel` moves that border for clients of RFC 5766.
Frame NextFrame(ByteView bytes, uint16_t last_channel = kLastChannel);

}  // namespace culvert::stun
