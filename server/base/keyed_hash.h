// A 64-bit hash that nobody can steer who does not know its key: SipHash-2-4 (Aumasson and
// Bernstein, 2012). For tables of fixed size whose keys strangers choose: they can neither fill one
// place nor evict another's entry on purpose.
//
//     const uint64_t place = KeyedHasher(key).Add(source).Add(AsBytes(user)).Finish();
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "server/base/bytes.h"

namespace culvert {

using HashKey = std::array<uint8_t, 16>;

class KeyedHasher {
 public:
  explicit KeyedHasher(const HashKey& key);

  // Any number of parts, which run into each other: a part whose size may differ is followed by
  // AddSize, unless it is the last.
  KeyedHasher& Add(ByteView bytes);
  KeyedHasher& AddSize(size_t size);
  uint64_t Finish();

 private:
  void Absorb(uint64_t word);
  void Round();

  uint64_t v0_;
  uint64_t v1_;
  uint64_t v2_;
  uint64_t v3_;
  uint64_t tail_ = 0;  // bytes that do not make a word yet, the first one lowest
  uint64_t size_ = 0;
};

}  // namespace culvert
