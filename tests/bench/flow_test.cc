#include "tests/bench/flow.h"

#include <gtest/gtest.h>

namespace culvert::bench {
namespace {

void Send(Flow& flow, int count) {
  for (int i = 0; i < count; ++i) flow.NextNumber();
}

TEST(FlowTest, AFreshFlowSendsOneOfItsTwoPackets) {
  Flow flow(80, 40);
  EXPECT_EQ(flow.Burst(), 1u);
  Send(flow, 1);
  EXPECT_EQ(flow.Burst(), 1u);
  Send(flow, 1);
  EXPECT_EQ(flow.Burst(), 0u);
}

TEST(FlowTest, TheWindowGrowsWithEachArrivalUntilTheFirstLoss) {
  Flow flow(80, 40);
  for (int i = 0; i < 18; ++i) {
    flow.NextNumber();
    EXPECT_TRUE(flow.OnArrival(static_cast<uint64_t>(i)));
  }
  EXPECT_EQ(flow.Burst(), 10u);  // half of 20
}

TEST(FlowTest, NoMoreThanTheWindowIsUnderWay) {
  Flow flow(4, 40);
  for (uint64_t i = 0; i < 100; ++i) {
    flow.NextNumber();
    flow.OnArrival(i);
  }
  Send(flow, 4);
  EXPECT_EQ(flow.Burst(), 0u);
}

TEST(FlowTest, ABurstIsNotLongerThanTheBatch) {
  Flow flow(80, 3);
  for (uint64_t i = 0; i < 100; ++i) {
    flow.NextNumber();
    flow.OnArrival(i);
  }
  EXPECT_EQ(flow.Burst(), 3u);
}

TEST(FlowTest, AGapHalvesTheWindowOnce) {
  Flow flow(80, 40);
  for (uint64_t i = 0; i < 78; ++i) {
    flow.NextNumber();
    flow.OnArrival(i);
  }
  ASSERT_EQ(flow.Burst(), 40u);
  Send(flow, 5);  // 78 to 82
  flow.OnArrival(79);
  flow.OnArrival(81);
  flow.OnArrival(82);
  EXPECT_EQ(flow.Burst(), 20u);
}

TEST(FlowTest, WhatDoesNotArriveIsSentAndNotDelivered) {
  Flow flow(80, 40);
  Send(flow, 10);
  for (const uint64_t number : {0, 1, 2, 4, 5, 9}) flow.OnArrival(number);
  EXPECT_EQ(flow.counts().sent, 10u);
  EXPECT_EQ(flow.counts().delivered, 6u);
}

TEST(FlowTest, ALatePacketIsDelivered) {
  Flow flow(80, 40);
  Send(flow, 3);
  EXPECT_TRUE(flow.OnArrival(2));
  EXPECT_TRUE(flow.OnArrival(0));
  EXPECT_EQ(flow.counts().delivered, 2u);
  EXPECT_EQ(flow.counts().duplicates, 0u);
}

TEST(FlowTest, APacketThatArrivesTwiceCountsOnce) {
  Flow flow(80, 40);
  Send(flow, 2);
  EXPECT_TRUE(flow.OnArrival(0));
  EXPECT_FALSE(flow.OnArrival(0));
  EXPECT_TRUE(flow.OnArrival(1));
  EXPECT_FALSE(flow.OnArrival(0));
  EXPECT_EQ(flow.counts().delivered, 2u);
  EXPECT_EQ(flow.counts().duplicates, 2u);
}

TEST(FlowTest, ANumberThatWasNeverSentIsNotDelivered) {
  Flow flow(80, 40);
  Send(flow, 1);
  EXPECT_FALSE(flow.OnArrival(1));
  EXPECT_EQ(flow.counts().delivered, 0u);
  EXPECT_EQ(flow.counts().duplicates, 1u);
}

TEST(FlowTest, ASilentFlowSendsAgainAndStillOwesWhatWasLost) {
  Flow flow(80, 40);
  Send(flow, 2);
  ASSERT_EQ(flow.Burst(), 0u);
  flow.OnSilenceCheck();
  EXPECT_EQ(flow.Burst(), 1u);
  EXPECT_EQ(flow.counts().sent - flow.counts().delivered, 2u);
}

TEST(FlowTest, WhatWasGivenUpAndComesAfterAllIsDelivered) {
  Flow flow(80, 40);
  Send(flow, 2);
  flow.OnSilenceCheck();
  EXPECT_TRUE(flow.OnArrival(0));
  EXPECT_TRUE(flow.OnArrival(1));
  EXPECT_EQ(flow.counts().delivered, 2u);
}

}  // namespace
}  // namespace culvert::bench
