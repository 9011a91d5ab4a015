// Peers and clients that let their time go by (RFC 6062 sections 5.2 and 5.3, TC-15, TC-18): how a
// worker counts them. The times themselves are tested with a fake clock; here they are short.

#include <thread>

#include "auth/provider_chain.h"
#include "server/net/socket.h"
#include "server/relay/worker.h"
#include "tests/scenario/peers.h"
#include "tests/scenario/relay_fixture.h"

namespace culvert::testing {
namespace {

// One worker that asks nobody for credentials.
class TimeoutsTest : public ::testing::Test {
 protected:
  TimeoutsTest() {
    turn_settings_.authenticate = false;
    turn_settings_.connect_timeout = seconds(1);
    // Long enough for a test that binds on a busy machine.
    turn_settings_.bind_timeout = seconds(2);
    auto listener = net::OpenTcpListener(net::Syscalls::Kernel(), at_);
    EXPECT_TRUE(listener.ok()) << listener.error().Explain(at_);
    worker_.SetPeers({&worker_});
    worker_.AddStreamListener(std::move(*listener), at_);
    thread_ = std::thread([this] { worker_.Run(); });
  }
  ~TimeoutsTest() override {
    worker_.Stop();
    thread_.join();
  }

  // A client with a TCP allocation.
  TurnClient TcpClient(Endpoint* relayed = nullptr) {
    ConnectionSettings settings;
    settings.transport = ClientTransport::kTcp;
    settings.server = at_;
    auto client = TurnClient::Connect(settings, {"nobody", "nothing"});
    EXPECT_TRUE(client.ok()) << client.error().ToString();
    client->set_timeout(kPatience);
    const auto allocated = client->Allocate({.transport = stun::kTransportTcp});
    EXPECT_TRUE(allocated.ok()) << allocated.error().ToString();
    if (relayed != nullptr) *relayed = allocated->relayed;
    return std::move(*client);
  }
  const observe::WorkerCounters& counters() const { return worker_.counters(); }

 private:
  static turn::PeerRules LoopbackAllowed() {
    turn::PeerRules rules;
    rules.allow_loopback = true;
    return rules;
  }

  const Endpoint at_{IpAddress::V4(127, 0, 0, 1), FreePort()};
  relay::Settings settings_;
  turn::Settings turn_settings_;
  const turn::PeerPolicy peers_{LoopbackAllowed(), {}};
  const auth::NonceSealer nonces_{{}, seconds(600)};
  const relay::ConnectionIdCodec ids_{AsBytes("a key of this test")};
  relay::PortPool ports_{49152, 65535};
  relay::Quota quota_{settings_};
  relay::Reservations reservations_{ports_};
  relay::Worker worker_{
      relay::Commons{settings_, turn_settings_, peers_, nonces_, ids_, ports_, quota_,
                     reservations_, observe::Log::Nowhere(), net::Syscalls::Kernel()},
      0, std::make_unique<auth::ProviderChain>(std::vector<std::unique_ptr<auth::Provider>>())};
  std::thread thread_;
};

// TC-15
TEST_F(TimeoutsTest, APeerThatDoesNotAnswerIsCountedAsTimedOut) {
  TurnClient client = TcpClient();
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
  const auto id = client.ConnectToPeer(full.address());
  ASSERT_FALSE(id.ok());
  EXPECT_EQ(id.error().code, 447);
  EXPECT_EQ(counters().connects_timed_out.value(), 1u);
  EXPECT_EQ(counters().connects_refused.value(), 0u);
  EXPECT_EQ(counters().connects_ok.value(), 0u);
  EXPECT_EQ(counters().bind_timeouts.value(), 0u);
}

// TC-15
TEST_F(TimeoutsTest, APeerThatRefusesIsNotTimedOut) {
  TurnClient client = TcpClient();
  PeerListener nobody;
  nobody.Close();
  const auto id = client.ConnectToPeer(nobody.address());
  ASSERT_FALSE(id.ok());
  EXPECT_EQ(id.error().code, 447);
  EXPECT_EQ(counters().connects_refused.value(), 1u);
  EXPECT_EQ(counters().connects_timed_out.value(), 0u);
}

// TC-18
TEST_F(TimeoutsTest, AConnectionThatNobodyBindsIsCountedOnce) {
  TurnClient client = TcpClient();
  PeerListener listener;
  const auto id = client.ConnectToPeer(listener.address());
  ASSERT_TRUE(id.ok()) << id.error().ToString();
  auto peer = listener.Accept();
  ASSERT_TRUE(peer.ok()) << peer.error().ToString();
  EXPECT_EQ(ReadToEnd(*peer).bytes.size(), 0u);
  EXPECT_EQ(counters().connects_ok.value(), 1u);
  EXPECT_EQ(counters().bind_timeouts.value(), 1u);
  EXPECT_EQ(counters().connects_timed_out.value(), 0u);
  const auto late = client.BindDataConnection(*id);
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code, 400);
}

// TC-25
TEST_F(TimeoutsTest, APeersConnectionThatNobodyBindsIsCountedToo) {
  Endpoint relayed;
  TurnClient client = TcpClient(&relayed);
  ASSERT_TRUE(client.CreatePermission({&relayed, 1}).ok());
  ConnectionSettings settings;
  settings.transport = ClientTransport::kTcp;
  settings.server = relayed;
  auto peer = ClientConnection::Open(settings);
  ASSERT_TRUE(peer.ok()) << peer.error().ToString();
  ASSERT_TRUE(client.NextEvent(kPatience).ok());
  EXPECT_EQ(ReadToEnd(*peer).bytes.size(), 0u);
  EXPECT_EQ(counters().connection_attempts.value(), 1u);
  EXPECT_EQ(counters().bind_timeouts.value(), 1u);
}

// A connection that was bound, and one that its allocation took along, had no time to let go by.
TEST_F(TimeoutsTest, OtherEndsAreNoTimeouts) {
  TurnClient client = TcpClient();
  PeerListener bound;
  PeerListener overdue;
  PeerListener pending;
  auto path = OpenPath(client, bound);
  ASSERT_TRUE(path.ok()) << path.error().ToString();
  // Past the time that the bound one would have had.
  ASSERT_TRUE(client.ConnectToPeer(overdue.address()).ok());
  auto first = overdue.Accept();
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(ReadToEnd(*first).bytes.size(), 0u);
  EXPECT_EQ(counters().bind_timeouts.value(), 1u);
  ASSERT_TRUE(path->peer.Send(AsBytes("still joined"), kPatience).ok());
  EXPECT_EQ(Difference(path->client, AsBytes("still joined")), "");
  ASSERT_TRUE(client.ConnectToPeer(pending.address()).ok());
  auto second = pending.Accept();
  ASSERT_TRUE(second.ok());
  ASSERT_TRUE(client.Refresh(0).ok());
  EXPECT_EQ(ReadToEnd(*second).end, ClientFailure::kClosed);
  EXPECT_EQ(counters().bind_timeouts.value(), 1u);
  EXPECT_EQ(counters().connects_timed_out.value(), 0u);
}

}  // namespace
}  // namespace culvert::testing
