// CreatePermission (RFC 8656 sections 9 and 10).
#include "tests/turn/session_harness.h"

namespace culvert::turn {
namespace {

TurnRequest Permit(uint32_t number = 2) {
  return TurnRequest(Method::kCreatePermission, number);
}

class PermissionTest : public SessionHarness {
 protected:
  bool Permits(const char* ip) {
    const IpAddress peer = *IpAddress::Parse(ip);
    const RelayTable* table = session().allocation()->table(peer.family());
    return table && table->Permits(peer, clock.now().instant);
  }
  Inbound::Kind From(const char* peer) {
    return session()
        .allocation()
        ->v4->RouteInbound(PeerAddress(*Endpoint::Parse(peer)), clock.now().instant)
        .kind;
  }
};

// PE-01, PE-07
TEST_F(PermissionTest, APermissionIsForAnAddressWhateverThePort) {
  AllocateUdp();
  EXPECT_EQ(From("192.0.2.99:5000"), Inbound::Kind::kDrop);
  EXPECT_EQ(Ask(Permit().Peer("192.0.2.99:5000")), Success("CreatePermission", 2));
  EXPECT_EQ(From("192.0.2.99:5000"), Inbound::Kind::kIndication);
  EXPECT_EQ(From("192.0.2.99:6000"), Inbound::Kind::kIndication);
  EXPECT_EQ(From("192.0.2.98:5000"), Inbound::Kind::kDrop);
}

// PE-01, PE-02: looking, in either direction, does not refresh.
TEST_F(PermissionTest, APermissionLastsThreeHundredSeconds) {
  AllocateUdp();
  Ask(Permit().Peer("192.0.2.99:0"));
  EXPECT_EQ(Pass(seconds{299}), Lines{});
  EXPECT_TRUE(Permits("192.0.2.99"));
  EXPECT_EQ(From("192.0.2.99:5000"), Inbound::Kind::kIndication);
  clock.Advance(seconds{1});  // no timer
  EXPECT_FALSE(Permits("192.0.2.99"));
  EXPECT_EQ(From("192.0.2.99:5000"), Inbound::Kind::kDrop);
}

// PE-01
TEST_F(PermissionTest, CreatePermissionRefreshes) {
  AllocateUdp();
  Ask(Permit(2).Peer("192.0.2.99:0"));
  Pass(seconds{200});
  Ask(Permit(3).Peer("192.0.2.99:0"));
  Pass(seconds{299});
  EXPECT_TRUE(Permits("192.0.2.99"));
}

// PE-01
TEST_F(PermissionTest, ChannelBindRefreshes) {
  AllocateUdp();
  Ask(Permit(2).Peer("192.0.2.99:0"));
  Pass(seconds{200});
  Ask(TurnRequest(Method::kChannelBind, 3).Channel(0x4000).Peer("192.0.2.99:5000"));
  Pass(seconds{299});
  EXPECT_TRUE(Permits("192.0.2.99"));
}

// The core forgets what expired: memory follows what is in use.
TEST_F(PermissionTest, ExpiredPermissionsAreForgotten) {
  AllocateUdp();
  Ask(Permit().Peer("192.0.2.99:0"));
  Pass(seconds{300});
  EXPECT_TRUE(session().allocation()->v4->permissions().empty());
}

// PE-03
TEST_F(PermissionTest, WithoutAPeerItIs400) {
  AllocateUdp();
  EXPECT_EQ(Ask(Permit()), Refusal("CreatePermission", 2, 400));
}

// PE-03, PE-04
TEST_F(PermissionTest, OneMalformedPeerIs400ForAll) {
  AllocateUdp();
  EXPECT_EQ(Ask(Permit().Peer("192.0.2.99:0").Add(AttributeType::kXorPeerAddress, {0, 1, 2, 3, 4})),
            Refusal("CreatePermission", 2, 400));
  EXPECT_FALSE(Permits("192.0.2.99"));
}

// PE-03, PE-04
TEST_F(PermissionTest, OnePeerOfForeignFamilyIs443ForAll) {
  AllocateUdp();
  EXPECT_EQ(Ask(Permit().Peer("192.0.2.99:0").Peer("[2001:db8::99]:0")),
            Refusal("CreatePermission", 2, 443));
  EXPECT_FALSE(Permits("192.0.2.99"));
}

// PE-03, PE-04, PE-05
TEST_F(PermissionTest, OneForbiddenPeerIs403ForAll) {
  AllocateUdp();
  EXPECT_EQ(Ask(Permit().Peer("192.0.2.99:0").Peer("127.0.0.1:0")),
            Refusal("CreatePermission", 2, 403));
  EXPECT_FALSE(Permits("192.0.2.99"));
}

// PE-05: two users of one relay talk from relayed address to relayed address.
TEST_F(PermissionTest, TheRelaysOwnRelayedAddressesMayBePeers) {
  AllocateUdp();
  EXPECT_EQ(Ask(Permit().Peer("192.0.2.10:49153")), Success("CreatePermission", 2));
}

// PE-06
TEST_F(PermissionTest, PortZeroIsFine) {
  AllocateUdp();
  EXPECT_EQ(Ask(Permit().Peer("192.0.2.99:0")), Success("CreatePermission", 2));
}

// PE-08
TEST_F(PermissionTest, ADualAllocationTakesPeersOfBothFamilies) {
  AllocateDual();
  EXPECT_EQ(Ask(Permit().Peer("192.0.2.99:0").Peer("[2001:db8::99]:0")),
            Success("CreatePermission", 2));
  EXPECT_TRUE(Permits("192.0.2.99"));
  EXPECT_TRUE(Permits("2001:db8::99"));
}

// PE-09
TEST_F(PermissionTest, ATcpAllocationHasPermissionsToo) {
  AllocateTcp();
  EXPECT_EQ(Ask(Permit().Peer("192.0.2.99:0")), Success("CreatePermission", 2));
  EXPECT_TRUE(Permits("192.0.2.99"));
}

// PE-03, PE-04, PE-10
TEST_F(PermissionTest, MorePeersThanThereIsRoomForAre508AndNoneIsInstalled) {
  settings.max_permissions = 2;
  AllocateUdp();
  Ask(Permit(2).Peer("192.0.2.1:0"));
  EXPECT_EQ(Ask(Permit(3).Peer("192.0.2.2:0").Peer("192.0.2.3:0")),
            Refusal("CreatePermission", 3, 508));
  EXPECT_FALSE(Permits("192.0.2.2"));
  // One known, one new, one of them twice: that is two.
  EXPECT_EQ(Ask(Permit(4).Peer("192.0.2.1:0").Peer("192.0.2.2:0").Peer("192.0.2.2:7")),
            Success("CreatePermission", 4));
}

// PE-10, AL-25
TEST_F(PermissionTest, EachFamilyOfADualAllocationHasItsOwnRoom) {
  settings.max_permissions = 1;
  AllocateDual();
  EXPECT_EQ(Ask(Permit().Peer("192.0.2.99:0").Peer("[2001:db8::99]:0")),
            Success("CreatePermission", 2));
}

// PE-10
TEST_F(PermissionTest, WhatExpiredMakesRoom) {
  settings.max_permissions = 1;
  AllocateUdp();
  Ask(Permit(2).Peer("192.0.2.1:0"));
  clock.Advance(seconds{300});  // no timer
  EXPECT_EQ(Ask(Permit(3).Peer("192.0.2.2:0")), Success("CreatePermission", 3));
}

// PE-10: a request as large as they come costs one refusal.
TEST_F(PermissionTest, ThousandsOfPeersInOneRequestAre508) {
  AllocateUdp();
  TurnRequest request = Permit();
  for (int i = 0; i < 5000; ++i) {
    request.Peer("10." + std::to_string(i / 250) + "." + std::to_string(i % 250) + ".1:0");
  }
  EXPECT_EQ(Ask(std::move(request)), Refusal("CreatePermission", 2, 508));
  EXPECT_TRUE(session().allocation()->v4->permissions().empty());
}

// GE-01
TEST_F(PermissionTest, WithoutAnAllocationItIs437) {
  EXPECT_EQ(Ask(Permit().Peer("192.0.2.99:0")),
            Lines{"lookup alice"} + Refusal("CreatePermission", 2, 437));
}

// The operator's ranges, and a user's own.
TEST_F(PermissionTest, AUsersDeniedRangeIs403) {
  auth::Policy policy;
  policy.denied_peers.push_back(*AddressRange::Parse("192.0.2.0/24"));
  AddUser(alice, "alice", auth::kNoExpiry, policy);
  AllocateUdp();
  EXPECT_EQ(Ask(Permit(2).Peer("192.0.2.99:0")), Refusal("CreatePermission", 2, 403));
  EXPECT_EQ(Ask(Permit(3).Peer("10.0.0.1:0")), Success("CreatePermission", 3));
}

}  // namespace
}  // namespace culvert::turn
