#include "server/net/mailbox.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

namespace culvert::net {
namespace {

TEST(MailboxTest, LettersOfEachThreadAreReadInOrderOnTheLoopsThread) {
  constexpr int kSenders = 3;
  constexpr int kLetters = 2000;
  Loop loop;
  Mailbox mailbox(loop);
  std::vector<int> next(kSenders, 0);
  int read = 0;
  bool in_order = true;
  const std::thread::id own = std::this_thread::get_id();
  std::vector<std::thread> senders;
  for (int sender = 0; sender < kSenders; ++sender) {
    senders.emplace_back([&, sender] {
      for (int i = 0; i < kLetters; ++i) {
        mailbox.Post([&, sender, i] {
          in_order = in_order && next[static_cast<size_t>(sender)]++ == i &&
                     std::this_thread::get_id() == own;
          if (++read == kSenders * kLetters) loop.Stop();
        });
      }
    });
  }
  loop.Run(nullptr);
  for (std::thread& sender : senders) sender.join();
  EXPECT_TRUE(in_order);
  EXPECT_EQ(read, kSenders * kLetters);
}

TEST(MailboxTest, ALetterMayPostTheNext) {
  Loop loop;
  Mailbox mailbox(loop);
  int read = 0;
  std::function<void()> letter = [&] {
    if (++read == 100) return loop.Stop();
    mailbox.Post(letter);
  };
  mailbox.Post(letter);
  loop.Run(nullptr);
  EXPECT_EQ(read, 100);
}

TEST(MailboxTest, ALetterPostedBeforeTheLoopRunsIsRead) {
  Loop loop;
  Mailbox mailbox(loop);
  bool read = false;
  mailbox.Post([&] {
    read = true;
    loop.Stop();
  });
  EXPECT_FALSE(read);
  loop.Run(nullptr);
  EXPECT_TRUE(read);
}

TEST(MailboxTest, LettersThatNobodyReadAreDestroyed) {
  const auto content = std::make_shared<int>(1);
  {
    Loop loop;
    Mailbox mailbox(loop);
    mailbox.Post([content] { FAIL() << "read without a loop"; });
    EXPECT_EQ(content.use_count(), 2);
  }
  EXPECT_EQ(content.use_count(), 1);
}

}  // namespace
}  // namespace culvert::net
