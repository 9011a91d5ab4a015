#include "server/stun/framer.h"

#include <algorithm>
#include <array>

#include "server/stun/channel_data.h"
#include "server/stun/protocol.h"

namespace culvert::stun {
namespace {

constexpr Frame kGarbageFrame = {FrameKind::kGarbage, 0};
// Type and length of STUN, number and length of ChannelData: enough to know the size of either.
constexpr size_t kSizeKnownAt = 4;
constexpr std::array<uint8_t, 4> kCookieBytes = {0x21, 0x12, 0xa4, 0x42};

// RFC 8656 section 12, table 3: 0 to 3. The methods that share a stream with ChannelData end at
// 0xff.
constexpr bool LooksLikeStun(uint8_t first_byte) {
  return first_byte <= 3;
}

Frame WholeOrNot(FrameKind kind, size_t size, ByteView bytes) {
  if (bytes.size() < size) return {FrameKind::kIncomplete, size};
  return {kind, size};
}

Frame NextStun(ByteView bytes) {
  if (bytes.size() < kSizeKnownAt) return {FrameKind::kIncomplete, 0};
  const size_t length = LoadBig16(bytes.data() + 2);
  if (length % 4 != 0) return kGarbageFrame;
  // As much of the cookie as has come: a stream of something else is to fail early, not to wait for
  // the length that its first bytes happen to spell.
  const ByteView behind = bytes.subspan(kSizeKnownAt);
  const size_t seen = std::min(behind.size(), kCookieBytes.size());
  if (!std::equal(behind.begin(), behind.begin() + seen, kCookieBytes.begin()))
    return kGarbageFrame;
  return WholeOrNot(FrameKind::kStun, kHeaderSize + length, bytes);
}

Frame NextChannelData(ByteView bytes) {
  if (bytes.size() < kSizeKnownAt) return {FrameKind::kIncomplete, 0};
  const size_t size = kChannelHeaderSize + LoadBig16(bytes.data() + 2);
  return WholeOrNot(FrameKind::kChannelData, PaddedSize(size), bytes);
}

}  // namespace

Frame NextFrame(ByteView bytes, uint16_t last_channel) {
  if (bytes.empty()) return {FrameKind::kIncomplete, 0};
  if (LooksLikeStun(bytes.front())) return NextStun(bytes);
  if (LooksLikeChannelData(bytes.front(), last_channel)) return NextChannelData(bytes);
  return kGarbageFrame;
}

}  // namespace culvert::stun
