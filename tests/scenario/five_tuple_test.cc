// An allocation belongs to one 5-tuple (RFC 8656 section 3.2): each has its own, and what happens
// on one leaves the others alone.

#include <poll.h>
#include <sys/socket.h>

#include "server/net/socket.h"
#include "tests/scenario/peers.h"
#include "tests/scenario/raw_messages.h"
#include "tests/scenario/relay_fixture.h"

namespace culvert::testing {
namespace {

using stun::AttributeType;
using stun::Method;

class FiveTupleTest : public RelayFixture {
 protected:
  ClientResult<TurnClient> ClientFrom(uint16_t port, ClientTransport transport) {
    ConnectionSettings settings = SettingsFor(transport);
    settings.from = IpAddress::V4(127, 0, 0, 1);
    settings.from_port = port;
    auto client = TurnClient::Connect(settings, CredentialsOf("alice"));
    if (client) client->set_timeout(kPatience);
    return client;
  }

  uint64_t Ended(turn::EndReason reason) {
    return Count(
        [reason](const observe::WorkerCounters& w) { return w.allocations_ended[reason].value(); });
  }

  // The code of Refresh with a MOBILITY-TICKET.
  static int RefreshByTicket(TurnClient& client, uint32_t lifetime) {
    const auto answer = client.Transact(Method::kRefresh, [lifetime](stun::Builder& builder) {
      const uint8_t ticket[8] = {1, 2, 3, 4, 5, 6, 7, 8};
      builder.AddUint32(AttributeType::kLifetime, lifetime);
      builder.Add(AttributeType::kMobilityTicket, ticket);
    });
    return answer.ok() ? 0 : answer.error().code;
  }
};

// GE-02: TCP and UDP from one port of the client.
TEST_F(FiveTupleTest, OnePortHasAnAllocationForEachProtocol) {
  StartRelay();
  const uint16_t port = FreePort();
  auto over_tcp = ClientFrom(port, ClientTransport::kTcp);
  auto over_udp = ClientFrom(port, ClientTransport::kUdp);
  ASSERT_TRUE(over_tcp.ok() && over_udp.ok());
  const auto of_tcp = over_tcp->Allocate({});
  ASSERT_TRUE(of_tcp.ok()) << of_tcp.error().ToString();
  const auto of_udp = over_udp->Allocate({});
  ASSERT_TRUE(of_udp.ok()) << of_udp.error().ToString();
  EXPECT_EQ(of_tcp->mapped, Endpoint(IpAddress::V4(127, 0, 0, 1), port));
  EXPECT_EQ(of_udp->mapped, of_tcp->mapped);
  EXPECT_NE(of_udp->relayed, of_tcp->relayed);
  // The end of one is not the other's.
  ASSERT_TRUE(over_tcp->Refresh(0).ok());
  EXPECT_TRUE(over_udp->Refresh(600).ok());
}

// GE-02, GE-04: as many relayed addresses, as many ports of the client.
TEST_F(FiveTupleTest, AnotherPortIsAnotherAllocation) {
  StartRelay();
  for (const auto transport : {ClientTransport::kUdp, ClientTransport::kTcp}) {
    auto first = Client(transport);
    auto second = Client(transport);
    ASSERT_TRUE(first.ok() && second.ok());
    const auto of_first = first->Allocate({});
    ASSERT_TRUE(of_first.ok()) << of_first.error().ToString();
    const auto again = first->Allocate({});
    ASSERT_FALSE(again.ok());
    EXPECT_EQ(again.error().code, 437);
    const auto of_second = second->Allocate({});
    ASSERT_TRUE(of_second.ok()) << of_second.error().ToString();
    EXPECT_NE(of_second->relayed, of_first->relayed);
  }
}

// GE-05: what the allocation held is free again.
TEST_F(FiveTupleTest, AClosedStreamEndsItsAllocation) {
  StartRelay([](config::Options& o) { o.user_quota = 1; });
  uint64_t ended = 0;
  for (const auto transport : {ClientTransport::kTcp, ClientTransport::kTls}) {
    for (const bool reset : {false, true}) {
      auto leaving = Client(transport);
      auto next = Client(transport);
      ASSERT_TRUE(leaving.ok() && next.ok());
      const auto allocated = leaving->Allocate({});
      ASSERT_TRUE(allocated.ok()) << allocated.error().ToString();
      const auto refused = next->Allocate({});
      ASSERT_FALSE(refused.ok());
      EXPECT_EQ(refused.error().code, 486);
      if (reset) {
        leaving->connection().Abort();
      } else {
        leaving->connection().EndSending();
      }
      ++ended;
      EXPECT_TRUE(Eventually([&] { return Ended(turn::EndReason::kClientGone) == ended; }));
      const auto granted = next->Allocate({});
      ASSERT_TRUE(granted.ok()) << granted.error().ToString();
      ASSERT_TRUE(next->Refresh(0).ok());
    }
  }
}

// GE-05: the same port of the client, so the same 5-tuple.
TEST_F(FiveTupleTest, ANewStreamFromTheSamePortAllocatesAnew) {
  StartRelay();
  const uint16_t port = FreePort();
  for (uint64_t round = 0; round < 3; ++round) {
    auto client = ClientFrom(port, ClientTransport::kTcp);
    ASSERT_TRUE(client.ok()) << client.error().ToString();
    const auto allocated = client->Allocate({});
    ASSERT_TRUE(allocated.ok()) << allocated.error().ToString();
    EXPECT_EQ(allocated->mapped.port(), port);
    client->connection().Abort();
    EXPECT_TRUE(Eventually([&] { return Ended(turn::EndReason::kClientGone) == round + 1; }));
  }
}

// MO-03, MO-04, MO-11, MO-13: a ticket moves nothing, and neither it nor bad credentials beside it
// touch the allocation.
TEST_F(FiveTupleTest, WhatIsRefusedOnANewPathLeavesTheOldOneAlone) {
  StartRelay();
  auto client = Client(ClientTransport::kUdp);
  ASSERT_TRUE(client.ok());
  const auto allocated = client->Allocate({});
  ASSERT_TRUE(allocated.ok()) << allocated.error().ToString();
  UdpPeer peer;
  ASSERT_TRUE(client->ChannelBind(0x4000, peer.address()).ok());

  for (const auto transport : {ClientTransport::kUdp, ClientTransport::kTcp}) {
    auto moved = Client(transport, "alice");
    auto foreign = Client(transport, "bob");
    auto guessing = TurnClient::Connect(SettingsFor(transport), {"alice", "guess"});
    ASSERT_TRUE(moved.ok() && foreign.ok() && guessing.ok());
    EXPECT_EQ(RefreshByTicket(*moved, 600), 437);
    EXPECT_EQ(RefreshByTicket(*moved, 0), 437);
    EXPECT_EQ(RefreshByTicket(*foreign, 0), 437);
    EXPECT_EQ(RefreshByTicket(*guessing, 0), 401);
  }

  peer.Send(allocated->relayed, AsBytes("to the old path"));
  const auto event = client->NextEvent(kPatience);
  ASSERT_TRUE(event.ok()) << event.error().ToString();
  EXPECT_EQ(std::get<ChannelDataEvent>(*event).channel, 0x4000);
  EXPECT_TRUE(client->Refresh(600).ok());
}

// ST-05: a client that is gone before its answer is not called back. It listens on the very address
// that it came from.
TEST_F(FiveTupleTest, TheRelayNeverConnectsToAClient) {
  StartRelay();
  const Endpoint at(IpAddress::V4(127, 0, 0, 1), FreePort());
  auto listener = net::OpenTcpListener(net::Syscalls::Kernel(), at);
  ASSERT_TRUE(listener.ok()) << listener.error().Explain(at);
  auto client = ClientFrom(at.port(), ClientTransport::kTcp);
  ASSERT_TRUE(client.ok()) << client.error().ToString();
  const auto allocated = client->Allocate({});
  ASSERT_TRUE(allocated.ok()) << allocated.error().ToString();
  UdpPeer peer;
  ASSERT_TRUE(client->CreatePermission({&peer.address(), 1}).ok());
  ASSERT_TRUE(client->connection().Send(TurnRequest(Method::kBinding).bytes(), kPatience).ok());
  client->connection().Abort();
  peer.Send(allocated->relayed, AsBytes("is anybody there?"));
  ASSERT_TRUE(Eventually([&] { return Ended(turn::EndReason::kClientGone) == 1; }));

  // The first that arrives is the test's own connection.
  ConnectionSettings own;
  own.transport = ClientTransport::kTcp;
  own.server = at;
  const auto mark = ClientConnection::Open(own);
  ASSERT_TRUE(mark.ok()) << mark.error().ToString();
  pollfd waiting = {listener->get(), POLLIN, 0};
  ASSERT_EQ(poll(&waiting, 1, static_cast<int>(kPatience.count())), 1);
  sockaddr_storage storage;
  socklen_t size = sizeof storage;
  const net::Fd accepted(accept(listener->get(), reinterpret_cast<sockaddr*>(&storage), &size));
  ASSERT_TRUE(accepted.valid());
  EXPECT_EQ(Endpoint::FromSockaddr(reinterpret_cast<sockaddr*>(&storage)), mark->local());
}

}  // namespace
}  // namespace culvert::testing
