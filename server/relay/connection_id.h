// CONNECTION-IDs (RFC 6062 section 6.2.1) that lead home: 32 bits of node, worker and sequence
// through a keyed permutation, so that they look random, cannot be guessed from one another, and no
// table is needed to find whose they are.
//
//     | node: 6 | worker: 6 | sequence: 20 |  --permutation-->  CONNECTION-ID
#pragma once

#include <array>
#include <cstdint>

#include "server/base/bytes.h"
#include "server/turn/effects.h"

namespace culvert::relay {

struct ConnectionHome {
  uint8_t node;
  uint8_t worker;
  uint32_t sequence;
  friend bool operator==(const ConnectionHome&, const ConnectionHome&) = default;
};

// Stateless after construction; any thread.
class ConnectionIdCodec {
 public:
  static constexpr uint32_t kNodes = 64;
  static constexpr uint32_t kWorkers = 64;
  static constexpr uint32_t kSequences = 1u << 20;

  // Nodes with the same key understand each other's ids.
  explicit ConnectionIdCodec(ByteView key);

  turn::ConnectionId Seal(const ConnectionHome& home) const;
  ConnectionHome Open(turn::ConnectionId id) const;

 private:
  static constexpr int kRounds =
      4;  // a Feistel network of four rounds is a strong permutation (Luby and Rackoff)
  uint16_t Round(int round, uint16_t half) const;

  std::array<uint8_t, 32> key_;
};

}  // namespace culvert::relay
