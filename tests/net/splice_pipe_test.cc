// Bytes that go from socket to socket inside the kernel, over real TCP connections on loopback.
#include "server/net/splice_pipe.h"

#include <dirent.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <csignal>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/net/socket.h"

namespace culvert::net {
namespace {

// Two ends of one TCP connection, neither of which blocks.
struct Connection {
  Fd near;
  Fd far;
};

Connection Connect(Syscalls& sys) {
  Fd listener = std::move(OpenTcpListener(sys, Endpoint(IpAddress::V4(127, 0, 0, 1), 0)).value());
  Connection made;
  made.near = std::move(OpenPeerConnection(sys, Endpoint(IpAddress::V4(127, 0, 0, 1), 0),
                                           LocalEndpoint(listener.get()))
                            .value());
  pollfd waiting = {listener.get(), POLLIN, 0};
  EXPECT_EQ(poll(&waiting, 1, 5000), 1);
  made.far = Fd(static_cast<int>(sys.Accept(listener.get(), nullptr, nullptr).value));
  return made;
}

size_t OpenDescriptors() {
  DIR* const folder = opendir("/proc/self/fd");
  size_t count = 0;
  while (readdir(folder) != nullptr) ++count;
  closedir(folder);
  return count;
}

class SplicePipeTest : public ::testing::Test {
 protected:
  SplicePipeTest() {
    // As the process does: a broken connection is an error, not the end.
    std::signal(SIGPIPE, SIG_IGN);
  }

  static void Await(const Fd& fd, short events) {
    pollfd waiting = {fd.get(), events, 0};
    ASSERT_EQ(poll(&waiting, 1, 5000), 1);
  }
  void Say(const Fd& fd, std::string_view bytes) {
    ASSERT_EQ(sys_.Send(fd.get(), bytes.data(), bytes.size()).value,
              static_cast<int64_t>(bytes.size()));
  }
  // What is there now.
  std::string Hear(const Fd& fd) {
    std::string all;
    char buffer[65536];
    for (SysResult got{}; (got = sys_.Receive(fd.get(), buffer, sizeof buffer)).value > 0;) {
      all.append(buffer, static_cast<size_t>(got.value));
    }
    return all;
  }

  Syscalls& sys_ = Syscalls::Kernel();
  Connection source_ = Connect(sys_);
  Connection target_ = Connect(sys_);
  std::unique_ptr<SplicePipe> pipe_ = SplicePipe::Open(sys_);
};

std::string Numbered(size_t size) {
  std::string bytes;
  for (uint32_t i = 0; bytes.size() < size; ++i) bytes += std::to_string(i) + ' ';
  bytes.resize(size);
  return bytes;
}

TEST_F(SplicePipeTest, BytesPassUnchanged) {
  const std::string sent = Numbered(5000);
  Say(source_.far, sent);
  Await(source_.near, POLLIN);
  EXPECT_EQ(pipe_->Fill(source_.near.get()).value, 5000);
  EXPECT_EQ(pipe_->inside(), 5000u);
  EXPECT_EQ(pipe_->Drain(target_.near.get()).value, 5000);
  EXPECT_EQ(pipe_->inside(), 0u);
  Await(target_.far, POLLIN);
  EXPECT_EQ(Hear(target_.far), sent);
}

TEST_F(SplicePipeTest, NothingToTakeIsNoEnd) {
  EXPECT_TRUE(pipe_->Fill(source_.near.get()).would_block());
  EXPECT_EQ(pipe_->inside(), 0u);
}

// Megabytes through a receiver that reads late and little: what it does not take stays inside, and
// not a byte is lost, doubled or out of place.
TEST_F(SplicePipeTest, AFullReceiverLeavesTheRestInside) {
  const int small = 32 * 1024;
  ASSERT_EQ(setsockopt(target_.near.get(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
  TuneStream(target_.near.get(), seconds(60));
  const std::string all = Numbered(2 * 1024 * 1024);
  std::string_view unsent = all;
  std::string heard;
  int full = 0;
  while (heard.size() < all.size()) {
    if (const SysResult sent = sys_.Send(source_.far.get(), unsent.data(), unsent.size());
        sent.value > 0) {
      unsent.remove_prefix(static_cast<size_t>(sent.value));
    }
    if (pipe_->inside() == 0 && !unsent.empty()) Await(source_.near, POLLIN);
    if (pipe_->inside() == 0) pipe_->Fill(source_.near.get());
    const size_t before = pipe_->inside();
    const SysResult taken = pipe_->Drain(target_.near.get());
    ASSERT_TRUE(taken.ok() || taken.would_block());
    ASSERT_EQ(pipe_->inside(), before - static_cast<size_t>(taken.ok() ? taken.value : 0));
    // The receiver reads only when it has to.
    if (pipe_->inside() == 0 && !unsent.empty()) continue;
    if (pipe_->inside() > 0) ++full;
    pollfd either[] = {{target_.far.get(), POLLIN, 0}, {target_.near.get(), POLLOUT, 0}};
    ASSERT_GT(poll(either, pipe_->inside() > 0 ? 2 : 1, 5000), 0);
    heard += Hear(target_.far);
    ASSERT_EQ(heard.compare(0, heard.size(), all, 0, heard.size()), 0);
  }
  EXPECT_TRUE(heard == all);
  EXPECT_GT(full, 0) << "the receiver was never full";
}

TEST_F(SplicePipeTest, FinIsZeroBehindTheLastByte) {
  Say(source_.far, "last words");
  shutdown(source_.far.get(), SHUT_WR);
  Await(source_.near, POLLIN);
  EXPECT_EQ(pipe_->Fill(source_.near.get()).value, 10);
  EXPECT_EQ(pipe_->Drain(target_.near.get()).value, 10);
  Await(source_.near, POLLIN);
  const SysResult end = pipe_->Fill(source_.near.get());
  EXPECT_TRUE(end.ok());
  EXPECT_EQ(end.value, 0);
  EXPECT_EQ(pipe_->inside(), 0u);
}

TEST_F(SplicePipeTest, AResetIsAnError) {
  ResetOnClose(source_.far.get());
  source_.far.Close();
  Await(source_.near, POLLIN);
  const SysResult got = pipe_->Fill(source_.near.get());
  EXPECT_FALSE(got.ok());
  EXPECT_EQ(got.error, ECONNRESET);
}

TEST_F(SplicePipeTest, ATargetThatIsGoneIsAnErrorAndTheRestStaysInside) {
  ResetOnClose(target_.far.get());
  target_.far.Close();
  Await(target_.near, POLLIN);
  Say(source_.far, "into the void");
  Await(source_.near, POLLIN);
  ASSERT_EQ(pipe_->Fill(source_.near.get()).value, 13);
  const SysResult sent = pipe_->Drain(target_.near.get());
  EXPECT_FALSE(sent.ok());
  EXPECT_FALSE(sent.would_block());
  EXPECT_EQ(pipe_->inside(), 13u);
}

TEST_F(SplicePipeTest, ThePoolGivesTheSameEmptyPipeAgain) {
  SplicePipePool pool(sys_);
  auto first = pool.Take();
  ASSERT_NE(first, nullptr);
  const SplicePipe* const remembered = first.get();
  pool.GiveBack(std::move(first));
  const size_t open = OpenDescriptors();
  auto again = pool.Take();
  EXPECT_EQ(again.get(), remembered);
  EXPECT_EQ(OpenDescriptors(), open);
}

// The next user's bytes would stand behind those of the last.
TEST_F(SplicePipeTest, ThePoolClosesAPipeWithSomethingInside) {
  SplicePipePool pool(sys_);
  const size_t open = OpenDescriptors();
  auto pipe = pool.Take();
  EXPECT_EQ(OpenDescriptors(), open + 2);
  Say(source_.far, "secret");
  Await(source_.near, POLLIN);
  ASSERT_EQ(pipe->Fill(source_.near.get()).value, 6);
  pool.GiveBack(std::move(pipe));
  EXPECT_EQ(OpenDescriptors(), open);
  EXPECT_EQ(pool.Take()->inside(), 0u);
}

TEST_F(SplicePipeTest, ThePoolKeepsAFew) {
  SplicePipePool pool(sys_);
  const size_t open = OpenDescriptors();
  std::vector<std::unique_ptr<SplicePipe>> pipes;
  for (int i = 0; i < 10; ++i) pipes.push_back(pool.Take());
  EXPECT_EQ(OpenDescriptors(), open + 20);
  for (auto& pipe : pipes) pool.GiveBack(std::move(pipe));
  EXPECT_EQ(OpenDescriptors(), open + 8);
}

}  // namespace
}  // namespace culvert::net
