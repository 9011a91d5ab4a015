// Connect and ConnectionAttempt (RFC 6062 sections 5.2 and 5.3) with real peers.

#include "tests/scenario/peers.h"
#include "tests/scenario/relay_fixture.h"

namespace culvert::testing {
namespace {

class ConnectTest : public StreamRelay {
 protected:
  TurnClient TcpClient(const std::string& user, Endpoint* relayed = nullptr) {
    auto client = Client(transport(), user);
    EXPECT_TRUE(client.ok()) << client.error().ToString();
    const auto allocated = client->Allocate({.transport = stun::kTransportTcp});
    EXPECT_TRUE(allocated.ok()) << allocated.error().ToString();
    if (relayed != nullptr) *relayed = allocated->relayed;
    return std::move(*client);
  }

  // A connection of a peer to a relayed address.
  static ClientResult<ClientConnection> ConnectTo(const Endpoint& relayed) {
    ConnectionSettings settings;
    settings.transport = ClientTransport::kTcp;
    settings.server = relayed;
    settings.timeout = kPatience;
    return ClientConnection::Open(settings);
  }

  static void ExpectJoined(ClientConnection& a, ClientConnection& b) {
    const auto there = Pattern(5000, 1);
    const auto back = Pattern(5000, 2);
    ASSERT_TRUE(a.Send(there, kPatience).ok());
    EXPECT_EQ(Difference(b, there), "");
    ASSERT_TRUE(b.Send(back, kPatience).ok());
    EXPECT_EQ(Difference(a, back), "");
  }
};

// TC-15
TEST_P(ConnectTest, ARefusedPortIs447AtOnce) {
  StartRelay();
  TurnClient client = TcpClient("alice");
  PeerListener nobody;
  nobody.Close();
  client.set_timeout(seconds(5));
  const auto id = client.ConnectToPeer(nobody.address());
  ASSERT_FALSE(id.ok());
  EXPECT_EQ(id.error().code, 447);
}

// TC-11
TEST_P(ConnectTest, ASecondConnectionToOnePeerIs446) {
  StartRelay();
  TurnClient client = TcpClient("alice");
  PeerListener listener;
  auto path = OpenPath(client, listener);
  ASSERT_TRUE(path.ok()) << path.error().ToString();
  const auto again = client.ConnectToPeer(listener.address());
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, 446);
  ExpectJoined(path->client, path->peer);
}

// TC-14
TEST_P(ConnectTest, TheConnectionComesFromTheRelayedAddress) {
  StartRelay();
  Endpoint relayed;
  TurnClient client = TcpClient("alice", &relayed);
  PeerListener first;
  PeerListener second;
  auto to_first = OpenPath(client, first);
  auto to_second = OpenPath(client, second);
  ASSERT_TRUE(to_first.ok() && to_second.ok());
  EXPECT_EQ(first.last_source(), relayed);
  EXPECT_EQ(second.last_source(), relayed);
  // And the listener at that address still takes connections.
  ASSERT_TRUE(client.CreatePermission({&relayed, 1}).ok());
  auto inbound = ConnectTo(relayed);
  ASSERT_TRUE(inbound.ok()) << inbound.error().ToString();
  const auto event = client.NextEvent(kPatience);
  ASSERT_TRUE(event.ok()) << event.error().ToString();
  EXPECT_EQ(std::get<ConnectionAttemptEvent>(*event).peer, inbound->local());
}

// TC-20: the client closes, so the relay's connection to the peer is the one that closes first.
TEST_P(ConnectTest, ConnectingAgainAtOnceWorksWhoeverClosedFirst) {
  StartRelay();
  TurnClient client = TcpClient("alice");
  PeerListener listener;
  for (int round = 0; round < 6; ++round) {
    ClientResult<Path> path = Failure{ClientError{ClientFailure::kTimeout}};
    // 446 until the relay has seen both ends of the last one.
    ASSERT_TRUE(Eventually([&] {
      path = OpenPath(client, listener);
      return path.ok() || path.error().code != 446;
    }));
    ASSERT_TRUE(path.ok()) << round << ": " << path.error().ToString();
    ExpectJoined(path->client, path->peer);
    ClientConnection& closes_first = round % 2 == 0 ? path->client : path->peer;
    ClientConnection& closes_last = round % 2 == 0 ? path->peer : path->client;
    closes_first.EndSending();
    EXPECT_EQ(ReadToEnd(closes_last).end, ClientFailure::kClosed);
    closes_last.EndSending();
    EXPECT_EQ(ReadToEnd(closes_first).end, ClientFailure::kClosed);
  }
}

// TC-10, TC-16: while a peer does not answer, the client is still served, and that peer is taken.
TEST_P(ConnectTest, AHangingConnectHoldsUpNothingElse) {
  StartRelay();
  TurnClient client = TcpClient("alice");
  // A listener whose queue is full lets SYNs go unanswered.
  PeerListener full(0);
  std::vector<ClientConnection> fillers;
  for (bool answered = true; answered;) {
    ConnectionSettings settings;
    settings.transport = ClientTransport::kTcp;
    settings.server = full.address();
    settings.timeout = milliseconds(100);
    auto filler = ClientConnection::Open(settings);
    answered = filler.ok();
    if (answered) fillers.push_back(std::move(*filler));
  }
  client.set_timeout(milliseconds(300));
  const auto hanging = client.ConnectToPeer(full.address());
  ASSERT_FALSE(hanging.ok());
  EXPECT_EQ(hanging.error().failure, ClientFailure::kTimeout);
  client.set_timeout(kPatience);
  const auto again = client.ConnectToPeer(full.address());
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, 446);
  EXPECT_TRUE(client.Refresh(600).ok());
  PeerListener listener;
  auto path = OpenPath(client, listener);
  ASSERT_TRUE(path.ok()) << path.error().ToString();
  ExpectJoined(path->client, path->peer);
}

// PE-05: two clients of one relay.
TEST_P(ConnectTest, OneClientConnectsToTheOthersRelayedAddress) {
  StartRelay();
  Endpoint of_alice;
  Endpoint of_bob;
  TurnClient alice = TcpClient("alice", &of_alice);
  TurnClient bob = TcpClient("bob", &of_bob);
  ASSERT_TRUE(bob.CreatePermission({&of_alice, 1}).ok());
  const auto id = alice.ConnectToPeer(of_bob);
  ASSERT_TRUE(id.ok()) << id.error().ToString();
  const auto event = bob.NextEvent(kPatience);
  ASSERT_TRUE(event.ok()) << event.error().ToString();
  const auto& attempt = std::get<ConnectionAttemptEvent>(*event);
  EXPECT_EQ(attempt.peer, of_alice);
  auto data_of_alice = alice.BindDataConnection(*id);
  auto data_of_bob = bob.BindDataConnection(attempt.connection_id);
  ASSERT_TRUE(data_of_alice.ok() && data_of_bob.ok());
  ExpectJoined(*data_of_alice, *data_of_bob);
  // TC-21, the other way round: it is there already.
  const auto back = bob.ConnectToPeer(of_alice);
  ASSERT_FALSE(back.ok());
  EXPECT_EQ(back.error().code, 446);
}

// TC-25, TC-24, PE-09
TEST_P(ConnectTest, APermittedPeerIsAnnouncedAndBound) {
  StartRelay();
  Endpoint relayed;
  TurnClient client = TcpClient("alice", &relayed);
  ASSERT_TRUE(client.CreatePermission({&relayed, 1}).ok());
  auto peer = ConnectTo(relayed);
  ASSERT_TRUE(peer.ok()) << peer.error().ToString();
  const auto early = Pattern(10000, 3);
  ASSERT_TRUE(peer->Send(early, kPatience).ok());
  const auto event = client.NextEvent(kPatience);
  ASSERT_TRUE(event.ok()) << event.error().ToString();
  const auto& attempt = std::get<ConnectionAttemptEvent>(*event);
  EXPECT_EQ(attempt.peer, peer->local());
  // TC-11: an accepted connection counts as one to that peer.
  const auto same = client.ConnectToPeer(attempt.peer);
  ASSERT_FALSE(same.ok());
  EXPECT_EQ(same.error().code, 446);
  auto data = client.BindDataConnection(attempt.connection_id);
  ASSERT_TRUE(data.ok()) << data.error().ToString();
  EXPECT_EQ(Difference(*data, early), "");
  ExpectJoined(*data, *peer);
}

// TC-07: what a UDP allocation is used with means nothing here, and does no harm.
TEST_P(ConnectTest, SendAndChannelDataAreDropped) {
  StartRelay();
  TurnClient client = TcpClient("alice");
  UdpPeer datagrams;
  ASSERT_TRUE(client.CreatePermission({&datagrams.address(), 1}).ok());
  ASSERT_TRUE(client.SendIndication(datagrams.address(), AsBytes("to nobody")).ok());
  ASSERT_TRUE(client.SendChannelData(0x4000, AsBytes("to nobody")).ok());
  ASSERT_TRUE(client.Refresh(600).ok());
  EXPECT_EQ(Drops(turn::Drop::kNoAllocation), 1u);
  EXPECT_EQ(Drops(turn::Drop::kNoChannel), 1u);
  EXPECT_FALSE(client.NextEvent(milliseconds(0)).ok());
  EXPECT_FALSE(datagrams.Receive(milliseconds(0)).arrived);
  PeerListener listener;
  auto path = OpenPath(client, listener);
  ASSERT_TRUE(path.ok()) << path.error().ToString();
  ExpectJoined(path->client, path->peer);
}

// TC-27, TC-13, PE-09: neither an allocation nor a Connect lets peers in.
TEST_P(ConnectTest, APeerWithoutPermissionIsClosedRightAfterAccept) {
  StartRelay();
  Endpoint relayed;
  TurnClient client = TcpClient("alice", &relayed);
  PeerListener listener;
  auto path = OpenPath(client, listener);
  ASSERT_TRUE(path.ok()) << path.error().ToString();
  auto stranger = ConnectTo(relayed);
  ASSERT_TRUE(stranger.ok()) << stranger.error().ToString();
  const ClientFailure end = ReadToEnd(*stranger).end;
  EXPECT_TRUE(end == ClientFailure::kClosed || end == ClientFailure::kReset)
      << ClientFailureName(end);
  EXPECT_EQ(Drops(turn::Drop::kNoPermission), 1u);
  // No indication came before this answer.
  ASSERT_TRUE(client.Refresh(600).ok());
  EXPECT_EQ(client.NextEvent(milliseconds(0)).error().failure, ClientFailure::kTimeout);
}

// TC-28
TEST_P(ConnectTest, APermissionThatEndsTouchesNoConnection) {
  StartRelay([](config::Options& o) { o.permission_lifetime = seconds(1); });
  Endpoint relayed;
  TurnClient client = TcpClient("alice", &relayed);
  ASSERT_TRUE(client.CreatePermission({&relayed, 1}).ok());
  auto peer = ConnectTo(relayed);
  ASSERT_TRUE(peer.ok()) << peer.error().ToString();
  const auto event = client.NextEvent(kPatience);
  ASSERT_TRUE(event.ok()) << event.error().ToString();
  auto data = client.BindDataConnection(std::get<ConnectionAttemptEvent>(*event).connection_id);
  ASSERT_TRUE(data.ok()) << data.error().ToString();
  // The permission is over once a stranger is turned away.
  EXPECT_TRUE(Eventually([&] {
    auto next = ConnectTo(relayed);
    return next.ok() && Drops(turn::Drop::kNoPermission) > 0;
  }));
  ExpectJoined(*data, *peer);
}

// TC-55: outgoing connections beyond the bound are 508, incoming ones are closed.
TEST_P(ConnectTest, TheBoundOfConnectionsHolds) {
  StartRelay([](config::Options& o) { o.max_connections_per_allocation = 3; });
  Endpoint relayed;
  TurnClient client = TcpClient("alice", &relayed);
  std::vector<PeerListener> listeners(4);
  for (int i = 0; i < 3; ++i) {
    const auto id = client.ConnectToPeer(listeners[static_cast<size_t>(i)].address());
    ASSERT_TRUE(id.ok()) << id.error().ToString();
  }
  const auto fourth = client.ConnectToPeer(listeners[3].address());
  ASSERT_FALSE(fourth.ok());
  EXPECT_EQ(fourth.error().code, 508);
  ASSERT_TRUE(client.CreatePermission({&relayed, 1}).ok());
  auto inbound = ConnectTo(relayed);
  ASSERT_TRUE(inbound.ok()) << inbound.error().ToString();
  const ClientFailure end = ReadToEnd(*inbound).end;
  EXPECT_TRUE(end == ClientFailure::kClosed || end == ClientFailure::kReset);
  EXPECT_EQ(Drops(turn::Drop::kConnectionLimit), 1u);
}

INSTANTIATE_TEST_SUITE_P(Streams, ConnectTest,
                         ::testing::Values(ClientTransport::kTcp, ClientTransport::kTls),
                         TransportTestName);

}  // namespace
}  // namespace culvert::testing
