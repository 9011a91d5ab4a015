#include "tests/soak/growth.h"

#include <gtest/gtest.h>

namespace culvert::soak {
namespace {

Growth Of(std::vector<uint64_t> samples) {
  Growth growth("memory", 0.02, 10);
  for (const uint64_t sample : samples) growth.Sample(sample);
  return growth;
}

TEST(GrowthTest, WhatSettlesHasNotGrown) {
  EXPECT_EQ(Of({100, 900, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000}).Finding(),
            "");
}

TEST(GrowthTest, OnePeakAtTheEndIsNoGrowth) {
  Growth growth = Of({});
  for (int i = 0; i < 60; ++i) growth.Sample(1000);
  growth.Sample(5000);
  EXPECT_EQ(growth.Finding(), "");
}

TEST(GrowthTest, ThePartAllowedIsTheGreaterOfTheTwo) {
  EXPECT_EQ(Of({1, 1000, 1000, 1000, 1000, 1020}).Finding(), "");
  EXPECT_EQ(Of({1, 1000, 1000, 1000, 1000, 1021}).Finding(),
            "memory grew from 1000 to 1021, more than the allowed 1020");
  EXPECT_EQ(Of({1, 100, 100, 100, 100, 110}).Finding(), "");
  EXPECT_EQ(Of({1, 100, 100, 100, 100, 111}).Finding(),
            "memory grew from 100 to 111, more than the allowed 110");
}

TEST(GrowthTest, ASlowLeakShowsInALongRun) {
  Growth growth = Of({});
  for (uint64_t i = 0; i < 720; ++i) growth.Sample(1000 + i / 10);
  EXPECT_EQ(growth.settled(), 1018u);
  EXPECT_EQ(growth.at_end(), 1066u);
  EXPECT_NE(growth.Finding(), "");
}

TEST(GrowthTest, TooFewSamplesAreAFinding) {
  EXPECT_EQ(Of({1, 1, 1, 1, 1}).Finding(), "memory: too few samples to tell whether it grew");
}

}  // namespace
}  // namespace culvert::soak
