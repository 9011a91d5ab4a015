// Data connections that another worker accepted (TC-39): the kernel spreads them over the workers'
// listeners, and each finds its way to the allocation, with the bytes behind its ConnectionBind.

#include "tests/scenario/peers.h"
#include "tests/scenario/raw_messages.h"
#include "tests/scenario/relay_fixture.h"

namespace culvert::testing {
namespace {

class HandoffTest : public StreamRelay {
 protected:
  uint64_t Handoffs() {
    return Count([](const observe::WorkerCounters& w) { return w.handoffs.value(); });
  }
};

// TC-39, TC-41, TC-40
TEST_P(HandoffTest, AHundredBindsWithPayloadFindTheirWorker) {
  constexpr size_t kBinds = 120;
  StartRelay();
  auto control = Client(transport());
  ASSERT_TRUE(control.ok()) << control.error().ToString();
  ASSERT_TRUE(control->Allocate({.transport = stun::kTransportTcp}).ok());
  for (size_t i = 0; i < kBinds; ++i) {
    PeerListener listener;
    const auto id = control->ConnectToPeer(listener.address());
    ASSERT_TRUE(id.ok()) << id.error().ToString();
    auto peer = listener.Accept();
    ASSERT_TRUE(peer.ok()) << peer.error().ToString();
    const auto up = Pattern(2000 + i, i);
    const auto down = Pattern(3000 + i, 1000 + i);
    ASSERT_TRUE(peer->Send(down, kPatience).ok());
    auto data = ClientConnection::Open(SettingsFor(transport()));
    ASSERT_TRUE(data.ok()) << data.error().ToString();
    ASSERT_TRUE(data->Send(Joined(BindRequest(control->credentials(), *id), up), kPatience).ok());
    ASSERT_EQ(ReadAnswer(*data).code, 0) << i;
    ASSERT_EQ(Difference(*peer, up), "") << i;
    ASSERT_EQ(Difference(*data, down), "") << i;
  }
  EXPECT_EQ(Count([](const observe::WorkerCounters& w) { return w.connection_binds.value(); }),
            kBinds);
  // Two of three workers are not the allocation's.
  EXPECT_GT(Handoffs(), kBinds / 4);
  // Each counts once, where it was accepted.
  const auto row = over_tls() ? turn::Transport::kTls : turn::Transport::kTcp;
  EXPECT_EQ(Count([row](const observe::WorkerCounters& w) {
              return w.connections_accepted[row].value();
            }),
            1 + kBinds);
}

// TC-39, TC-34: the 401 comes from the worker that owns the connection, and the retry, too.
TEST_P(HandoffTest, ARefusedBindIsHandedOverOnceAndRetriedThere) {
  StartRelay();
  auto control = Client(transport());
  ASSERT_TRUE(control.ok()) << control.error().ToString();
  ASSERT_TRUE(control->Allocate({.transport = stun::kTransportTcp}).ok());
  for (int i = 0; i < 12; ++i) {
    PeerListener listener;
    const auto id = control->ConnectToPeer(listener.address());
    ASSERT_TRUE(id.ok()) << id.error().ToString();
    auto peer = listener.Accept();
    ASSERT_TRUE(peer.ok()) << peer.error().ToString();
    auto data = ClientConnection::Open(SettingsFor(transport()));
    ASSERT_TRUE(data.ok()) << data.error().ToString();
    ASSERT_TRUE(data->Send(UnsignedBind(*id), kPatience).ok());
    const RawAnswer refused = ReadAnswer(*data);
    ASSERT_EQ(refused.code, 401);
    ClientCredentials credentials = control->credentials();
    credentials.nonce = refused.nonce;
    ASSERT_TRUE(SendInSingleBytes(*data, BindRequest(credentials, *id)));
    ASSERT_EQ(ReadAnswer(*data).code, 0);
    ASSERT_TRUE(peer->Send(AsBytes("hello"), kPatience).ok());
    ASSERT_EQ(Difference(*data, AsBytes("hello")), "");
  }
  EXPECT_GT(Handoffs(), 0u);
  EXPECT_LE(Handoffs(), 12u);
}

INSTANTIATE_TEST_SUITE_P(Streams, HandoffTest,
                         ::testing::Values(ClientTransport::kTcp, ClientTransport::kTls),
                         TransportTestName);

}  // namespace
}  // namespace culvert::testing
