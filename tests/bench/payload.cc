#include "tests/bench/payload.h"

#include <cstring>

namespace culvert::bench {
namespace {

constexpr size_t kWord = sizeof(uint64_t);
enum Position : size_t { kNumber = 0, kTime = 1, kFlow = 2, kSum = 3 };

uint64_t LoadWord(const uint8_t* bytes, size_t position) {
  uint64_t word;
  std::memcpy(&word, bytes + position * kWord, kWord);
  return word;
}

void StoreWord(uint8_t* bytes, size_t position, uint64_t word) {
  std::memcpy(bytes + position * kWord, &word, kWord);
}

// Odd, and another for each position, so that a changed or a moved word changes the sum.
constexpr uint64_t Weight(size_t position) {
  return 0x9e3779b97f4a7c15u * (2 * position + 1);
}

// Without the word that holds the sum. A sum of words: the header's share can be added later.
uint64_t SumOf(ByteView packet) {
  uint64_t sum = 0;
  size_t position = 0;
  for (; (position + 1) * kWord <= packet.size(); ++position) {
    if (position != kSum) sum += LoadWord(packet.data(), position) * Weight(position);
  }
  uint64_t tail = 0;
  const size_t whole = position * kWord;
  std::memcpy(&tail, packet.data() + whole, packet.size() - whole);
  return sum + tail * Weight(position);
}

uint64_t FlowWord(FlowId flow) {
  return uint64_t{flow.session} << 1 | (flow.up ? 1 : 0);
}

}  // namespace

PayloadWriter::PayloadWriter(FlowId flow, size_t size) : template_(size) {
  for (size_t i = kPayloadHeaderSize; i < size; ++i)
    template_[i] = static_cast<uint8_t>(i * 31 + flow.session);
  StoreWord(template_.data(), kFlow, FlowWord(flow));
  template_sum_ = SumOf(template_);
}

void PayloadWriter::Write(const PacketStamp& stamp, uint8_t* to) const {
  std::memcpy(to, template_.data(), template_.size());
  StoreWord(to, kNumber, stamp.number);
  StoreWord(to, kTime, stamp.sent_nanoseconds);
  StoreWord(
      to, kSum,
      template_sum_ + stamp.number * Weight(kNumber) + stamp.sent_nanoseconds * Weight(kTime));
}

std::optional<PacketStamp> ReadPayload(ByteView packet, FlowId flow, size_t size) {
  if (packet.size() != size || size < kPayloadHeaderSize) return std::nullopt;
  if (LoadWord(packet.data(), kFlow) != FlowWord(flow)) return std::nullopt;
  if (LoadWord(packet.data(), kSum) != SumOf(packet)) return std::nullopt;
  return PacketStamp{LoadWord(packet.data(), kNumber), LoadWord(packet.data(), kTime)};
}

}  // namespace culvert::bench
