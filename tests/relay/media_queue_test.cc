#include "server/relay/media_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>
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

// The same rules over plain strings, counting everything anew each time.
class Twin {
 public:
  void Push(const std::string& text, bool reply, Instant now, size_t limit) {
    items_.push_back({text, reply, now});
    while (Bytes(false) > limit) {
      for (size_t i = 0; i < items_.size(); ++i) {
        if (items_[i].reply) continue;
        items_.erase(items_.begin() + static_cast<ptrdiff_t>(i));
        ++full;
        break;
      }
    }
  }
  std::string Pop(size_t most, Instant now, Duration max_age) {
    std::string all;
    while (!items_.empty()) {
      const Item& first = items_.front();
      const bool old = !first.reply && first.queued + max_age < now;
      if (!old && !all.empty() && all.size() + first.text.size() > most) break;
      if (old) {
        ++aged;
      } else {
        all += first.text;
      }
      items_.pop_front();
    }
    return all;
  }
  size_t Bytes(bool replies) const {
    size_t bytes = 0;
    for (const Item& item : items_) bytes += item.reply == replies ? item.text.size() : 0;
    return bytes;
  }
  bool empty() const { return items_.empty(); }

  uint64_t full = 0;
  uint64_t aged = 0;

 private:
  struct Item {
    std::string text;
    bool reply;
    Instant queued;
  };
  std::deque<Item> items_;
};

TEST_F(MediaQueueTest, RandomOperationsAgreeWithTheTwin) {
  constexpr uint32_t kSeed = 20260709;
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  const auto pick = [&random](uint32_t count) { return static_cast<uint32_t>(random() % count); };
  Twin twin;
  Instant now = kStart;
  uint64_t replies = 0;
  uint64_t popped_replies = 0;
  for (int step = 0; step < 10000; ++step) {
    SCOPED_TRACE(step);
    if (pick(3) > 0) {
      const bool reply = pick(6) == 0;
      // Every text is of one letter and its own length; only replies have capitals.
      const std::string text(pick(40), static_cast<char>((reply ? 'A' : 'a') + pick(26)));
      const size_t limit = pick(10) == 0 ? 30 : 200;
      if (reply) replies += text.size();
      Push(text, reply, now, limit);
      twin.Push(text, reply, now, limit);
    } else {
      const size_t most = pick(100);
      const std::string popped = Pop(most, now);
      ASSERT_EQ(popped, twin.Pop(most, now, kMaxAge));
      popped_replies += static_cast<uint64_t>(
          std::count_if(popped.begin(), popped.end(), [](char c) { return c <= 'Z'; }));
    }
    now += milliseconds(pick(150));
    ASSERT_EQ(queue_.empty(), twin.empty());
    ASSERT_EQ(queue_.reply_bytes(), twin.Bytes(true));
    ASSERT_EQ(queue_.bytes(), twin.Bytes(true) + twin.Bytes(false));
    ASSERT_EQ(dropped_.full, twin.full);
    ASSERT_EQ(dropped_.aged, twin.aged);
  }
  // Both ways of dropping were taken, and no reply was lost.
  EXPECT_GT(dropped_.full, 100u);
  EXPECT_GT(dropped_.aged, 100u);
  EXPECT_EQ(popped_replies + queue_.reply_bytes(), replies);
}

}  // namespace
}  // namespace culvert::relay
