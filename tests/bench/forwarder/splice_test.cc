#include "tests/bench/forwarder/splice.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

namespace culvert::bench {
namespace {

class SpliceTest : public ::testing::Test {
 protected:
  // Of each pair the first end is the test's.
  static void Join(net::Fd (&pair)[2]) {
    int ends[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    pair[0] = net::Fd(ends[0]);
    pair[1] = net::Fd(ends[1]);
  }

  void SetUp() override {
    Join(source_);
    Join(sink_);
  }

  std::string Arrived() {
    char buffer[64];
    const ssize_t size = read(sink_[0].get(), buffer, sizeof buffer);
    return size < 0 ? "" : std::string(buffer, static_cast<size_t>(size));
  }

  net::Fd source_[2];
  net::Fd sink_[2];
};

TEST_F(SpliceTest, WhatComesGoesThrough) {
  Splice splice(source_[1].get(), sink_[1].get());
  ASSERT_EQ(write(source_[0].get(), "bytes", 5), 5);
  splice.Move();
  EXPECT_EQ(Arrived(), "bytes");
  EXPECT_EQ(splice.held(), 0u);
  EXPECT_FALSE(splice.ended());
}

TEST_F(SpliceTest, NothingToMoveIsNoEnd) {
  Splice splice(source_[1].get(), sink_[1].get());
  splice.Move();
  EXPECT_FALSE(splice.ended());
}

TEST_F(SpliceTest, WhatFindsNoRoomIsHeldAndGoesLater) {
  Splice splice(source_[1].get(), sink_[1].get());
  const std::string filler(1 << 16, 'x');
  while (write(sink_[1].get(), filler.data(), filler.size()) > 0) continue;
  ASSERT_EQ(write(source_[0].get(), "late", 4), 4);
  splice.Move();
  EXPECT_EQ(splice.held(), 4u);
  std::string all;
  for (std::string some = Arrived(); !some.empty(); some = Arrived()) all += some;
  splice.Move();
  EXPECT_EQ(splice.held(), 0u);
  EXPECT_EQ(Arrived(), "late");
}

TEST_F(SpliceTest, TheEndOfTheSourceIsTheEnd) {
  Splice splice(source_[1].get(), sink_[1].get());
  source_[0].Close();
  splice.Move();
  EXPECT_TRUE(splice.ended());
}

}  // namespace
}  // namespace culvert::bench
