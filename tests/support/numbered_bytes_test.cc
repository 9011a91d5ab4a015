#include "tests/support/numbered_bytes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace culvert::testing {
namespace {

constexpr uint64_t kFlow = 7;

TEST(NumberedBytesTest, AStreamIsTheSameHoweverItIsCut) {
  std::vector<uint8_t> whole(1000);
  WriteStream(kFlow, 0, whole);
  for (const size_t cut : {1u, 7u, 8u, 9u, 501u}) {
    std::vector<uint8_t> pieces(whole.size());
    for (size_t at = 0; at < pieces.size(); at += cut) {
      const size_t size = std::min(cut, pieces.size() - at);
      WriteStream(kFlow, at, MutableBytes(pieces).subspan(at, size));
    }
    EXPECT_EQ(pieces, whole) << "cut every " << cut;
  }
}

TEST(NumberedBytesTest, AStreamThatLacksOrRepeatsAByteIsNotTaken) {
  std::vector<uint8_t> bytes(64);
  WriteStream(kFlow, 100, bytes);
  EXPECT_TRUE(IsStream(kFlow, 100, bytes));
  EXPECT_FALSE(IsStream(kFlow, 101, bytes));
  EXPECT_FALSE(IsStream(kFlow + 1, 100, bytes));
  bytes.erase(bytes.begin() + 30);
  EXPECT_FALSE(IsStream(kFlow, 100, bytes));
}

TEST(NumberedBytesTest, APacketTellsItsNumber) {
  std::vector<uint8_t> packet(160);
  for (const uint64_t number : {uint64_t{0}, uint64_t{1}, uint64_t{1} << 40}) {
    WritePacket(kFlow, number, packet);
    EXPECT_EQ(ReadPacket(kFlow, packet), number);
  }
}

TEST(NumberedBytesTest, APacketWithAnyByteWrongIsNotTaken) {
  std::vector<uint8_t> packet(160);
  WritePacket(kFlow, 12, packet);
  for (uint8_t& byte : packet) {
    byte ^= 1;
    EXPECT_EQ(ReadPacket(kFlow, packet), std::nullopt) << "byte " << &byte - packet.data();
    byte ^= 1;
  }
  EXPECT_EQ(ReadPacket(kFlow + 1, packet), std::nullopt);
  EXPECT_EQ(ReadPacket(kFlow, ByteView(packet).first(7)), std::nullopt);
}

}  // namespace
}  // namespace culvert::testing
