#include "server/base/keyed_hash.h"

#include <bit>

namespace culvert {
namespace {

// SipHash reads its words with the first byte lowest.
uint64_t LoadLittle64(const uint8_t* p) {
  return __builtin_bswap64(LoadBig64(p));
}

}  // namespace

KeyedHasher::KeyedHasher(const HashKey& key) {
  const uint64_t k0 = LoadLittle64(key.data());
  const uint64_t k1 = LoadLittle64(key.data() + 8);
  // "somepseudorandomlygeneratedbytes"
  v0_ = k0 ^ 0x736f6d6570736575u;
  v1_ = k1 ^ 0x646f72616e646f6du;
  v2_ = k0 ^ 0x6c7967656e657261u;
  v3_ = k1 ^ 0x7465646279746573u;
}

KeyedHasher& KeyedHasher::Add(ByteView bytes) {
  for (const uint8_t byte : bytes) {
    tail_ |= uint64_t{byte} << size_ % 8 * 8;
    if (++size_ % 8 == 0) {
      Absorb(tail_);
      tail_ = 0;
    }
  }
  return *this;
}

KeyedHasher& KeyedHasher::AddSize(size_t size) {
  uint8_t bytes[8];
  StoreBig64(bytes, size);
  return Add(bytes);
}

uint64_t KeyedHasher::Finish() {
  Absorb(tail_ | size_ << 56);
  v2_ ^= 0xff;
  for (int round = 0; round < 4; ++round) Round();
  return v0_ ^ v1_ ^ v2_ ^ v3_;
}

void KeyedHasher::Absorb(uint64_t word) {
  v3_ ^= word;
  Round();
  Round();
  v0_ ^= word;
}

void KeyedHasher::Round() {
  v0_ += v1_;
  v1_ = std::rotl(v1_, 13) ^ v0_;
  v0_ = std::rotl(v0_, 32);
  v2_ += v3_;
  v3_ = std::rotl(v3_, 16) ^ v2_;
  v0_ += v3_;
  v3_ = std::rotl(v3_, 21) ^ v0_;
  v2_ += v1_;
  v1_ = std::rotl(v1_, 17) ^ v2_;
  v2_ = std::rotl(v2_, 32);
}

}  // namespace culvert
