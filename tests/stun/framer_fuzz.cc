// Any stream, cut anywhere, gives the same frames. The first byte of the input seeds the cuts, the
// rest is the stream.

#include <cstdio>
#include <cstdlib>
#include <random>
#include <utility>
#include <vector>

#include "server/stun/channel_data.h"
#include "server/stun/framer.h"
#include "server/stun/message.h"

namespace culvert::stun {
namespace {

using Frames = std::vector<std::pair<FrameKind, size_t>>;

void Require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

void CheckFrame(const Frame& frame, ByteView rest) {
  Require(frame.size <= kMaxMessageSize, "no frame is larger than a message");
  switch (frame.kind) {
    case FrameKind::kIncomplete:
      Require(frame.size == 0 || frame.size > rest.size(),
              "incomplete means that bytes are missing");
      break;
    case FrameKind::kGarbage:
      Require(frame.size == 0, "garbage has no size");
      break;
    case FrameKind::kStun: {
      Require(frame.size % 4 == 0 && frame.size <= rest.size(), "a STUN frame is whole");
      const auto message = Message::Parse(rest.first(frame.size));
      if (message.ok()) break;
      const ParseError error = message.error();
      Require(error == ParseError::kAttributeOverrun || error == ParseError::kBadFingerprint,
              "the header of a STUN frame holds");
      break;
    }
    case FrameKind::kChannelData: {
      Require(frame.size <= rest.size(), "a ChannelData frame is whole");
      const auto message = ParseChannelData(rest.first(frame.size));
      Require(message.has_value(), "a ChannelData frame parses");
      Require(PaddedSize(kChannelHeaderSize + message->data.size()) == frame.size,
              "a ChannelData frame is the message and its padding");
      Require(message->channel >= kFirstChannel && message->channel <= kLastChannel,
              "a ChannelData frame has a number that can be bound");
      break;
    }
  }
}

// Takes whole frames off `stream` from `*start` on, as far as the first `end` bytes go. False when
// garbage was met, which ends the stream.
bool Take(ByteView stream, size_t end, size_t* start, Frames* frames) {
  for (;;) {
    const ByteView rest = stream.subspan(*start, end - *start);
    const Frame frame = NextFrame(rest);
    CheckFrame(frame, rest);
    if (frame.kind == FrameKind::kIncomplete) return true;
    frames->emplace_back(frame.kind, frame.size);
    if (frame.kind == FrameKind::kGarbage) return false;
    *start += frame.size;
  }
}

Frames AtOnce(ByteView stream) {
  Frames frames;
  size_t start = 0;
  Take(stream, stream.size(), &start, &frames);
  return frames;
}

Frames InPieces(ByteView stream, unsigned seed) {
  std::minstd_rand random(seed + 1);
  Frames frames;
  size_t start = 0;
  for (size_t end = 0; end < stream.size();) {
    end = std::min(stream.size(), end + 1 + random() % (seed % 32 + 1));
    if (!Take(stream, end, &start, &frames)) break;
  }
  return frames;
}

}  // namespace
}  // namespace culvert::stun

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const culvert::ByteView stream(data + 1, size - 1);
  culvert::stun::Require(culvert::stun::AtOnce(stream) == culvert::stun::InPieces(stream, data[0]),
                         "the frames do not depend on the cuts");
  return 0;
}
