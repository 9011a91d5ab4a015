// TCP urgent data through a relayed stream (TC-54): the byte that is urgent is not passed on, all
// others are, in their order.

#include <sys/socket.h>

#include "tests/scenario/peers.h"
#include "tests/scenario/relay_fixture.h"

namespace culvert::testing {
namespace {

class UrgentDataTest : public StreamRelay {
 protected:
  void OpenPipe() {
    StartRelay();
    auto control = Client(transport());
    ASSERT_TRUE(control.ok()) << control.error().ToString();
    control_.emplace(std::move(*control));
    ASSERT_TRUE(control_->Allocate({.transport = stun::kTransportTcp}).ok());
    auto path = OpenPath(*control_, listener_);
    ASSERT_TRUE(path.ok()) << path.error().ToString();
    path_.emplace(std::move(*path));
  }

  // `from` has no TLS.
  static void ExpectStreamWithoutUrgentByte(ClientConnection& from, ClientConnection& to) {
    const auto before = Pattern(5000, 1);
    const auto behind = Pattern(5000, 2);
    ASSERT_TRUE(from.Send(before, kPatience).ok());
    ASSERT_EQ(send(from.fd(), "!", 1, MSG_OOB), 1);
    ASSERT_TRUE(from.Send(behind, kPatience).ok());
    EXPECT_EQ(Difference(to, before), "");
    EXPECT_EQ(Difference(to, behind), "");
  }

  PeerListener listener_;
  std::optional<TurnClient> control_;
  std::optional<Path> path_;
};

// TC-54
TEST_P(UrgentDataTest, ThePeersUrgentByteIsLostAndTheRestArrives) {
  ASSERT_NO_FATAL_FAILURE(OpenPipe());
  ASSERT_NO_FATAL_FAILURE(ExpectStreamWithoutUrgentByte(path_->peer, path_->client));
  // The other way and the end are as ever.
  ASSERT_TRUE(path_->client.Send(AsBytes("heard"), kPatience).ok());
  EXPECT_EQ(Difference(path_->peer, AsBytes("heard")), "");
  path_->peer.EndSending();
  const StreamRest rest = ReadToEnd(path_->client);
  EXPECT_EQ(rest.bytes.size(), 0u);
  EXPECT_EQ(rest.end, ClientFailure::kClosed);
}

// TC-54: also below TLS, which is not disturbed by a byte that nobody reads.
TEST_P(UrgentDataTest, AClientsUrgentByteIsLostAndTheRestArrives) {
  ASSERT_NO_FATAL_FAILURE(OpenPipe());
  if (over_tls()) {
    ASSERT_EQ(send(path_->client.fd(), "!", 1, MSG_OOB), 1);
    ASSERT_TRUE(path_->client.Send(AsBytes("sealed"), kPatience).ok());
    EXPECT_EQ(Difference(path_->peer, AsBytes("sealed")), "");
    return;
  }
  ExpectStreamWithoutUrgentByte(path_->client, path_->peer);
}

INSTANTIATE_TEST_SUITE_P(Streams, UrgentDataTest,
                         ::testing::Values(ClientTransport::kTcp, ClientTransport::kTls),
                         TransportTestName);

}  // namespace
}  // namespace culvert::testing
