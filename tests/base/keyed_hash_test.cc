#include "server/base/keyed_hash.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace culvert {
namespace {

// The key and inputs of the test vectors that came with SipHash: bytes that count up from 0.
HashKey CountingKey() {
  HashKey key;
  std::iota(key.begin(), key.end(), uint8_t{0});
  return key;
}
std::vector<uint8_t> Counting(size_t size) {
  std::vector<uint8_t> bytes(size);
  std::iota(bytes.begin(), bytes.end(), uint8_t{0});
  return bytes;
}
uint64_t HashOf(size_t size) {
  return KeyedHasher(CountingKey()).Add(Counting(size)).Finish();
}

// Appendix A of the paper (15 bytes), and the reference implementation's vectors.
TEST(KeyedHashTest, ThePublishedVectorsAreMet) {
  EXPECT_EQ(HashOf(15), 0xa129ca6149be45e5u);
  EXPECT_EQ(HashOf(0), 0x726fdb47dd0e0e31u);
  EXPECT_EQ(HashOf(1), 0x74f839c593dc67fdu);
  EXPECT_EQ(HashOf(8), 0x93f5f5799a932462u);
}

TEST(KeyedHashTest, PartsAreOneText) {
  const auto bytes = Counting(15);
  for (size_t cut = 0; cut <= bytes.size(); ++cut) {
    EXPECT_EQ(KeyedHasher(CountingKey())
                  .Add(ByteView(bytes).first(cut))
                  .Add(ByteView(bytes).subspan(cut))
                  .Finish(),
              0xa129ca6149be45e5u);
  }
}

TEST(KeyedHashTest, TheSizeOfAPartTellsPartsApart) {
  const auto hash = [](std::string_view a, std::string_view b) {
    return KeyedHasher(CountingKey()).Add(AsBytes(a)).AddSize(a.size()).Add(AsBytes(b)).Finish();
  };
  EXPECT_NE(hash("ab", "c"), hash("a", "bc"));
  EXPECT_EQ(hash("ab", "c"), hash("ab", "c"));
}

TEST(KeyedHashTest, AnotherKeyIsAnotherHash) {
  HashKey key = CountingKey();
  key[15] ^= 1;
  EXPECT_NE(KeyedHasher(key).Add(Counting(15)).Finish(), HashOf(15));
}

}  // namespace
}  // namespace culvert
