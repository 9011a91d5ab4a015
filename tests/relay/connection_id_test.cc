#include "server/relay/connection_id.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <vector>

namespace culvert::relay {
namespace {

const ConnectionIdCodec& Codec() {
  static const ConnectionIdCodec codec(AsBytes("a key of this test"));
  return codec;
}

uint32_t Sealed(const ConnectionIdCodec& codec, const ConnectionHome& home) {
  return static_cast<uint32_t>(codec.Seal(home));
}

TEST(ConnectionIdTest, EveryHomeComesBackAndNoTwoShareAnId) {
  std::vector<uint32_t> ids;
  for (uint32_t i = 0; i < 100000; ++i) {
    const ConnectionHome home{static_cast<uint8_t>(i % 7 * 9), static_cast<uint8_t>(i % 5 * 15),
                              (i * 2654435761u) % ConnectionIdCodec::kSequences};
    const turn::ConnectionId id = Codec().Seal(home);
    ASSERT_EQ(Codec().Open(id), home) << i;
    // Homes repeat where the multiplication wraps onto the same three numbers; count each once.
    ids.push_back(static_cast<uint32_t>(id));
  }
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end());
}

// TC-22: sequence numbers from one end of a worker's round to the other.
TEST(ConnectionIdTest, AWholeRoundOfAWorkerRepeatsNoId) {
  constexpr uint32_t kStep = 17;
  std::vector<uint32_t> ids;
  for (uint32_t i = 0; i < ConnectionIdCodec::kSequences; i += kStep) {
    ids.push_back(Sealed(Codec(), {5, 2, i}));
  }
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end());
  // And they are spread over the whole range: no quarter has much more than its share.
  for (uint32_t quarter = 0; quarter < 4; ++quarter) {
    const auto in_it = std::count_if(ids.begin(), ids.end(),
                                     [quarter](uint32_t id) { return id >> 30 == quarter; });
    EXPECT_NEAR(static_cast<double>(in_it), static_cast<double>(ids.size()) / 4,
                static_cast<double>(ids.size()) / 100);
  }
}

TEST(ConnectionIdTest, TheEdgesOfEachFieldComeBack) {
  for (const uint8_t node : {0, 1, 63}) {
    for (const uint8_t worker : {0, 1, 63}) {
      for (const uint32_t sequence : {0u, 1u, 0xfffffu}) {
        const ConnectionHome home{node, worker, sequence};
        EXPECT_EQ(Codec().Open(Codec().Seal(home)), home);
      }
    }
  }
}

TEST(ConnectionIdTest, ASequenceBeyondItsFieldWrapsAndTouchesNothingElse) {
  const ConnectionHome home = Codec().Open(Codec().Seal({3, 4, (1u << 20) + 5}));
  EXPECT_EQ(home, (ConnectionHome{3, 4, 5}));
}

TEST(ConnectionIdTest, EveryIdIsSomebodys) {
  for (uint32_t i = 0; i < 10000; ++i) {
    const turn::ConnectionId id{i * 429497u};
    EXPECT_EQ(Codec().Seal(Codec().Open(id)), id);
  }
}

// Neighbours differ in half of their bits, each bit about as often as the others.
TEST(ConnectionIdTest, ConsecutiveIdsLookUnrelated) {
  constexpr uint32_t kIds = 20000;
  uint64_t different = 0;
  std::array<uint32_t, 32> per_bit{};
  for (uint32_t i = 0; i < kIds; ++i) {
    const uint32_t change = Sealed(Codec(), {0, 0, i}) ^ Sealed(Codec(), {0, 0, i + 1});
    different += static_cast<uint64_t>(std::popcount(change));
    for (size_t bit = 0; bit < 32; ++bit) per_bit[bit] += change >> bit & 1;
  }
  const double mean = static_cast<double>(different) / kIds;
  EXPECT_GT(mean, 15.8);
  EXPECT_LT(mean, 16.2);
  for (const uint32_t changes : per_bit) {
    EXPECT_GT(changes, kIds * 48 / 100);
    EXPECT_LT(changes, kIds * 52 / 100);
  }
}

TEST(ConnectionIdTest, AnotherKeyMakesOtherIds) {
  const ConnectionIdCodec other(AsBytes("another key"));
  int same = 0;
  for (uint32_t i = 0; i < 1000; ++i) {
    if (Codec().Seal({1, 1, i}) == other.Seal({1, 1, i})) ++same;
  }
  EXPECT_LT(same, 2);
}

TEST(ConnectionIdTest, TheSameKeyOnAnotherNodeUnderstands) {
  const ConnectionIdCodec elsewhere(AsBytes("a key of this test"));
  const ConnectionHome home{17, 2, 4711};
  EXPECT_EQ(elsewhere.Open(Codec().Seal(home)), home);
}

}  // namespace
}  // namespace culvert::relay
