// What a cluster says about itself: which primary has which slots, and where a misled command
// should have gone. Values only, no I/O.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/redis/hash_slot.h"
#include "server/redis/reply.h"
#include "server/redis/settings.h"

namespace culvert::redis {

class SlotMap {
 public:
  // The answer of CLUSTER SLOTS. A node that does not know its own name is called `asked`'s.
  // Nothing when it is no such answer.
  static std::optional<SlotMap> Parse(const Reply& reply, const ServerName& asked);

  const std::vector<ServerName>& primaries() const { return primaries_; }
  // Null for a slot that nobody has.
  const ServerName* Find(uint16_t slot) const;
  // After MOVED.
  void Move(uint16_t slot, const ServerName& primary);
  // Every slot has a primary.
  bool complete() const;

 private:
  static constexpr uint16_t kNobody = UINT16_MAX;

  SlotMap() { owners_.fill(kNobody); }
  uint16_t IndexOf(const ServerName& primary);

  std::vector<ServerName> primaries_;
  std::array<uint16_t, kSlots> owners_;  // indices into primaries_
};

// "MOVED 3999 192.0.2.1:6381", "ASK 3999 :6381" (the host that was asked).
struct Redirect {
  enum class Kind : uint8_t { kMoved, kAsk };

  static std::optional<Redirect> Parse(std::string_view error, const ServerName& asked);

  Kind kind;
  uint16_t slot;
  ServerName server;
};

}  // namespace culvert::redis
