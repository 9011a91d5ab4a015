#include "server/relay/media_queue.h"

#include <gtest/gtest.h>

#include <string>

namespace culvert::relay {
namespace {

constexpr Instant kStart{seconds(1000)};
constexpr Duration kMaxAge = milliseconds(500);

class MediaQueueTest : public ::testing::Test {
 protected:
  void Push(std::string_view text, bool reply = false, Instant now = kStart, size_t limit = 1000) {
    queue_.Push({{}, AsBytes(text)}, reply, now, limit, &dropped_);
  }
  std::string Pop(size_t most = 1000, Instant now = kStart) {
    const auto bytes = queue_.Pop(most, now, kMaxAge, &dropped_);
    return {bytes.begin(), bytes.end()};
  }

  MediaQueue queue_;
  MediaQueue::Dropped dropped_;
};

TEST_F(MediaQueueTest, AFrameIsHeadBodyAndPadding) {
  queue_.Push({AsBytes("head"), AsBytes("body!"), 3}, false, kStart, 100, &dropped_);
  EXPECT_EQ(queue_.bytes(), 12u);
  EXPECT_EQ(Pop(), std::string("headbody!\0\0\0", 12));
  EXPECT_TRUE(queue_.empty());
  EXPECT_EQ(queue_.bytes(), 0u);
}

TEST_F(MediaQueueTest, TheOldestDatagramsGoFirst) {
  for (const char* text : {"aaaa", "bbbb", "cccc", "dddd"}) Push(text, false, kStart, 10);
  EXPECT_EQ(dropped_.full, 2u);
  EXPECT_EQ(dropped_.aged, 0u);
  EXPECT_EQ(Pop(), "ccccdddd");
}

TEST_F(MediaQueueTest, RepliesStayAndDoNotCountAsMedia) {
  Push("REPLY-ONE", true, kStart, 8);
  for (const char* text : {"aaaa", "bbbb", "cccc"}) Push(text, false, kStart, 8);
  Push("REPLY-TWO", true, kStart, 8);
  EXPECT_EQ(dropped_.full, 1u);
  EXPECT_EQ(queue_.reply_bytes(), 18u);
  EXPECT_EQ(queue_.bytes(), 26u);
  EXPECT_EQ(Pop(), "REPLY-ONEbbbbccccREPLY-TWO");
  EXPECT_EQ(queue_.reply_bytes(), 0u);
}

TEST_F(MediaQueueTest, ADatagramBeyondTheWholeLimitIsNotKept) {
  Push("aaaa", false, kStart, 3);
  EXPECT_TRUE(queue_.empty());
  EXPECT_EQ(dropped_.full, 1u);
}

TEST_F(MediaQueueTest, WhatIsTooOldIsLeftOutRepliesExcepted) {
  Push("old", false, kStart);
  Push("REPLY", true, kStart);
  Push("just", false, kStart + Duration(1));
  Push("new", false, kStart + milliseconds(400));
  EXPECT_EQ(Pop(1000, kStart + kMaxAge + Duration(1)), "REPLYjustnew");
  EXPECT_EQ(dropped_.aged, 1u);
  EXPECT_EQ(dropped_.full, 0u);
}

TEST_F(MediaQueueTest, WholeMessagesUpToTheLimitAndAtLeastOne) {
  for (const char* text : {"aaaa", "bbbb", "cccccccccc"}) Push(text);
  EXPECT_EQ(Pop(9), "aaaabbbb");
  EXPECT_EQ(Pop(9), "cccccccccc");
  EXPECT_EQ(Pop(9), "");
}

TEST_F(MediaQueueTest, AQueueOfOldMediaEmptiesToNothing) {
  for (int i = 0; i < 100; ++i) Push("aaaa");
  EXPECT_EQ(Pop(1, kStart + seconds(1)), "");
  EXPECT_TRUE(queue_.empty());
  EXPECT_EQ(dropped_.aged, 100u);
}

}  // namespace
}  // namespace culvert::relay
