// What a listener's options mean for the connections that it accepts.
#include "server/net/socket.h"

#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

namespace culvert::net {
namespace {

class AcceptedSocketTest : public ::testing::Test {
 protected:
  // Connects to the listener and accepts.
  Fd Accepted() {
    client_ = Fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_storage storage;
    socklen_t size = LocalEndpoint(listener_.get()).ToSockaddr(&storage);
    EXPECT_EQ(connect(client_.get(), reinterpret_cast<sockaddr*>(&storage), size), 0);
    pollfd waiting = {listener_.get(), POLLIN, 0};
    EXPECT_EQ(poll(&waiting, 1, 5000), 1);
    size = sizeof storage;
    const SysResult accepted =
        sys_.Accept(listener_.get(), reinterpret_cast<sockaddr*>(&storage), &size);
    EXPECT_TRUE(accepted.ok());
    return Fd(static_cast<int>(accepted.value));
  }
  static int Option(const Fd& fd, int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    EXPECT_EQ(getsockopt(fd.get(), level, name, &value, &size), 0);
    return value;
  }

  Syscalls& sys_ = Syscalls::Kernel();
  Fd listener_ = std::move(OpenTcpListener(sys_, Endpoint(IpAddress::V4(127, 0, 0, 1), 0)).value());
  Fd client_;
};

// Workers set these once on a listener instead of on each connection.
TEST_F(AcceptedSocketTest, InheritsTheTuningOfItsListener) {
  TuneStream(listener_.get(), seconds(60));
  SetUnsentLimit(listener_.get(), 16384);
  const Fd accepted = Accepted();
  EXPECT_EQ(Option(accepted, IPPROTO_TCP, TCP_NODELAY), 1);
  EXPECT_EQ(Option(accepted, SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(Option(accepted, IPPROTO_TCP, TCP_KEEPIDLE), 30);
  EXPECT_EQ(Option(accepted, IPPROTO_TCP, TCP_KEEPINTVL), 7);
  EXPECT_EQ(Option(accepted, IPPROTO_TCP, TCP_KEEPCNT), 4);
  EXPECT_EQ(Option(accepted, IPPROTO_TCP, TCP_USER_TIMEOUT), 60000);
  EXPECT_EQ(Option(accepted, IPPROTO_TCP, TCP_NOTSENT_LOWAT), 16384);
}

TEST_F(AcceptedSocketTest, OfAnUntunedListenerHasNoneOfIt) {
  const Fd accepted = Accepted();
  EXPECT_EQ(Option(accepted, IPPROTO_TCP, TCP_NODELAY), 0);
  EXPECT_EQ(Option(accepted, SOL_SOCKET, SO_KEEPALIVE), 0);
  EXPECT_EQ(Option(accepted, IPPROTO_TCP, TCP_USER_TIMEOUT), 0);
  EXPECT_NE(Option(accepted, IPPROTO_TCP, TCP_NOTSENT_LOWAT), 16384);
}

// A data connection wants full buffers where its listener wanted short ones.
TEST_F(AcceptedSocketTest, TheUnsentLimitCanBeTakenBackFromOne) {
  SetUnsentLimit(listener_.get(), 16384);
  const Fd accepted = Accepted();
  SetUnsentLimit(accepted.get(), 0);
  EXPECT_NE(Option(accepted, IPPROTO_TCP, TCP_NOTSENT_LOWAT), 16384);
  EXPECT_EQ(Option(listener_, IPPROTO_TCP, TCP_NOTSENT_LOWAT), 16384);
}

// Neither the one that waits for clients nor one that it accepted may hold up a worker.
TEST_F(AcceptedSocketTest, NeverBlocks) {
  const Fd accepted = Accepted();
  char byte = 0;
  EXPECT_TRUE(sys_.Receive(accepted.get(), &byte, 1).would_block());
  EXPECT_TRUE(sys_.Accept(listener_.get(), nullptr, nullptr).would_block());
}

}  // namespace
}  // namespace culvert::net
