// The worker's memory for packets in flight: slots that live from the read until the end of the
// loop turn.
//
// A datagram is received into a slot with headroom in front, a TURN header is written into the
// headroom, and the same memory is handed to the kernel on the way out: relayed bytes are not
// copied. All slots are taken back at once at the end of a turn (or earlier, when they run out and
// everything gathered was flushed).
#pragma once

#include <cstddef>
#include <cstdint>

namespace culvert::net {

class PacketPool {
 public:
  // Room for a Data indication's header: 20 + XOR-PEER-ADDRESS (IPv6) 24 + DATA 4.
  static constexpr size_t kHeadroom = 64;
  // The largest UDP payload, and the largest run that UDP_GRO makes.
  static constexpr size_t kPayload = 65536;
  static constexpr size_t kTailroom = 64;  // padding
  // Not a multiple of a page, so that the starts of slots do not share cache sets.
  static constexpr size_t kStride = kHeadroom + kPayload + kTailroom + 1984;
  // More gathers more per turn; only the pages that packets touch are ever backed by memory.
  static constexpr size_t kSlots = 256;

  PacketPool();
  ~PacketPool();
  PacketPool(const PacketPool&) = delete;
  PacketPool& operator=(const PacketPool&) = delete;

  size_t available() const { return kSlots - used_; }
  // Where the payload of the `index`-th slot that is still free begins. REQUIRES: index <
  // available().
  uint8_t* Peek(size_t index) { return base_ + (used_ + index) * kStride + kHeadroom; }
  // Takes the first `count` free slots.
  void Take(size_t count) { used_ += count; }
  void Reset() { used_ = 0; }

 private:
  uint8_t* base_;
  size_t used_ = 0;
};

}  // namespace culvert::net
