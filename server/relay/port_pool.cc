#include "server/relay/port_pool.h"

#include <openssl/rand.h>

namespace culvert::relay {
namespace {

uint32_t RandomBelow(uint32_t bound) {
  uint64_t random = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&random), sizeof random);
  return static_cast<uint32_t>(random % bound);
}

}  // namespace

PortPool::PortPool(uint16_t min_port, uint16_t max_port)
    : min_port_(min_port), max_port_(max_port) {}

bool PortPool::Fits(const Map& map, uint32_t port, Want want) const {
  if (map.test(port)) return false;
  if (want == Want::kAny) return true;
  if (port % 2 != 0) return false;
  return want == Want::kEven || (port < max_port_ && !map.test(port + 1));
}

std::optional<uint16_t> PortPool::Take(const IpAddress& ip, uint8_t protocol, Want want) {
  const std::lock_guard lock(mutex_);
  Map& map = maps_[{ip, protocol}];
  const uint32_t count = max_port_ - min_port_ + 1;
  // A random start and then the next that fits: uniform while the range is mostly free, and never
  // worse than one pass over it.
  const uint32_t start = RandomBelow(count);
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t port = min_port_ + (start + i) % count;
    if (!Fits(map, port, want)) continue;
    map.set(port);
    ++map.taken;
    if (want == Want::kPair) {
      map.set(port + 1);
      ++map.taken;
    }
    return static_cast<uint16_t>(port);
  }
  return std::nullopt;
}

void PortPool::Release(const IpAddress& ip, uint8_t protocol, uint16_t port) {
  const std::lock_guard lock(mutex_);
  const auto found = maps_.find({ip, protocol});
  if (found == maps_.end() || !found->second.test(port)) return;
  found->second.clear(port);
  --found->second.taken;
}

size_t PortPool::taken(const IpAddress& ip, uint8_t protocol) const {
  const std::lock_guard lock(mutex_);
  const auto found = maps_.find({ip, protocol});
  return found == maps_.end() ? 0 : found->second.taken;
}

}  // namespace culvert::relay
