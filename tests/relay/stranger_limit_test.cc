#include "server/relay/stranger_limit.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace culvert::relay {
namespace {

// On a whole second, which is when counting begins anew.
constexpr Instant kStart{seconds(1000)};
constexpr uint64_t kSeed = 7;
const IpAddress kOne = IpAddress::V4(192, 0, 2, 1);
const IpAddress kTwo = IpAddress::V4(192, 0, 2, 2);

TEST(StrangerLimitTest, EachSourceHasItsOwnCountEachSecond) {
  StrangerLimit limit(2, 0, kSeed);
  EXPECT_TRUE(limit.Admit(kOne, kStart));
  EXPECT_TRUE(limit.Admit(kOne, kStart + milliseconds(500)));
  EXPECT_FALSE(limit.Admit(kOne, kStart + milliseconds(999)));
  EXPECT_TRUE(limit.Admit(kTwo, kStart + milliseconds(999)));
  EXPECT_TRUE(limit.Admit(kOne, kStart + seconds(1)));
}

TEST(StrangerLimitTest, TheTotalCountsAllSources) {
  StrangerLimit limit(0, 3, kSeed);
  EXPECT_TRUE(limit.Admit(kOne, kStart));
  EXPECT_TRUE(limit.Admit(kTwo, kStart));
  EXPECT_TRUE(limit.Admit(kOne, kStart));
  EXPECT_FALSE(limit.Admit(kTwo, kStart));
  EXPECT_TRUE(limit.Admit(kTwo, kStart + seconds(1)));
}

TEST(StrangerLimitTest, ZeroIsNoLimit) {
  StrangerLimit limit(0, 0, kSeed);
  for (int i = 0; i < 10000; ++i) ASSERT_TRUE(limit.Admit(kOne, kStart));
}

// An IPv6 host owns a /64 at least, and would have as many counts as it likes.
TEST(StrangerLimitTest, OneIpv6NetworkIsOneSource) {
  StrangerLimit limit(1, 0, kSeed);
  EXPECT_TRUE(limit.Admit(*IpAddress::Parse("2001:db8::1"), kStart));
  EXPECT_FALSE(limit.Admit(*IpAddress::Parse("2001:db8::ffff:1:2"), kStart));
  EXPECT_TRUE(limit.Admit(*IpAddress::Parse("2001:db8:0:1::1"), kStart));
}

// A count for each source in a map, begun anew each second.
class Twin {
 public:
  Twin(uint32_t per_source, uint32_t in_total) : per_source_(per_source), in_total_(in_total) {}
  bool Admit(const IpAddress& source, Instant now) {
    if (const auto second = now.time_since_epoch() / seconds(1); second != second_) {
      second_ = second;
      counts_.clear();
      total_ = 0;
    }
    const size_t bytes = source.is_v4() ? 4 : 8;
    const bool mine = ++counts_[std::string(AsText(source.bytes().first(bytes)))] <= per_source_;
    return ++total_ <= in_total_ && mine;
  }

 private:
  const uint32_t per_source_;
  const uint32_t in_total_;
  int64_t second_ = 0;
  uint32_t total_ = 0;
  std::map<std::string, uint32_t> counts_;
};

// Thirty sources, which with this seed share no bucket.
TEST(StrangerLimitTest, RandomSourcesAgreeWithTheTwin) {
  constexpr uint32_t kRandomSeed = 20260712;
  SCOPED_TRACE(kRandomSeed);
  std::mt19937 random(kRandomSeed);
  StrangerLimit limit(5, 60, kSeed);
  Twin twin(5, 60);
  Instant now = kStart;
  int refused = 0;
  for (int step = 0; step < 10000; ++step) {
    const auto host = static_cast<uint8_t>(random() % 15);
    IpAddress source = IpAddress::V4(198, 51, 100, host);
    if (random() % 2 == 0) {
      uint8_t bytes[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, host};
      bytes[15] = static_cast<uint8_t>(random());
      source = IpAddress::FromBytes(bytes);
    }
    const bool admitted = limit.Admit(source, now);
    ASSERT_EQ(admitted, twin.Admit(source, now)) << source.ToString() << ", step " << step;
    refused += !admitted;
    // Bursts and lulls.
    now += step % 1000 < 700 ? milliseconds(random() % 10) : milliseconds(random() % 100);
  }
  EXPECT_GT(refused, 500);
  EXPECT_LT(refused, 9500);
}

// Sources that share a bucket get less, never more.
TEST(StrangerLimitTest, OfManySourcesNoneGetsMoreThanItsShare) {
  StrangerLimit limit(3, 0, kSeed);
  std::map<IpAddress, int> admitted;
  std::mt19937 random(20260713);
  for (int step = 0; step < 40000; ++step) {
    const uint32_t any = random() % 8000;
    const IpAddress source =
        IpAddress::V4(203, 0, static_cast<uint8_t>(any >> 8), static_cast<uint8_t>(any));
    if (limit.Admit(source, kStart)) ++admitted[source];
  }
  int most = 0;
  int total = 0;
  for (const auto& [source, count] : admitted) {
    most = std::max(most, count);
    total += count;
  }
  EXPECT_EQ(most, 3);
  // Nearly all buckets of three were used up.
  EXPECT_GT(total, 3 * 4096 * 3 / 4);
  EXPECT_LE(total, 3 * 4096);
}

}  // namespace
}  // namespace culvert::relay
