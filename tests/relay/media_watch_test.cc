#include "server/relay/media_watch.h"

#include <gtest/gtest.h>

namespace culvert::relay {
namespace {

constexpr Instant kStart{seconds(1000)};

class MediaWatchTest : public testing::Test {
 protected:
  MediaWatchTest() { watch_.Look(0, now_); }
  // `datagrams` in `time`, and then a look.
  bool After(Duration time, uint64_t datagrams) {
    now_ += time;
    relayed_ += datagrams;
    watch_.Look(relayed_, now_);
    return watch_.relaying();
  }

  MediaWatch watch_;
  Instant now_ = kStart;
  uint64_t relayed_ = 0;
};

TEST_F(MediaWatchTest, NothingRelayedIsNoMedia) {
  EXPECT_FALSE(watch_.relaying());
  EXPECT_FALSE(After(milliseconds(100), 0));
}

TEST_F(MediaWatchTest, AStreamOfVoiceIsMediaAndOneDatagramLessThanTheRateIsNot) {
  EXPECT_FALSE(After(milliseconds(100), 3));
  EXPECT_TRUE(After(milliseconds(100), 4));
}

TEST_F(MediaWatchTest, ADatagramAfterALongPauseIsNoMedia) {
  EXPECT_FALSE(After(seconds(2), 1));
  EXPECT_TRUE(After(milliseconds(100), 5));
}

TEST_F(MediaWatchTest, APauseIsForgivenForTwoSeconds) {
  ASSERT_TRUE(After(milliseconds(100), 5));
  EXPECT_TRUE(After(seconds(2) - Duration(1), 0));
  EXPECT_FALSE(After(Duration(1), 0));
}

TEST_F(MediaWatchTest, IsDueAWindowAfterTheLastLook) {
  EXPECT_FALSE(watch_.Due(now_ + milliseconds(100) - Duration(1)));
  EXPECT_TRUE(watch_.Due(now_ + milliseconds(100)));
}

}  // namespace
}  // namespace culvert::relay
