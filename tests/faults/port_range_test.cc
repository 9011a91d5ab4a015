// A relay whose ports are all taken: 508 for the next (RFC 8656 section 7.2), nothing for those
// that run, and a port that was given back can be had again at once.

#include <sys/socket.h>

#include <set>

#include "tests/faults/fault_fixture.h"
#include "tests/support/loopback_peer.h"

namespace culvert::testing {
namespace {

// Below the ports that the kernel hands out, where a stranger's socket could sit on one of them.
const std::vector<std::string> kFourPorts = {"min-port=7400", "max-port=7403"};
constexpr size_t kPorts = 4;
constexpr int kInsufficientCapacity = 508;

class PortRangeTest : public FaultTest {
 protected:
  ClientResult<AllocateAnswer> Allocate(TurnClient& client, uint8_t protocol) {
    return client.Allocate({.transport = protocol});
  }
  void ExpectFull(uint8_t protocol) {
    auto client = Client(ClientTransport::kTls);
    ASSERT_TRUE(client.ok()) << client.error().ToString();
    const auto refused = Allocate(*client, protocol);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().failure, ClientFailure::kRefused);
    EXPECT_EQ(refused.error().code, kInsufficientCapacity);
  }
  // As many allocations as still fit; `running` are taken by the running sessions.
  std::vector<TurnClient> Fill(uint8_t protocol, size_t running) {
    std::vector<TurnClient> clients;
    while (clients.size() + running < kPorts) {
      auto client = Client(ClientTransport::kTls);
      if (client) {
        const auto answer = Allocate(*client, protocol);
        if (answer) {
          EXPECT_TRUE(ports_.insert(answer->relayed.port()).second);
          clients.push_back(std::move(*client));
          continue;
        }
        ADD_FAILURE() << answer.error().ToString();
      }
      break;
    }
    return clients;
  }

  std::set<uint16_t> ports_;
};

TEST_F(PortRangeTest, TheNextAllocationIs508UntilAPortIsGivenBack) {
  ASSERT_NO_FATAL_FAILURE(StartRelay(kFourPorts));
  auto clients = Fill(stun::kTransportUdp, 2);
  ASSERT_EQ(clients.size(), 2u);
  ASSERT_NO_FATAL_FAILURE(ExpectFull(stun::kTransportUdp));
  EXPECT_GE(relay().Metric("culvert_relay_port_exhaustions_total"), 1);
  ExpectRunning();
  // Given back in order, and by a client that is gone.
  ASSERT_TRUE(clients.back().Refresh(0).ok());
  ports_.clear();
  auto next = Client(ClientTransport::kUdp);
  ASSERT_TRUE(next.ok()) << next.error().ToString();
  EXPECT_TRUE(Allocate(*next, stun::kTransportUdp).ok());
  ASSERT_NO_FATAL_FAILURE(ExpectFull(stun::kTransportUdp));
  clients.front().connection().Abort();
  const bool again = Within(kPatience, [&] {
    auto client = Client(ClientTransport::kTls);
    return client && Allocate(*client, stun::kTransportUdp) && client->Refresh(0);
  });
  EXPECT_TRUE(again);
  EXPECT_TRUE(next->Refresh(0).ok());
  clients.clear();
  ExpectDescriptorsBack();
}

// A refused Allocate leaves the client where it was: it asks again and gets one.
TEST_F(PortRangeTest, ARefusedClientMayAskAgainOnItsConnection) {
  ASSERT_NO_FATAL_FAILURE(StartRelay(kFourPorts));
  auto clients = Fill(stun::kTransportUdp, 2);
  ASSERT_EQ(clients.size(), 2u);
  auto client = Client(ClientTransport::kTls);
  ASSERT_TRUE(client.ok()) << client.error().ToString();
  for (int i = 0; i < 3; ++i) {
    const auto refused = Allocate(*client, stun::kTransportUdp);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, kInsufficientCapacity);
  }
  ASSERT_TRUE(clients.back().Refresh(0).ok());
  EXPECT_TRUE(Allocate(*client, stun::kTransportUdp).ok());
}

// RFC 6062: ports of TCP relays are counted by themselves, and come back although connections from
// them have just been closed.
TEST_F(PortRangeTest, TcpPortsComeBackAlthoughTheyWereUsed) {
  ASSERT_NO_FATAL_FAILURE(StartRelay(kFourPorts));
  const LoopbackPeer peer(SOCK_STREAM);
  for (int round = 0; round < 3; ++round) {
    ports_.clear();
    auto clients = Fill(stun::kTransportTcp, 1);
    ASSERT_EQ(clients.size(), 3u);
    ASSERT_NO_FATAL_FAILURE(ExpectFull(stun::kTransportTcp));
    for (TurnClient& client : clients) {
      const auto id = client.ConnectToPeer(peer.address());
      ASSERT_TRUE(id.ok()) << id.error().ToString();
      auto accepted = peer.Accept(kPatience);
      ASSERT_TRUE(accepted.ok());
      auto data = client.BindDataConnection(*id);
      ASSERT_TRUE(data.ok()) << data.error().ToString();
      // The relay closes first, so that TIME_WAIT would be on its port.
      ASSERT_TRUE(client.Refresh(0).ok());
    }
    clients.clear();
    ExpectDescriptorsBack();
  }
}

}  // namespace
}  // namespace culvert::testing
