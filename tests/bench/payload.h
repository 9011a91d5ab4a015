// The packets of the media load: who sent which packet when, and a checksum over all of it, so that
// what is counted as delivered is exactly what was sent.
//
//     0        8        16       24       32
//    +--------+--------+--------+--------+---------- - -
//    | number | time   | flow   | sum    | filler
//    +--------+--------+--------+--------+---------- - -
//
// Words are 64 bits in the machine's order: both ends are this process. `number` counts the packets
// of one flow from 0, `time` is the sending time in nanoseconds of the steady clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "server/base/bytes.h"

namespace culvert::bench {

inline constexpr size_t kPayloadHeaderSize = 32;

// One direction of one session.
struct FlowId {
  uint32_t session;
  bool up;
  friend bool operator==(const FlowId&, const FlowId&) = default;
};

struct PacketStamp {
  uint64_t number;
  uint64_t sent_nanoseconds;
};

// Writes the packets of one flow.
class PayloadWriter {
 public:
  // REQUIRES: size >= kPayloadHeaderSize.
  PayloadWriter(FlowId flow, size_t size);

  size_t size() const { return template_.size(); }
  // Fills `to`, which is size() bytes.
  void Write(const PacketStamp& stamp, uint8_t* to) const;

 private:
  std::vector<uint8_t> template_;  // flow and filler are right, the rest is 0
  uint64_t template_sum_;
};

// The stamp of a packet of `flow` of `size` bytes; nullopt when anything about it is wrong.
std::optional<PacketStamp> ReadPayload(ByteView packet, FlowId flow, size_t size);

}  // namespace culvert::bench
