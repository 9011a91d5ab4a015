// UDP allocations from end to end: ports, reservations, both families, quotas, forbidden peers.

#include "server/stun/channel_data.h"
#include "server/stun/message.h"
#include "tests/scenario/peers.h"
#include "tests/scenario/raw_messages.h"
#include "tests/scenario/relay_fixture.h"

namespace culvert::testing {
namespace {

using stun::AttributeType;
using stun::Message;
using stun::Method;

class UdpAllocationTest : public RelayFixture {
 protected:
  TurnClient Connected(ClientTransport transport, const std::string& user = "alice") {
    auto client = Client(transport, user);
    EXPECT_TRUE(client.ok()) << client.error().ToString();
    return std::move(*client);
  }

  // An Allocate for UDP with further attributes; the whole answer.
  static ClientResult<std::vector<uint8_t>> AllocateWith(TurnClient& client,
                                                         const TurnClient::AddAttributes& add) {
    return client.Transact(Method::kAllocate, [&add](stun::Builder& builder) {
      const uint8_t udp[4] = {stun::kTransportUdp, 0, 0, 0};
      builder.Add(AttributeType::kRequestedTransport, udp);
      add(builder);
    });
  }
  static Endpoint RelayedOf(const std::vector<uint8_t>& answer) {
    return Message::Parse(answer)
        ->XorAddress(AttributeType::kXorRelayedAddress)
        .value_or(Endpoint());
  }
};

// AL-30: the same request again, as over a network that loses answers.
TEST_F(UdpAllocationTest, ARetransmittedAllocateHasTheSameAnswer) {
  StartRelay();
  TurnClient client = Connected(ClientTransport::kUdp);
  ASSERT_FALSE(client.ConnectToPeer(address()).ok());  // teaches realm and nonce
  const ClientCredentials& known = client.credentials();
  const TestUser alice(known.username, known.password, known.realm);
  const auto request =
      TurnRequest(Method::kAllocate, 77).Transport(17).SignedBy(alice, known.nonce).bytes();
  std::vector<uint8_t> answers[3];
  for (auto& answer : answers) {
    ASSERT_TRUE(client.connection().Send(request, kPatience).ok());
    answer.resize(2000);
    const auto size = client.connection().Receive(answer, kPatience);
    ASSERT_TRUE(size.ok()) << size.error().ToString();
    answer.resize(*size);
    ASSERT_EQ(Message::Parse(answer)->message_class(), stun::Class::kSuccess);
  }
  EXPECT_EQ(RelayedOf(answers[0]), RelayedOf(answers[1]));
  EXPECT_EQ(RelayedOf(answers[0]), RelayedOf(answers[2]));
  EXPECT_EQ(Count([](const observe::WorkerCounters& w) {
              return w.allocations_created[observe::RelayedProtocol::kUdp].value();
            }),
            1u);
  EXPECT_EQ(Count([](const observe::WorkerCounters& w) {
              return w.connections_accepted[turn::Transport::kUdp].value();
            }),
            1u);
  // AL-02: another transaction is another matter.
  const auto again = client.Allocate({});
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, 437);
}

// AL-16, AL-17: the odd port of the pair is redeemed over another transport, on whatever worker.
TEST_F(UdpAllocationTest, AReservationIsRedeemedOverAnotherTransport) {
  StartRelay();
  for (const auto second : {ClientTransport::kTls, ClientTransport::kTcp, ClientTransport::kUdp}) {
    TurnClient first = Connected(ClientTransport::kUdp);
    const auto reserving = AllocateWith(first, [](stun::Builder& builder) {
      const uint8_t and_next = 0x80;
      builder.Add(AttributeType::kEvenPort, {&and_next, 1});
    });
    ASSERT_TRUE(reserving.ok()) << reserving.error().ToString();
    const Endpoint even = RelayedOf(*reserving);
    EXPECT_EQ(even.port() % 2, 0);
    const auto token = Message::Parse(*reserving)->Find(AttributeType::kReservationToken);
    ASSERT_TRUE(token.has_value());
    ASSERT_EQ(token->size(), 8u);
    const auto with_token = [&token](stun::Builder& builder) {
      builder.Add(AttributeType::kReservationToken, *token);
    };
    // Another user has no use for it.
    TurnClient thief = Connected(second, "bob");
    const auto stolen = AllocateWith(thief, with_token);
    ASSERT_FALSE(stolen.ok());
    EXPECT_EQ(stolen.error().code, 508);
    TurnClient other = Connected(second);
    const auto redeemed = AllocateWith(other, with_token);
    ASSERT_TRUE(redeemed.ok()) << redeemed.error().ToString();
    EXPECT_EQ(RelayedOf(*redeemed), Endpoint(even.ip(), static_cast<uint16_t>(even.port() + 1)));
    // AL-06: once only.
    TurnClient late = Connected(second);
    const auto used = AllocateWith(late, with_token);
    ASSERT_FALSE(used.ok());
    EXPECT_EQ(used.error().code, 508);
  }
}

// AL-11, RF-03: both families on one 5-tuple, and one of them let go.
TEST_F(UdpAllocationTest, ADualAllocationHasBothFamilies) {
  StartRelay();
  TurnClient client = Connected(ClientTransport::kTcp);
  const auto answer = AllocateWith(client, [](stun::Builder& builder) {
    const uint8_t v6[4] = {2, 0, 0, 0};
    builder.Add(AttributeType::kAdditionalAddressFamily, v6);
  });
  ASSERT_TRUE(answer.ok()) << answer.error().ToString();
  const auto message = Message::Parse(*answer);
  std::vector<Endpoint> relayed;
  for (size_t at = stun::kHeaderSize; at + 4 <= answer->size();) {
    const uint16_t type = LoadBig16(answer->data() + at);
    const uint16_t size = LoadBig16(answer->data() + at + 2);
    if (type == static_cast<uint16_t>(AttributeType::kXorRelayedAddress)) {
      EXPECT_EQ(size, relayed.empty() ? 8 : 20);
      relayed.emplace_back();
    }
    at += 4 + stun::PaddedSize(size);
  }
  ASSERT_EQ(relayed.size(), 2u);
  EXPECT_EQ(message->XorAddress(AttributeType::kXorRelayedAddress)->family(), Family::kIPv4);
  const auto without_v6 = client.Transact(Method::kRefresh, [](stun::Builder& builder) {
    const uint8_t v6[4] = {2, 0, 0, 0};
    builder.Add(AttributeType::kRequestedAddressFamily, v6);
    builder.AddUint32(AttributeType::kLifetime, 0);
  });
  ASSERT_TRUE(without_v6.ok()) << without_v6.error().ToString();
  UdpPeer peer;
  ASSERT_TRUE(client.CreatePermission({&peer.address(), 1}).ok());
  ASSERT_TRUE(client.SendIndication(peer.address(), AsBytes("still here")).ok());
  EXPECT_EQ(peer.Receive(kPatience).text(), "still here");
}

// AL-13, GE-03
TEST_F(UdpAllocationTest, QuotasAre486) {
  StartRelay([](config::Options& o) {
    o.user_quota = 2;
    o.total_quota = 3;
  });
  TurnClient one = Connected(ClientTransport::kUdp);
  TurnClient two = Connected(ClientTransport::kTcp);
  TurnClient three = Connected(ClientTransport::kTls);
  ASSERT_TRUE(one.Allocate({}).ok());
  ASSERT_TRUE(two.Allocate({}).ok());
  auto refused = three.Allocate({});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, 486);
  TurnClient of_bob = Connected(ClientTransport::kUdp, "bob");
  ASSERT_TRUE(of_bob.Allocate({}).ok());
  TurnClient of_carol = Connected(ClientTransport::kUdp, "carol");
  refused = of_carol.Allocate({});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, 486);
  // What is given back can be had again.
  ASSERT_TRUE(one.Refresh(0).ok());
  EXPECT_TRUE(three.Allocate({}).ok());
}

// PE-05: in every spelling of the address, in every request that names a peer.
TEST_F(UdpAllocationTest, ForbiddenPeersAre403InAllSpellings) {
  StartRelay([](config::Options& o) { o.allow_loopback_peers = false; });
  TurnClient client = Connected(ClientTransport::kTcp);
  const auto both = AllocateWith(client, [](stun::Builder& builder) {
    const uint8_t v6[4] = {2, 0, 0, 0};
    builder.Add(AttributeType::kAdditionalAddressFamily, v6);
  });
  ASSERT_TRUE(both.ok()) << both.error().ToString();
  for (const char* text :
       {"127.0.0.1:5000", "127.8.9.10:5000", "0.0.0.0:5000", "169.254.1.1:5000", "224.0.0.1:5000",
        "255.255.255.255:5000", "[::1]:5000", "[::]:5000", "[::127.0.0.1]:5000",
        "[::ffff:127.0.0.1]:5000", "[64:ff9b::7f00:1]:5000", "[2002:7f00:1::]:5000",
        "[2001::1]:5000", "[fe80::1]:5000", "[ff02::1]:5000"}) {
    const auto peer = Endpoint::Parse(text);
    ASSERT_TRUE(peer.has_value()) << text;
    const auto permitted = client.CreatePermission({&*peer, 1});
    ASSERT_FALSE(permitted.ok()) << text;
    EXPECT_EQ(permitted.error().code, 403) << text;
    const auto bound = client.ChannelBind(0x4000, *peer);
    ASSERT_FALSE(bound.ok()) << text;
    EXPECT_EQ(bound.error().code, 403) << text;
  }
}

// PE-05: the relay's own listener, whatever else is allowed.
TEST_F(UdpAllocationTest, TheRelaysOwnListenerIsNoPeer) {
  StartRelay();
  TurnClient client = Connected(ClientTransport::kTls);
  ASSERT_TRUE(client.Allocate({}).ok());
  const auto bound = client.ChannelBind(0x4000, address());
  ASSERT_FALSE(bound.ok());
  EXPECT_EQ(bound.error().code, 403);
  TurnClient tcp = Connected(ClientTransport::kTcp, "bob");
  ASSERT_TRUE(tcp.Allocate({.transport = stun::kTransportTcp}).ok());
  const auto connected = tcp.ConnectToPeer(address());
  ASSERT_FALSE(connected.ok());
  EXPECT_EQ(connected.error().code, 403);
}

}  // namespace
}  // namespace culvert::testing
