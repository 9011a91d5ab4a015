#include "server/relay/connection_id.h"

#include "server/stun/integrity.h"

namespace culvert::relay {

ConnectionIdCodec::ConnectionIdCodec(ByteView key)
    : key_(stun::HmacSha256(key, AsBytes("culvert connection id"))) {}

uint16_t ConnectionIdCodec::Round(int round, uint16_t half) const {
  const uint8_t input[3] = {static_cast<uint8_t>(round), static_cast<uint8_t>(half >> 8),
                            static_cast<uint8_t>(half)};
  return LoadBig16(stun::HmacSha256(key_, input).data());
}

turn::ConnectionId ConnectionIdCodec::Seal(const ConnectionHome& home) const {
  const uint32_t plain = static_cast<uint32_t>(home.node % kNodes) << 26 |
                         static_cast<uint32_t>(home.worker % kWorkers) << 20 |
                         home.sequence % kSequences;
  auto left = static_cast<uint16_t>(plain >> 16);
  auto right = static_cast<uint16_t>(plain);
  for (int round = 0; round < kRounds; ++round) {
    const auto next = static_cast<uint16_t>(left ^ Round(round, right));
    left = right;
    right = next;
  }
  return turn::ConnectionId{static_cast<uint32_t>(left) << 16 | right};
}

ConnectionHome ConnectionIdCodec::Open(turn::ConnectionId id) const {
  auto left = static_cast<uint16_t>(static_cast<uint32_t>(id) >> 16);
  auto right = static_cast<uint16_t>(static_cast<uint32_t>(id));
  for (int round = kRounds - 1; round >= 0; --round) {
    const auto previous = static_cast<uint16_t>(right ^ Round(round, left));
    right = left;
    left = previous;
  }
  const uint32_t plain = static_cast<uint32_t>(left) << 16 | right;
  return {static_cast<uint8_t>(plain >> 26), static_cast<uint8_t>(plain >> 20 & 0x3f),
          plain % kSequences};
}

}  // namespace culvert::relay
