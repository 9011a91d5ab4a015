// ChannelData messages (RFC 8656 section 12.4): number, length of the data, data.
//
//     0                   1                   2                   3
//     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |         Channel Number        |            Length             |
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    /                       Application Data                        /
#pragma once

#include <cstdint>
#include <optional>

#include "server/base/bytes.h"
#include "server/stun/protocol.h"

namespace culvert::stun {

struct ChannelData {
  uint16_t channel;
  ByteView data;  // points into the parsed bytes
};

// True for the first byte of a ChannelData message, 0x40 to 0x4f (RFC 8656 section 12, table 3).
// `last_channel` is kLastChannel, or kLastChannelRfc5766 where older clients are served.
constexpr bool LooksLikeChannelData(uint8_t first_byte, uint16_t last_channel = kLastChannel) {
  return first_byte >= kFirstChannel >> 8 && first_byte <= last_channel >> 8;
}

// Reads one message from a whole datagram or stream frame. Bytes behind the data are padding.
// nullopt when the header is cut or claims more than there is.
inline std::optional<ChannelData> ParseChannelData(ByteView bytes) {
  if (bytes.size() < kChannelHeaderSize) return std::nullopt;
  const size_t size = LoadBig16(bytes.data() + 2);
  if (bytes.size() - kChannelHeaderSize < size) return std::nullopt;
  return ChannelData{LoadBig16(bytes.data()), bytes.subspan(kChannelHeaderSize, size)};
}

inline void StoreChannelHeader(uint8_t* p, uint16_t channel, uint16_t size) {
  StoreBig16(p, channel);
  StoreBig16(p + 2, size);
}

// On a stream a message takes a multiple of four bytes (RFC 8656 section 12.5).
constexpr size_t PaddedSize(size_t size) {
  return (size + 3) & ~size_t{3};
}

}  // namespace culvert::stun
