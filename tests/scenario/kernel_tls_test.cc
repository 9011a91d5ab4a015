// Data connections (RFC 6062) over TLS on a kernel that makes TLS records: when it is asked to, and
// that nothing is lost. The other scenarios of streams run over it, too (see BUILD).

#include "tests/scenario/peers.h"
#include "tests/scenario/relay_fixture.h"

namespace culvert::testing {
namespace {

class KernelTlsScenario : public RelayFixture {
 protected:
  // Streams whose records were left to the kernel.
  uint64_t KernelsStreams() {
    return Count([](const observe::WorkerCounters& w) { return w.kernel_tls_streams.value(); });
  }
  // An allocation for TCP with a data connection.
  void OpenPipe(ClientTransport transport, const Change& change = {}) {
    StartRelay(change);
    auto control = Client(transport);
    ASSERT_TRUE(control.ok()) << control.error().ToString();
    control_.emplace(std::move(*control));
    ASSERT_TRUE(control_->Allocate({.transport = stun::kTransportTcp}).ok());
    EXPECT_EQ(KernelsStreams(), 0u) << "a control connection";
    auto path = OpenPath(*control_, listener_);
    ASSERT_TRUE(path.ok()) << path.error().ToString();
    path_.emplace(std::move(*path));
  }
  // One way after the other, for the client's TLS is for one thread at a time.
  void ExpectWhole() {
    ExpectWhole(path_->client, path_->peer, Pattern(5'000'000, 1));
    ExpectWhole(path_->peer, path_->client, Pattern(5'000'000, 2));
  }
  static void ExpectWhole(ClientConnection& from, ClientConnection& to,
                          const std::vector<uint8_t>& bytes) {
    BackgroundSend sending(from, bytes);
    EXPECT_EQ(Difference(to, bytes), "");
    EXPECT_TRUE(sending.Finish());
  }

  PeerListener listener_;
  std::optional<TurnClient> control_;
  std::optional<Path> path_;
};

TEST_F(KernelTlsScenario, ADataConnectionOverTlsIsTheKernels) {
  ASSERT_NO_FATAL_FAILURE(OpenPipe(ClientTransport::kTls));
  EXPECT_TRUE(relay().kernel_tls());
  // The answer to the ConnectionBind goes before.
  EXPECT_TRUE(Eventually([this] { return KernelsStreams() == 1; }));
  ExpectWhole();
}

TEST_F(KernelTlsScenario, APlainOneIsNot) {
  ASSERT_NO_FATAL_FAILURE(OpenPipe(ClientTransport::kTcp));
  EXPECT_EQ(KernelsStreams(), 0u);
  ExpectWhole();
}

TEST_F(KernelTlsScenario, TheOperatorMayForbidIt) {
  ASSERT_NO_FATAL_FAILURE(OpenPipe(ClientTransport::kTls,
                                   [](config::Options& options) { options.kernel_tls = false; }));
  EXPECT_FALSE(relay().kernel_tls());
  EXPECT_EQ(KernelsStreams(), 0u);
  ExpectWhole();
}

TEST_F(KernelTlsScenario, MediaOnTheControlConnectionStaysWithOpenSsl) {
  StartRelay();
  auto client = Client(ClientTransport::kTls);
  ASSERT_TRUE(client.ok()) << client.error().ToString();
  ASSERT_TRUE(client->Allocate({}).ok());
  UdpPeer peer;
  ASSERT_TRUE(client->ChannelBind(0x4000, peer.address()).ok());
  ASSERT_TRUE(client->SendChannelData(0x4000, AsBytes("voice")).ok());
  EXPECT_EQ(peer.Receive(kPatience).text(), "voice");
  EXPECT_EQ(KernelsStreams(), 0u);
}

}  // namespace
}  // namespace culvert::testing
