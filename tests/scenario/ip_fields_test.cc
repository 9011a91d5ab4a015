// IP header fields of relayed datagrams (RFC 8656 sections 14 and 15, IP-01 and IP-02): the same
// for all, whatever the client's own packets carry.

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>

#include "server/net/socket.h"
#include "tests/scenario/peers.h"
#include "tests/scenario/relay_fixture.h"

namespace culvert::testing {
namespace {

// Expedited forwarding, ECT(0).
constexpr int kMarked = 0xb8 | 0x02;

int OptionOf(int fd, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  EXPECT_EQ(getsockopt(fd, IPPROTO_IP, name, &value, &size), 0);
  return value;
}

void SetOption(int fd, int name, int value) {
  ASSERT_EQ(setsockopt(fd, IPPROTO_IP, name, &value, sizeof value), 0);
}

// The TOS byte of the next datagram, DSCP and ECN together; -1 when none is told.
int ReceiveTos(UdpPeer& peer) {
  std::array<uint8_t, 2048> data;
  alignas(cmsghdr) std::array<uint8_t, 128> control;
  iovec piece{data.data(), data.size()};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (!Eventually([&] { return recvmsg(peer.fd(), &message, 0) > 0; })) return -1;
  const cmsghdr* const tos = CMSG_FIRSTHDR(&message);
  if (tos == nullptr || tos->cmsg_level != IPPROTO_IP || tos->cmsg_type != IP_TOS) return -1;
  return *CMSG_DATA(tos);
}

// The relay runs in this process, so its socket at `relayed` is one of ours.
int SocketAt(const Endpoint& relayed) {
  for (int fd = 0; fd < 4096; ++fd) {
    int type = 0;
    socklen_t size = sizeof type;
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_DGRAM &&
        net::LocalEndpoint(fd) == relayed) {
      return fd;
    }
  }
  ADD_FAILURE() << "nobody has " << relayed.ToString();
  return -1;
}

class IpFieldsTest : public StreamRelay {
 protected:
  void Begin() {
    StartRelay();
    auto client = Client(transport());
    ASSERT_TRUE(client.ok()) << client.error().ToString();
    client_.emplace(std::move(*client));
    const auto allocated = client_->Allocate({});
    ASSERT_TRUE(allocated.ok()) << allocated.error().ToString();
    relayed_ = allocated->relayed;
    ASSERT_TRUE(client_->CreatePermission({&peer_.address(), 1}).ok());
    ASSERT_NO_FATAL_FAILURE(SetOption(peer_.fd(), IP_RECVTOS, 1));
  }

  UdpPeer peer_;
  std::optional<TurnClient> client_;
  Endpoint relayed_;
};

// IP-01, IP-02
TEST_P(IpFieldsTest, DscpIsTheDefaultAndEcnIsOffWhateverTheClientMarks) {
  ASSERT_NO_FATAL_FAILURE(Begin());
  ASSERT_NO_FATAL_FAILURE(SetOption(client_->connection().fd(), IP_TOS, kMarked));
  ASSERT_TRUE(client_->ChannelBind(0x4000, peer_.address()).ok());
  ASSERT_TRUE(client_->SendIndication(peer_.address(), AsBytes("by Send")).ok());
  EXPECT_EQ(ReceiveTos(peer_), 0);
  ASSERT_TRUE(client_->SendChannelData(0x4000, AsBytes("on a channel")).ok());
  EXPECT_EQ(ReceiveTos(peer_), 0);
  // The peer does see what a sender marks.
  UdpPeer other;
  ASSERT_NO_FATAL_FAILURE(SetOption(other.fd(), IP_TOS, kMarked));
  other.Send(peer_.address(), AsBytes("marked"));
  EXPECT_EQ(ReceiveTos(peer_), kMarked);
}

// IP-01, IP-02: routers may fragment, and the kernel does so itself, also where a client sets DF.
TEST_P(IpFieldsTest, DontFragmentIsOffUnlessASendAsksForIt) {
  ASSERT_NO_FATAL_FAILURE(Begin());
  ASSERT_NO_FATAL_FAILURE(SetOption(client_->connection().fd(), IP_MTU_DISCOVER, IP_PMTUDISC_DO));
  const int relay = SocketAt(relayed_);
  ASSERT_GE(relay, 0);
  EXPECT_EQ(OptionOf(relay, IP_MTU_DISCOVER), IP_PMTUDISC_DONT);
  EXPECT_EQ(OptionOf(relay, IP_TOS), 0);
  std::vector<uint8_t> buffer(2000);
  stun::Builder builder(buffer, stun::Class::kIndication, stun::Method::kSend, {});
  builder.AddXorAddress(stun::AttributeType::kXorPeerAddress, peer_.address());
  builder.AddEmpty(stun::AttributeType::kDontFragment);
  builder.Add(stun::AttributeType::kData, AsBytes("whole or not at all"));
  ASSERT_TRUE(client_->connection().Send(builder.Finish(), kPatience).ok());
  EXPECT_EQ(peer_.Receive(kPatience).text(), "whole or not at all");
  EXPECT_TRUE(Eventually([&] { return OptionOf(relay, IP_MTU_DISCOVER) == IP_PMTUDISC_DONT; }));
}

INSTANTIATE_TEST_SUITE_P(Transports, IpFieldsTest,
                         ::testing::Values(ClientTransport::kUdp, ClientTransport::kTcp,
                                           ClientTransport::kTls),
                         TransportTestName);

}  // namespace
}  // namespace culvert::testing
