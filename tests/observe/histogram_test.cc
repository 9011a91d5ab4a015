#include "server/observe/histogram.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <vector>

namespace culvert::observe {
namespace {

constexpr std::array<uint64_t, 3> kBounds = {10, 100, 1000};
using Small = Histogram<kBounds>;

std::vector<uint64_t> Buckets(const Small& histogram) {
  std::vector<uint64_t> buckets;
  for (size_t i = 0; i <= Small::kBucketCount; ++i) buckets.push_back(histogram.bucket(i));
  return buckets;
}

TEST(HistogramTest, StartsEmpty) {
  const Small histogram;
  EXPECT_EQ(Buckets(histogram), (std::vector<uint64_t>{0, 0, 0, 0}));
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.sum(), 0u);
  EXPECT_EQ(histogram.max(), 0u);
}

TEST(HistogramTest, AnUpperBoundBelongsToItsBucket) {
  Small histogram;
  for (const uint64_t value : {0u, 10u, 11u, 100u, 101u, 1000u}) histogram.Observe(value);
  EXPECT_EQ(Buckets(histogram), (std::vector<uint64_t>{2, 2, 2, 0}));
}

TEST(HistogramTest, ValuesAboveAllBoundsAreCountedAndSummed) {
  Small histogram;
  histogram.Observe(1001);
  histogram.Observe(5);
  EXPECT_EQ(Buckets(histogram), (std::vector<uint64_t>{1, 0, 0, 1}));
  EXPECT_EQ(histogram.count(), 2u);
  EXPECT_EQ(histogram.sum(), 1006u);
}

TEST(HistogramTest, MaxNeverFalls) {
  Small histogram;
  histogram.Observe(700);
  histogram.Observe(3);
  EXPECT_EQ(histogram.max(), 700u);
}

}  // namespace
}  // namespace culvert::observe
