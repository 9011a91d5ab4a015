#include "server/stun/framer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/stun/channel_data.h"
#include "tests/stun/test_bytes.h"

namespace culvert::stun {

bool operator==(const Frame& a, const Frame& b) {
  return a.kind == b.kind && a.size == b.size;
}

void PrintTo(const Frame& frame, std::ostream* out) {
  *out << "kind " << static_cast<int>(frame.kind) << " size " << frame.size;
}

namespace {

constexpr Frame kGarbage = {FrameKind::kGarbage, 0};
constexpr Frame kNotYetKnown = {FrameKind::kIncomplete, 0};

Frame Next(std::string_view hex) {
  return NextFrame(Hex(hex));
}
Frame IncompleteOf(size_t size) {
  return {FrameKind::kIncomplete, size};
}

TEST(FramerTest, NoBytesAreIncomplete) {
  EXPECT_EQ(NextFrame({}), kNotYetKnown);
}

TEST(FramerTest, TheSizeIsKnownWithTheFourthByte) {
  EXPECT_EQ(Next("00"), kNotYetKnown);
  EXPECT_EQ(Next("0001"), kNotYetKnown);
  EXPECT_EQ(Next("000100"), kNotYetKnown);
  EXPECT_EQ(Next("00010008"), IncompleteOf(28));
  EXPECT_EQ(Next("40"), kNotYetKnown);
  EXPECT_EQ(Next("4000"), kNotYetKnown);
  EXPECT_EQ(Next("400000"), kNotYetKnown);
  EXPECT_EQ(Next("40000005"), IncompleteOf(12));
}

TEST(FramerTest, AWholeMessageIsAFrameWhateverFollows) {
  Bytes bytes = RawMessage(0x0001, {Attribute(0x8022, "41424344")});
  EXPECT_EQ(NextFrame(bytes), (Frame{FrameKind::kStun, 28}));
  bytes.push_back(0xff);
  EXPECT_EQ(NextFrame(bytes), (Frame{FrameKind::kStun, 28}));
  bytes.resize(27);
  EXPECT_EQ(NextFrame(bytes), IncompleteOf(28));
}

TEST(FramerTest, ChannelDataIsPaddedToFour) {
  EXPECT_EQ(Next("40000000"), (Frame{FrameKind::kChannelData, 4}));
  EXPECT_EQ(Next("4fff0004 01020304"), (Frame{FrameKind::kChannelData, 8}));
  EXPECT_EQ(Next("40000005 68656c6c6f"), IncompleteOf(12));
  EXPECT_EQ(Next("40000005 68656c6c6f 0000"), IncompleteOf(12));
  EXPECT_EQ(Next("40000005 68656c6c6f 000000"), (Frame{FrameKind::kChannelData, 12}));
}

TEST(FramerTest, TheLargestFramesHaveTheirSize) {
  EXPECT_EQ(Next("0001fffc2112a442"), IncompleteOf(20 + 0xfffc));
  EXPECT_EQ(Next("4000ffff"), IncompleteOf(4 + 0x10000));
  Bytes stun = Hex("0001fffc2112a442");
  stun.resize(20 + 0xfffc);
  EXPECT_EQ(NextFrame(stun), (Frame{FrameKind::kStun, stun.size()}));
}

TEST(FramerTest, OnlyTwentyFirstBytesCanStartAMessage) {
  for (unsigned first = 0; first <= 0xff; ++first) {
    const Bytes bytes = {static_cast<uint8_t>(first)};
    const bool possible = first <= 0x03 || (first >= 0x40 && first <= 0x4f);
    EXPECT_EQ(NextFrame(bytes), possible ? kNotYetKnown : kGarbage) << first;
  }
}

TEST(FramerTest, ReservedChannelNumbersAreGarbage) {
  EXPECT_EQ(Next("50000004 01020304"), kGarbage);
  EXPECT_EQ(Next("7fff0004 01020304"), kGarbage);
  EXPECT_EQ(Next("ffff0004 01020304"), kGarbage);
}

TEST(FramerTest, AStunLengthThatIsNotAMultipleOfFourIsGarbageAtOnce) {
  EXPECT_EQ(Next("00010001"), kGarbage);
  EXPECT_EQ(Next("00010002"), kGarbage);
  EXPECT_EQ(Next("0001fffb 2112a442"), kGarbage);
}

TEST(FramerTest, AWrongCookieIsGarbageAtItsFirstWrongByte) {
  EXPECT_EQ(Next("00010008 21"), IncompleteOf(28));
  EXPECT_EQ(Next("00010008 2112a4"), IncompleteOf(28));
  EXPECT_EQ(Next("00010008 20"), kGarbage);
  EXPECT_EQ(Next("00010008 2113"), kGarbage);
  EXPECT_EQ(Next("00010008 2112a5"), kGarbage);
  EXPECT_EQ(Next("00010008 2112a443"), kGarbage);
}

// Hands `stream` over in pieces of `piece` bytes and notes the frames in the order they become
// whole.
std::vector<std::string> FramesInPieces(const Bytes& stream, size_t piece) {
  std::vector<std::string> frames;
  Bytes kept;
  for (size_t start = 0; start < stream.size(); start += piece) {
    for (size_t i = start; i < std::min(start + piece, stream.size()); ++i) {
      kept.push_back(stream[i]);
    }
    for (;;) {
      const Frame frame = NextFrame(kept);
      if (frame.kind == FrameKind::kIncomplete) break;
      if (frame.kind == FrameKind::kGarbage) {
        frames.push_back("garbage");
        return frames;
      }
      frames.push_back((frame.kind == FrameKind::kStun ? "stun " : "data ") +
                       ToHex(ByteView(kept).first(frame.size)));
      kept.erase(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(frame.size));
    }
  }
  if (!kept.empty()) frames.push_back("rest " + ToHex(kept));
  return frames;
}

TEST(FramerTest, OneByteSegmentsMakeTheSameFrames) {
  const Bytes request = RawMessage(0x0001, {Attribute(0x8022, "414243")});
  const Bytes data = ReadVector("channel_data_padded_hello");
  Bytes stream = request;
  stream.insert(stream.end(), data.begin(), data.end());
  stream.insert(stream.end(), request.begin(), request.end());
  const Bytes empty = Hex("40010000");
  stream.insert(stream.end(), empty.begin(), empty.end());
  const Bytes cut = Hex("4002000901");
  stream.insert(stream.end(), cut.begin(), cut.end());

  const std::vector<std::string> expected = {"stun " + ToHex(request), "data " + ToHex(data),
                                             "stun " + ToHex(request), "data 40010000",
                                             "rest 4002000901"};
  for (size_t piece = 1; piece <= stream.size(); ++piece) {
    EXPECT_EQ(FramesInPieces(stream, piece), expected) << piece;
  }
}

TEST(FramerTest, GarbageBehindAFrameIsFoundAfterTheFrame) {
  Bytes stream = ReadVector("channel_data_padded_hello");
  stream.push_back(0x16);  // a TLS handshake
  EXPECT_EQ(FramesInPieces(stream, 1),
            (std::vector<std::string>{"data 4000000568656c6c6f000000", "garbage"}));
}

TEST(ChannelDataTest, AFrameHoldsNumberAndDataWithoutPadding) {
  const Bytes bytes = ReadVector("channel_data_padded_hello");
  const auto message = ParseChannelData(bytes);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->channel, 0x4000);
  EXPECT_EQ(AsText(message->data), "hello");
}

TEST(ChannelDataTest, ADatagramMayLackPaddingAndMayBeEmpty) {
  const Bytes unpadded = Hex("4001000361 6263");
  EXPECT_EQ(AsText(ParseChannelData(unpadded)->data), "abc");
  const Bytes empty = Hex("40010000");
  ASSERT_TRUE(ParseChannelData(empty));
  EXPECT_TRUE(ParseChannelData(empty)->data.empty());
}

TEST(ChannelDataTest, AMessageShorterThanItsHeaderClaimsIsRefused) {
  for (const char* hex :
       {"", "40", "4000", "400000", "40000001", "4000000568656c6c", "4000ffff00"}) {
    EXPECT_FALSE(ParseChannelData(Hex(hex))) << hex;
  }
}

TEST(ChannelDataTest, TheHeaderIsNumberAndSize) {
  Bytes header(4);
  StoreChannelHeader(header.data(), 0x4abc, 0x1234);
  EXPECT_EQ(ToHex(header), "4abc1234");
  EXPECT_EQ(PaddedSize(0), 0u);
  EXPECT_EQ(PaddedSize(1), 4u);
  EXPECT_EQ(PaddedSize(4), 4u);
  EXPECT_EQ(PaddedSize(65535), 65536u);
}

}  // namespace
}  // namespace culvert::stun
