// What the end of a TCP allocation means for its data connections and its relayed address (TC-47,
// TC-51, TC-52), and the end of the relay itself.

#include "tests/scenario/peers.h"
#include "tests/scenario/raw_messages.h"
#include "tests/scenario/relay_fixture.h"

namespace culvert::testing {
namespace {

class AllocationEndTest : public StreamRelay {
 protected:
  void OpenPipe() {
    StartRelay();
    auto control = Client(transport());
    ASSERT_TRUE(control.ok()) << control.error().ToString();
    control_.emplace(std::move(*control));
    const auto allocated = control_->Allocate({.transport = stun::kTransportTcp});
    ASSERT_TRUE(allocated.ok()) << allocated.error().ToString();
    relayed_ = allocated->relayed;
    auto path = OpenPath(*control_, listener_);
    ASSERT_TRUE(path.ok()) << path.error().ToString();
    path_.emplace(std::move(*path));
  }

  // Fills the way from the peer to the client, and the one back; nobody reads. What the relay took
  // from each.
  struct Taken {
    uint64_t from_peer;
    uint64_t from_client;
  };
  Taken RelayedSoFar() {
    const auto& row =
        transport() == ClientTransport::kTls ? turn::Transport::kTls : turn::Transport::kTcp;
    return {Count([row](const observe::WorkerCounters& w) {
              return w.tcp_relayed[row].peer_to_client.sent_bytes.value();
            }),
            Count([row](const observe::WorkerCounters& w) {
              return w.tcp_relayed[row].client_to_peer.sent_bytes.value();
            })};
  }

  bool RelayPortIsClosed() {
    return Eventually([this] {
      ConnectionSettings settings;
      settings.transport = ClientTransport::kTcp;
      settings.server = relayed_;
      const auto connected = ClientConnection::Open(settings);
      return !connected.ok() && connected.error().code == ECONNREFUSED;
    });
  }

  // The data connection ends after everything that the relay had accepted, on both legs.
  void ExpectFlushedEnd(const std::function<void()>& end_allocation) {
    const auto down = Pattern(300000, 1);
    const auto up = Pattern(200000, 2);
    ASSERT_TRUE(path_->peer.Send(down, kPatience).ok());
    ASSERT_TRUE(path_->client.Send(up, kPatience).ok());
    ASSERT_TRUE(Eventually([&] {
      const Taken taken = RelayedSoFar();
      return taken.from_peer == down.size() && taken.from_client == up.size();
    }));
    end_allocation();
    EXPECT_TRUE(RelayPortIsClosed());
    // Neither side knows yet, and both still talk: to nobody.
    ASSERT_TRUE(path_->peer.Send(Pattern(1000, 3), kPatience).ok());
    ASSERT_TRUE(path_->client.Send(Pattern(1000, 4), kPatience).ok());
    const StreamRest at_client = ReadToEnd(path_->client);
    EXPECT_EQ(Difference(at_client.bytes, down), "");
    EXPECT_EQ(at_client.end, ClientFailure::kClosed);
    const StreamRest at_peer = ReadToEnd(path_->peer);
    EXPECT_EQ(Difference(at_peer.bytes, up), "");
    EXPECT_EQ(at_peer.end, ClientFailure::kClosed);
    path_.reset();
    EXPECT_TRUE(Eventually([this] {
      return Count([](const observe::WorkerCounters& w) {
               return w.data_connections_open.value();
             }) == 0;
    }));
  }

  PeerListener listener_;
  std::optional<TurnClient> control_;
  std::optional<Path> path_;
  Endpoint relayed_;
};

// TC-52
TEST_P(AllocationEndTest, RefreshZeroEndsDataConnectionsAfterTheirBytes) {
  ASSERT_NO_FATAL_FAILURE(OpenPipe());
  ExpectFlushedEnd([this] {
    const auto lifetime = control_->Refresh(0);
    ASSERT_TRUE(lifetime.ok()) << lifetime.error().ToString();
    EXPECT_EQ(*lifetime, 0u);
  });
  // RF-08: the connection stays, and may ask again.
  EXPECT_TRUE(control_->Allocate({.transport = stun::kTransportTcp}).ok());
}

// TC-51
TEST_P(AllocationEndTest, TheControlConnectionsEndIsTheirs) {
  ASSERT_NO_FATAL_FAILURE(OpenPipe());
  ExpectFlushedEnd([this] { control_.reset(); });
}

// TC-51
TEST_P(AllocationEndTest, TheControlConnectionsResetIsTheirEnd) {
  ASSERT_NO_FATAL_FAILURE(OpenPipe());
  ExpectFlushedEnd([this] { control_->connection().Abort(); });
}

// TC-47: pending connections, which nobody has bound.
TEST_P(AllocationEndTest, PendingConnectionsEndWithTheAllocation) {
  ASSERT_NO_FATAL_FAILURE(OpenPipe());
  PeerListener waiting;
  const auto id = control_->ConnectToPeer(waiting.address());
  ASSERT_TRUE(id.ok()) << id.error().ToString();
  auto peer = waiting.Accept();
  ASSERT_TRUE(peer.ok()) << peer.error().ToString();
  ASSERT_TRUE(control_->Refresh(0).ok());
  EXPECT_EQ(ReadToEnd(*peer).end, ClientFailure::kClosed);
  const auto bound = control_->BindDataConnection(*id);
  ASSERT_FALSE(bound.ok());
  EXPECT_EQ(bound.error().code, 400);
}

// The relay stops while everything is in use: allocations, pipes with bytes under way, connections
// that wait for a bind, fresh ones.
TEST_P(AllocationEndTest, StoppingWithLiveSessionsEndsThem) {
  ASSERT_NO_FATAL_FAILURE(OpenPipe());
  auto udp = Client(ClientTransport::kUdp);
  ASSERT_TRUE(udp.ok() && udp->Allocate({}).ok());
  auto media = Client(transport(), "bob");
  ASSERT_TRUE(media.ok() && media->Allocate({}).ok());
  PeerListener waiting;
  ASSERT_TRUE(control_->ConnectToPeer(waiting.address()).ok());
  auto fresh = ClientConnection::Open(SettingsFor(transport()));
  ASSERT_TRUE(fresh.ok());
  ConnectionSettings silent = SettingsFor(ClientTransport::kTcp);
  auto nothing_said = ClientConnection::Open(silent);
  ASSERT_TRUE(nothing_said.ok());
  ASSERT_TRUE(path_->peer.Send(Pattern(100000), kPatience).ok());
  StopRelay();
  EXPECT_EQ(Count([](const observe::WorkerCounters& w) {
              int64_t open = 0;
              for (size_t p = 0; p < observe::kRelayedProtocols; ++p) {
                for (size_t t = 0; t < observe::kTransports; ++t) {
                  open += static_cast<int64_t>(w.allocations_open[p][t].value());
                }
              }
              return open;
            }),
            0);
  EXPECT_TRUE(RelayPortIsClosed());
}

INSTANTIATE_TEST_SUITE_P(Streams, AllocationEndTest,
                         ::testing::Values(ClientTransport::kTcp, ClientTransport::kTls),
                         TransportTestName);

}  // namespace
}  // namespace culvert::testing
