// What operators do to a relay that runs as a process of its own: its sessions are listed and
// ended, and it is drained.

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <csignal>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "tests/support/loopback_peer.h"
#include "tests/support/relay_process.h"

namespace culvert::testing {
namespace {

using nlohmann::json;

constexpr const char* kToken = "Authorization: Bearer 0123456789abcdef\r\n";

class OperationsTest : public ::testing::Test {
 protected:
  void StartRelay(std::vector<std::string> options = {}) {
    options.insert(options.end(), {"admin-token=0123456789abcdef", "user=bob:builder"});
    ASSERT_EQ(relay_.Start({.options = std::move(options)}), "");
  }
  // A client with an allocation.
  TurnClient Allocated(ClientTransport transport, const ClientCredentials& user) {
    auto client = TurnClient::Connect(relay_.SettingsFor(transport), user);
    if (client) client->set_timeout(seconds(20));
    if (!client || !client->Allocate({})) {
      ADD_FAILURE() << user.username << " gets no allocation: " << relay_.Log();
      std::abort();  // there is nothing to return
    }
    return std::move(*client);
  }
  json Sessions(const std::string& query = "") {
    const auto answer = relay_.Http("GET", "/sessions" + query, kToken);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return json::parse(answer.body)["sessions"];
  }

  static ClientCredentials Alice() { return RelayProcess::Alice(); }
  static ClientCredentials Bob() { return {"bob", "builder"}; }

  RelayProcess relay_;
};

TEST_F(OperationsTest, SessionsOfAllWorkersAreListed) {
  StartRelay();
  EXPECT_EQ(Sessions(), json::array());
  std::vector<TurnClient> clients;
  for (int i = 0; i < 8; ++i) clients.push_back(Allocated(ClientTransport::kUdp, Alice()));
  clients.push_back(Allocated(ClientTransport::kTls, Bob()));
  const Endpoint peer(relay_.address().ip(), 9);
  ASSERT_TRUE(clients.back().ChannelBind(0x4000, peer).ok());
  EXPECT_EQ(Sessions().size(), 9u);
  EXPECT_EQ(Sessions("?user=alice").size(), 8u);
  EXPECT_EQ(Sessions("?user=nobody").size(), 0u);
  const json bob = Sessions("?user=bob").at(0);
  EXPECT_EQ(bob["realm"], "culvert.test");
  EXPECT_EQ(bob["transport"], "TLS/TCP");
  EXPECT_EQ(bob["protocol"], "udp");
  EXPECT_EQ(bob["server"], relay_.address().ToString());
  EXPECT_EQ(bob["channels"], 1);
  EXPECT_EQ(bob["permissions"], 1);
  EXPECT_EQ(Sessions("?id=" + bob["id"].get<std::string>()).size(), 1u);
  EXPECT_EQ(relay_.Stop(), "");
}

TEST_F(OperationsTest, WhoIsKickedLosesTheAllocationAndNobodyElse) {
  StartRelay();
  TurnClient alice = Allocated(ClientTransport::kUdp, Alice());
  TurnClient bob = Allocated(ClientTransport::kTcp, Bob());
  const auto answer = relay_.Http("POST", "/kick?user=bob", kToken);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(json::parse(answer.body)["ended"], 1);
  const auto refreshed = bob.Refresh(600);
  ASSERT_FALSE(refreshed.ok());
  EXPECT_EQ(refreshed.error().code, 437);
  EXPECT_TRUE(alice.Refresh(600).ok());
  EXPECT_EQ(relay_.Metric("culvert_allocations_ended_total{reason=\"operator\"}"), 1);
  // A kick is no bar.
  EXPECT_TRUE(bob.Allocate({}).ok());
  EXPECT_EQ(relay_.Stop(), "");
}

TEST_F(OperationsTest, ADrainingRelayServesWhatItHasAndEndsWithTheLast) {
  StartRelay();
  TurnClient kept = Allocated(ClientTransport::kTls, Alice());
  TurnClient other = Allocated(ClientTransport::kUdp, Bob());
  EXPECT_EQ(relay_.Http("GET", "/readyz").status, 200);
  const auto answer = relay_.Http("POST", "/drain", kToken);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(json::parse(answer.body)["allocations"], 2);
  const auto ready = relay_.Http("GET", "/readyz");
  EXPECT_EQ(ready.status, 503);
  EXPECT_EQ(ready.body, "draining\n");
  EXPECT_EQ(relay_.Http("GET", "/healthz").status, 200);

  auto late = TurnClient::Connect(relay_.SettingsFor(ClientTransport::kTls), Alice());
  ASSERT_TRUE(late.ok());
  const auto refused = late->Allocate({});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, 508);

  const LoopbackPeer peer(SOCK_DGRAM);
  ASSERT_TRUE(kept.ChannelBind(0x4000, peer.address()).ok());
  const auto relayed =
      Endpoint::Parse(Sessions("?user=alice").at(0)["relayed"].at(0).get<std::string>());
  ASSERT_TRUE(relayed);
  ASSERT_TRUE(peer.SendTo(*relayed, AsBytes("still here")));
  const auto event = kept.NextEvent(seconds(20));
  ASSERT_TRUE(event.ok()) << event.error().ToString();
  EXPECT_EQ(AsText(std::get<ChannelDataEvent>(*event).data), "still here");

  ASSERT_TRUE(other.Refresh(0).ok());
  ASSERT_TRUE(kept.Refresh(0).ok());
  EXPECT_EQ(relay_.AwaitEnd(), "");
  EXPECT_NE(relay_.Log().find("drained: stopping allocations=0"), std::string::npos)
      << relay_.Log();
}

TEST_F(OperationsTest, TheTimeoutOfADrainEndsWhatIsLeft) {
  StartRelay();
  TurnClient client = Allocated(ClientTransport::kTcp, Alice());
  EXPECT_EQ(relay_.Http("POST", "/drain?timeout=1", kToken).status, 200);
  EXPECT_EQ(relay_.AwaitEnd(), "");
  EXPECT_NE(relay_.Log().find("drained: stopping allocations=1"), std::string::npos)
      << relay_.Log();
}

TEST_F(OperationsTest, SigUsr1DrainsAsInCoturn) {
  StartRelay({"drain-min-allocations=1"});
  TurnClient first = Allocated(ClientTransport::kTcp, Alice());
  TurnClient second = Allocated(ClientTransport::kTcp, Alice());
  relay_.Signal(SIGUSR1);
  ASSERT_TRUE(Within(seconds(20), [this] { return relay_.Http("GET", "/readyz").status == 503; }));
  EXPECT_TRUE(first.Refresh(600).ok());
  ASSERT_TRUE(second.Refresh(0).ok());
  EXPECT_EQ(relay_.AwaitEnd(), "");
}

}  // namespace
}  // namespace culvert::testing
