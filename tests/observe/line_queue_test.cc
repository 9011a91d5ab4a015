// The way of log lines to the thread that writes them, against a plain deque and between threads.
#include "server/observe/line_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace culvert::observe {
namespace {

QueuedLine Line(std::string text) {
  return {{}, Level::kInfo, std::move(text)};
}

std::vector<std::string> Texts(const std::deque<QueuedLine>& lines) {
  std::vector<std::string> texts;
  for (const QueuedLine& line : lines) texts.push_back(line.text);
  return texts;
}

using Strings = std::vector<std::string>;

TEST(LineQueueTest, AFullQueueGivesUpItsOldestLines) {
  LineQueue queue(3);
  for (const char* text : {"a", "b", "c", "d", "e"}) queue.Push(Line(text));
  EXPECT_EQ(queue.lost(), 2u);
  EXPECT_EQ(Texts(queue.Take()), (Strings{"c", "d", "e"}));
}

TEST(LineQueueTest, AClosedQueueGivesWhatIsThereAndThenNothing) {
  LineQueue queue(3);
  queue.Push(Line("last"));
  queue.Close();
  EXPECT_EQ(Texts(queue.Take()), (Strings{"last"}));
  EXPECT_TRUE(queue.Take().empty());
  EXPECT_TRUE(queue.Take().empty());
}

// Each round ends with Close, so that nothing is waited for.
TEST(LineQueueTest, RandomOperationsAgreeWithADeque) {
  constexpr uint32_t kSeed = 20260714;
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  uint64_t all_lost = 0;
  for (int round = 0; round < 500; ++round) {
    SCOPED_TRACE(round);
    const size_t capacity = 1 + random() % 20;
    LineQueue queue(capacity);
    std::deque<std::string> twin;
    uint64_t lost = 0;
    for (uint32_t i = random() % 40; i > 0; --i) {
      const std::string text = std::to_string(random());
      queue.Push(Line(text));
      if (twin.size() == capacity) {
        twin.pop_front();
        ++lost;
      }
      twin.push_back(text);
      ASSERT_EQ(queue.lost(), lost);
    }
    queue.Close();
    ASSERT_EQ(Texts(queue.Take()), Strings(twin.begin(), twin.end()));
    ASSERT_TRUE(queue.Take().empty());
    all_lost += lost;
  }
  EXPECT_GT(all_lost, 1000u);
}

TEST(LineQueueTest, LinesPushedBetweenTwoTakesComeInOneBatchOrTheNext) {
  LineQueue queue(100);
  std::deque<std::string> twin;
  std::mt19937 random(20260715);
  for (int batch = 0; batch < 5; ++batch) {
    for (uint32_t i = 1 + random() % 10; i > 0; --i) {
      twin.push_back(std::to_string(random()));
      queue.Push(Line(twin.back()));
    }
    ASSERT_EQ(Texts(queue.Take()), Strings(twin.begin(), twin.end()));
    twin.clear();
  }
  EXPECT_EQ(queue.lost(), 0u);
}

// Below its capacity nothing is lost, and what one thread pushed stays in its order.
TEST(LineQueueTest, ManyThreadsLoseNothingAndKeepTheirOrder) {
  constexpr size_t kThreads = 6;
  constexpr size_t kLines = 2000;
  LineQueue queue(kThreads * kLines);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&queue, t] {
      for (size_t i = 0; i < kLines; ++i) {
        queue.Push(Line(std::to_string(t) + " " + std::to_string(i)));
      }
    });
  }
  std::vector<size_t> next(kThreads, 0);
  size_t batches = 0;
  for (size_t taken = 0; taken < kThreads * kLines; ++batches) {
    const std::deque<QueuedLine> batch = queue.Take();
    ASSERT_FALSE(batch.empty());
    taken += batch.size();
    for (const QueuedLine& line : batch) {
      const size_t thread = static_cast<size_t>(line.text[0] - '0');
      ASSERT_EQ(line.text.substr(2), std::to_string(next[thread]++)) << "thread " << thread;
    }
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(next, std::vector<size_t>(kThreads, kLines));
  EXPECT_EQ(queue.lost(), 0u);
  queue.Close();
  EXPECT_TRUE(queue.Take().empty());
}

// A full queue under several threads: what is lost and what is taken make up what was pushed, and
// nothing comes twice or out of order.
TEST(LineQueueTest, ManyThreadsAndAFullQueueAccountForEveryLine) {
  constexpr size_t kThreads = 4;
  constexpr size_t kLines = 3000;
  LineQueue queue(50);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&queue, t] {
      for (size_t i = 0; i < kLines; ++i) {
        queue.Push(Line(std::to_string(t) + " " + std::to_string(i)));
      }
    });
  }
  std::vector<std::string> got;
  std::thread reader([&queue, &got] {
    for (;;) {
      const Strings batch = Texts(queue.Take());
      if (batch.empty()) return;
      got.insert(got.end(), batch.begin(), batch.end());
    }
  });
  for (std::thread& thread : threads) thread.join();
  queue.Close();
  reader.join();
  EXPECT_EQ(got.size() + queue.lost(), kThreads * kLines);
  std::vector<long> last(kThreads, -1);
  for (const std::string& text : got) {
    const size_t thread = static_cast<size_t>(text[0] - '0');
    const long number = std::stol(text.substr(2));
    ASSERT_GT(number, last[thread]);
    last[thread] = number;
  }
}

}  // namespace
}  // namespace culvert::observe
