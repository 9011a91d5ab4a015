// Which addresses answers come from and relays are on.

#include <set>

#include "tests/scenario/peers.h"
#include "tests/scenario/relay_fixture.h"

namespace culvert::testing {
namespace {

class AddressesTest : public RelayFixture {
 protected:
  // A client that reaches the relay by `ip`. Its socket is connected: an answer from elsewhere
  // never arrives.
  ClientResult<TurnClient> ClientOf(const IpAddress& ip) {
    ConnectionSettings settings = SettingsFor(ClientTransport::kUdp);
    settings.server = Endpoint(ip, address().port());
    auto client = TurnClient::Connect(settings, CredentialsOf("alice"));
    if (client) client->set_timeout(kPatience);
    return client;
  }
};

// ST-04
TEST_F(AddressesTest, AListenerOnAllAddressesAnswersFromTheOneThatWasAsked) {
  StartRelay([](config::Options& o) { o.listening_ips = {IpAddress::Any(Family::kIPv4)}; });
  for (const uint8_t last : {1, 7, 201}) {
    const IpAddress ip = IpAddress::V4(127, 0, 0, last);
    auto client = ClientOf(ip);
    ASSERT_TRUE(client.ok()) << client.error().ToString();
    const auto allocated = client->Allocate({});
    ASSERT_TRUE(allocated.ok()) << allocated.error().ToString();
    // Without relay-ip the relay is where the client reached the server.
    EXPECT_EQ(allocated->relayed.ip(), ip);
  }
}

// ST-04, on the data path.
TEST_F(AddressesTest, RelayedDataComesFromTheAddressThatWasAsked) {
  StartRelay([](config::Options& o) { o.listening_ips = {IpAddress::Any(Family::kIPv4)}; });
  auto client = ClientOf(IpAddress::V4(127, 0, 0, 9));
  ASSERT_TRUE(client.ok()) << client.error().ToString();
  const auto allocated = client->Allocate({});
  ASSERT_TRUE(allocated.ok()) << allocated.error().ToString();
  UdpPeer peer;
  ASSERT_TRUE(client->CreatePermission({&peer.address(), 1}).ok());
  const auto payload = Pattern(160);
  peer.Send(allocated->relayed, payload);
  const auto event = client->NextEvent(kPatience);
  ASSERT_TRUE(event.ok()) << event.error().ToString();
  EXPECT_EQ(std::get<DataEvent>(*event).data, payload);
}

// AL-18, AL-19, over all workers.
TEST_F(AddressesTest, RelayedAddressesAreUniqueInRangeAndNotInSequence) {
  StartRelay();
  std::vector<TurnClient> clients;
  std::set<Endpoint> relayed;
  int in_sequence = 0;
  uint16_t previous = 0;
  for (int i = 0; i < 200; ++i) {
    auto client = Client(ClientTransport::kUdp);
    ASSERT_TRUE(client.ok()) << client.error().ToString();
    const auto allocated = client->Allocate({});
    ASSERT_TRUE(allocated.ok()) << allocated.error().ToString();
    EXPECT_TRUE(relayed.insert(allocated->relayed).second) << allocated->relayed.ToString();
    EXPECT_GE(allocated->relayed.port(), 49152);
    in_sequence += allocated->relayed.port() == previous + 1 ? 1 : 0;
    previous = allocated->relayed.port();
    clients.push_back(std::move(*client));
  }
  EXPECT_LT(in_sequence, 10);
}

// CH-14: a Send indication to a peer that has a channel is relayed, too.
TEST_F(AddressesTest, SendToAPeerWithAChannelIsRelayed) {
  StartRelay();
  auto client = Client(ClientTransport::kTcp);
  ASSERT_TRUE(client.ok()) << client.error().ToString();
  ASSERT_TRUE(client->Allocate({}).ok());
  UdpPeer peer;
  ASSERT_TRUE(client->ChannelBind(0x4000, peer.address()).ok());
  const auto payload = Pattern(100);
  ASSERT_TRUE(client->SendIndication(peer.address(), payload).ok());
  EXPECT_EQ(peer.Receive(kPatience).data, payload);
}

}  // namespace
}  // namespace culvert::testing
