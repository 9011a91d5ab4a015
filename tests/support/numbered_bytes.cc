#include "tests/support/numbered_bytes.h"

#include <algorithm>
#include <vector>

namespace culvert::testing {
namespace {

// splitmix64: the word at a place needs none of those before it.
uint64_t Mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

uint64_t StreamOfPacket(uint64_t flow, uint64_t number) {
  return Mix(flow) + number;
}

}  // namespace

void WriteStream(uint64_t flow, uint64_t offset, MutableBytes bytes) {
  const uint64_t start = Mix(flow);
  while (!bytes.empty()) {
    uint8_t word[8];
    StoreBig64(word, Mix(start + offset / 8));
    const size_t skip = offset % 8;
    const size_t count = std::min(sizeof word - skip, bytes.size());
    std::copy_n(word + skip, count, bytes.begin());
    bytes = bytes.subspan(count);
    offset += count;
  }
}

bool IsStream(uint64_t flow, uint64_t offset, ByteView bytes) {
  std::vector<uint8_t> expected(bytes.size());
  WriteStream(flow, offset, expected);
  return std::equal(bytes.begin(), bytes.end(), expected.begin());
}

void WritePacket(uint64_t flow, uint64_t number, MutableBytes packet) {
  StoreBig64(packet.data(), number);
  WriteStream(StreamOfPacket(flow, number), 0, packet.subspan(kPacketNumberSize));
}

std::optional<uint64_t> ReadPacket(uint64_t flow, ByteView packet) {
  if (packet.size() < kPacketNumberSize) return std::nullopt;
  const uint64_t number = LoadBig64(packet.data());
  if (!IsStream(StreamOfPacket(flow, number), 0, packet.subspan(kPacketNumberSize))) {
    return std::nullopt;
  }
  return number;
}

}  // namespace culvert::testing
