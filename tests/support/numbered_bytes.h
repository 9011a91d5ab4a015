// Bytes that follow from who sends them and from their place, so that a receiver knows each of them
// beforehand: one that is lost, doubled, damaged or out of place shows.
#pragma once

#include <cstdint>
#include <optional>

#include "server/base/bytes.h"

namespace culvert::testing {

// What stands from `offset` on in the endless stream of `flow`.
void WriteStream(uint64_t flow, uint64_t offset, MutableBytes bytes);
bool IsStream(uint64_t flow, uint64_t offset, ByteView bytes);

// A packet: its number in the first eight bytes, then bytes that follow from flow and number.
inline constexpr size_t kPacketNumberSize = 8;
// REQUIRES: packet.size() >= kPacketNumberSize.
void WritePacket(uint64_t flow, uint64_t number, MutableBytes packet);
// The number; nothing when any byte is not what WritePacket wrote.
std::optional<uint64_t> ReadPacket(uint64_t flow, ByteView packet);

}  // namespace culvert::testing
