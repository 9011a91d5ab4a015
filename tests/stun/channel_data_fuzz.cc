// Any bytes as a ChannelData message: what parses lies inside, and written again it is the same.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "server/stun/channel_data.h"
#include "server/stun/framer.h"

namespace culvert::stun {
namespace {

void Require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

void Try(ByteView bytes) {
  const auto message = ParseChannelData(bytes);
  if (!message) {
    Require(bytes.size() < kChannelHeaderSize ||
                bytes.size() < kChannelHeaderSize + LoadBig16(bytes.data() + 2),
            "only what is cut is refused");
    return;
  }
  const size_t size = kChannelHeaderSize + message->data.size();
  Require(message->data.data() == bytes.data() + kChannelHeaderSize && size <= bytes.size(),
          "the data lies behind the header");
  std::vector<uint8_t> again(PaddedSize(size));
  StoreChannelHeader(again.data(), message->channel, static_cast<uint16_t>(message->data.size()));
  std::copy(message->data.begin(), message->data.end(), again.begin() + kChannelHeaderSize);
  Require(
      std::equal(again.begin(), again.begin() + static_cast<std::ptrdiff_t>(size), bytes.begin()),
      "the message written again is the same");

  const bool can_be_bound = message->channel >= kFirstChannel && message->channel <= kLastChannel;
  Require(LooksLikeChannelData(bytes.front()) == can_be_bound, "the first byte tells");
  if (!can_be_bound) return;
  const Frame frame = NextFrame(again);
  Require(frame.kind == FrameKind::kChannelData && frame.size == again.size(),
          "padded to four it is one frame of a stream");
}

}  // namespace
}  // namespace culvert::stun

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  culvert::stun::Try({data, size});
  return 0;
}
