// A relay that has no descriptors left: newcomers wait or are refused with the standard's error, it
// does not spin, what runs goes on, and once some are free again everybody is served.

#include <poll.h>
#include <sys/socket.h>

#include <thread>

#include "tests/faults/fault_fixture.h"
#include "tests/support/loopback_peer.h"

namespace culvert::testing {
namespace {

using std::chrono::steady_clock;

constexpr rlim_t kDescriptors = 64;
constexpr size_t kNewcomers = 100;
constexpr int kInsufficientCapacity = 508;
constexpr int kConnectionTimeoutOrFailure = 447;
// Of one CPU. The running sessions take a few hundredths; an instrumented relay takes ten times as
// much for them, and one that spins takes all of it in either case.
constexpr double kMostCpu = kInstrumented ? 0.6 : 0.3;

class DescriptorsTest : public FaultTest {
 protected:
  void SetUp() override { StartRelay({"max-allocate-timeout=600"}, kDescriptors); }

  static std::vector<ClientConnection> Connections(const ConnectionSettings& to, size_t count) {
    std::vector<ClientConnection> open;
    while (open.size() < count) {
      auto connection = ClientConnection::Open(to);
      if (!connection) {
        ADD_FAILURE() << connection.error().ToString();
        break;
      }
      open.push_back(std::move(*connection));
    }
    return open;
  }
  // More than fit; those that do not stay in the listener's backlog.
  std::vector<ClientConnection> TakeAllDescriptors() {
    auto open = Connections(relay().SettingsFor(ClientTransport::kTcp), kNewcomers);
    EXPECT_TRUE(Within(kPatience, [this] { return relay().descriptors() >= kDescriptors; }));
    return open;
  }

  void ExpectNoSpin() {
    const auto cpu = relay().cpu_time();
    const auto start = steady_clock::now();
    // Time has to pass: what is measured is what the relay does in it.
    poll(nullptr, 0, 1000);
    const std::chrono::duration<double> passed = steady_clock::now() - start;
    const std::chrono::duration<double> used = relay().cpu_time() - cpu;
    EXPECT_LT(used / passed, kMostCpu);
  }
};

TEST_F(DescriptorsTest, NewcomersWaitWithoutASpinAndAreServedAfterwards) {
  auto open = TakeAllDescriptors();
  ExpectNoSpin();
  ExpectRunning();
  EXPECT_LE(relay().descriptors(), kDescriptors);
  // This one waits in the backlog, and is served as soon as others go.
  auto settings = relay().SettingsFor(ClientTransport::kTcp);
  auto waiting = TurnClient::Connect(settings, RelayProcess::Alice());
  ASSERT_TRUE(waiting.ok()) << waiting.error().ToString();
  waiting->set_timeout(kPatience);
  open.clear();
  const auto answer = waiting->Allocate({});
  EXPECT_TRUE(answer.ok()) << answer.error().ToString();
  EXPECT_TRUE(waiting->Refresh(0).ok());
  waiting->connection().Abort();
  auto late = Client(ClientTransport::kTls);
  ASSERT_TRUE(late.ok()) << late.error().ToString();
  EXPECT_TRUE(late->Allocate({}).ok());
  EXPECT_TRUE(late->Refresh(0).ok());
  late->connection().Abort();
  ExpectDescriptorsBack();
  EXPECT_GT(relay().Metric("culvert_connections_refused_total"), 0);
}

TEST_F(DescriptorsTest, AnAllocationWithoutADescriptorIs508) {
  auto connected = Client(ClientTransport::kTls);
  ASSERT_TRUE(connected.ok()) << connected.error().ToString();
  auto open = TakeAllDescriptors();
  auto over_udp = Client(ClientTransport::kUdp);
  ASSERT_TRUE(over_udp.ok()) << over_udp.error().ToString();
  for (TurnClient* client : {&*connected, &*over_udp}) {
    for (const uint8_t protocol : {stun::kTransportUdp, stun::kTransportTcp}) {
      if (client == &*over_udp && protocol == stun::kTransportTcp) continue;  // RFC 6062: not so
      const auto refused = client->Allocate({.transport = protocol});
      ASSERT_FALSE(refused.ok());
      EXPECT_EQ(refused.error().code, kInsufficientCapacity) << refused.error().ToString();
    }
  }
  open.clear();
  for (TurnClient* client : {&*connected, &*over_udp}) {
    EXPECT_TRUE(Within(kPatience, [client] { return client->Allocate({}).ok(); }));
    EXPECT_TRUE(client->Refresh(0).ok());
  }
}

// RFC 6062 section 5.2: 447 when the connection to the peer cannot be made.
TEST_F(DescriptorsTest, AConnectWithoutADescriptorIs447AndPeersWait) {
  auto control = Client(ClientTransport::kTls);
  ASSERT_TRUE(control.ok()) << control.error().ToString();
  const auto answer = control->Allocate({.transport = stun::kTransportTcp});
  ASSERT_TRUE(answer.ok()) << answer.error().ToString();
  const LoopbackPeer peer(SOCK_STREAM);
  ASSERT_TRUE(control->CreatePermission({{peer.address()}}).ok());
  auto open = TakeAllDescriptors();
  const auto refused = control->ConnectToPeer(peer.address());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, kConnectionTimeoutOrFailure) << refused.error().ToString();
  // A peer comes at this moment: it waits, and is announced once it can be accepted.
  ConnectionSettings to_relay;
  to_relay.transport = ClientTransport::kTcp;
  to_relay.server = answer->relayed;
  auto coming = ClientConnection::Open(to_relay);
  ASSERT_TRUE(coming.ok()) << coming.error().ToString();
  ExpectNoSpin();
  open.clear();
  const auto event = control->NextEvent(kPatience);
  ASSERT_TRUE(event.ok()) << event.error().ToString();
  EXPECT_TRUE(std::holds_alternative<ConnectionAttemptEvent>(*event));
  EXPECT_TRUE(Within(kPatience, [&] { return control->ConnectToPeer(peer.address()).ok(); }));
}

// Whoever scrapes the metrics at this moment waits, too, and costs nothing.
TEST_F(DescriptorsTest, AWaitingAdminConnectionIsNoSpin) {
  auto open = TakeAllDescriptors();
  std::string page;
  std::thread scraping([&] { page = relay().Metrics(); });
  ExpectNoSpin();
  open.clear();
  scraping.join();
  EXPECT_TRUE(Within(kPatience, [this] { return !relay().Metrics().empty(); }));
}

}  // namespace
}  // namespace culvert::testing
