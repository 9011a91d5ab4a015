#include "tests/bench/payload.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace culvert::bench {
namespace {

constexpr FlowId kFlow = {7, true};

std::vector<uint8_t> Packet(size_t size) {
  std::vector<uint8_t> packet(size);
  PayloadWriter(kFlow, size).Write({42, 123456789}, packet.data());
  return packet;
}

TEST(PayloadTest, WhatWasWrittenIsReadBack) {
  for (const size_t size : {size_t{32}, size_t{33}, size_t{160}, size_t{1200}, size_t{1471}}) {
    const auto stamp = ReadPayload(Packet(size), kFlow, size);
    ASSERT_TRUE(stamp) << size;
    EXPECT_EQ(stamp->number, 42u);
    EXPECT_EQ(stamp->sent_nanoseconds, 123456789u);
  }
}

TEST(PayloadTest, AnyChangedByteIsNoticed) {
  for (size_t at = 0; at < 163; ++at) {
    std::vector<uint8_t> packet = Packet(163);
    packet[at] ^= 0x10;
    EXPECT_FALSE(ReadPayload(packet, kFlow, 163)) << at;
  }
}

TEST(PayloadTest, WordsThatChangedPlacesAreNoticed) {
  std::vector<uint8_t> packet = Packet(160);
  std::swap_ranges(packet.begin() + 40, packet.begin() + 48, packet.begin() + 48);
  EXPECT_FALSE(ReadPayload(packet, kFlow, 160));
}

TEST(PayloadTest, ACutOrLongerPacketIsNoticed) {
  std::vector<uint8_t> packet = Packet(160);
  packet.pop_back();
  EXPECT_FALSE(ReadPayload(packet, kFlow, 160));
  packet.resize(164);
  EXPECT_FALSE(ReadPayload(packet, kFlow, 160));
}

TEST(PayloadTest, APacketOfAnotherSessionOrDirectionIsNoticed) {
  EXPECT_FALSE(ReadPayload(Packet(160), {8, true}, 160));
  EXPECT_FALSE(ReadPayload(Packet(160), {7, false}, 160));
}

}  // namespace
}  // namespace culvert::bench
