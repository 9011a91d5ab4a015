// Which relay ports are taken, per relay address and protocol, over all workers. Chooses at random
// (RFC 8656 section 7.2, RFC 6056). The kernel has the last word: a port that is free here may be
// another program's.
//
// Thread-safe; asked when relays open and close only.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "server/base/address.h"

namespace culvert::relay {

class PortPool {
 public:
  PortPool(uint16_t min_port, uint16_t max_port);

  // Takes a free port, or nullopt when there is none. Even ports only, and with the next one free
  // and taken, too, where asked.
  enum class Want : uint8_t { kAny, kEven, kPair };
  std::optional<uint16_t> Take(const IpAddress& ip, uint8_t protocol, Want want);
  void Release(const IpAddress& ip, uint8_t protocol, uint16_t port);
  size_t taken(const IpAddress& ip, uint8_t protocol) const;

 private:
  static constexpr size_t kPorts = 65536;
  struct Map {
    // Ports that are taken, one bit each.
    std::unique_ptr<uint64_t[]> words = std::make_unique<uint64_t[]>(kPorts / 64);
    size_t taken = 0;
    bool test(uint32_t port) const { return (words[port / 64] >> (port % 64) & 1) != 0; }
    void set(uint32_t port) { words[port / 64] |= uint64_t{1} << (port % 64); }
    void clear(uint32_t port) { words[port / 64] &= ~(uint64_t{1} << (port % 64)); }
  };

  bool Fits(const Map& map, uint32_t port, Want want) const;

  const uint32_t min_port_;
  const uint32_t max_port_;
  mutable std::mutex mutex_;
  std::map<std::pair<IpAddress, uint8_t>, Map> maps_;
};

}  // namespace culvert::relay
