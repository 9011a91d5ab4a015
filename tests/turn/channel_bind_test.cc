// ChannelBind (RFC 8656 section 12).
#include "tests/turn/session_harness.h"

namespace culvert::turn {
namespace {

TurnRequest Bind(uint16_t channel, const char* peer, uint32_t number = 2) {
  return TurnRequest(Method::kChannelBind, number).Channel(channel).Peer(peer);
}

class ChannelBindTest : public SessionHarness {
 protected:
  // The peer that ChannelData on `channel` goes to, or the reason why to none.
  std::string Route(uint16_t channel, Family family = Family::kIPv4) {
    Drop why{};
    const Channel* found =
        session().allocation()->table(family)->RouteChannel(channel, clock.now().instant, &why);
    return found ? found->peer.ToString() : DropName(why);
  }
  // The channel that a datagram from `peer` arrives on, or what becomes of it.
  std::string From(const char* peer) {
    const Endpoint endpoint = *Endpoint::Parse(peer);
    const Inbound inbound = session()
                                .allocation()
                                ->table(endpoint.family())
                                ->RouteInbound(PeerAddress(endpoint), clock.now().instant);
    switch (inbound.kind) {
      case Inbound::Kind::kDrop:
        return "drop";
      case Inbound::Kind::kIndication:
        return "indication";
      case Inbound::Kind::kChannel:
        return "channel " + std::to_string(inbound.channel);
    }
    return "?";
  }
};

// SD-07
TEST_F(ChannelBindTest, AChannelJoinsANumberAndAPeer) {
  AllocateUdp();
  EXPECT_EQ(Ask(Bind(0x4000, "192.0.2.99:5000")), Success("ChannelBind", 2));
  EXPECT_EQ(Route(0x4000), "192.0.2.99:5000");
  EXPECT_EQ(From("192.0.2.99:5000"), "channel 16384");
  EXPECT_EQ(From("192.0.2.99:5001"), "indication");
  EXPECT_EQ(From("192.0.2.98:5000"), "drop");
}

// CH-01
TEST_F(ChannelBindTest, OnlyTheNumbersOfTheRangeAreBound) {
  AllocateUdp();
  for (const uint16_t number : {0x3fff, 0x5000, 0x7fff, 0xffff, 0}) {
    EXPECT_EQ(Ask(Bind(number, "192.0.2.99:5000")), Refusal("ChannelBind", 2, 400)) << number;
  }
  EXPECT_EQ(Ask(Bind(0x4fff, "192.0.2.99:5000")), Success("ChannelBind", 2));
}

// CH-02
TEST_F(ChannelBindTest, WithoutNumberOrPeerItIs400) {
  AllocateUdp();
  EXPECT_EQ(Ask(TurnRequest(Method::kChannelBind, 2).Channel(0x4000)),
            Refusal("ChannelBind", 2, 400));
  EXPECT_EQ(Ask(TurnRequest(Method::kChannelBind, 3).Peer("192.0.2.99:5000")),
            Refusal("ChannelBind", 3, 400));
}

// CH-02
TEST_F(ChannelBindTest, ANumberThatIsBoundToAnotherPeerIs400) {
  AllocateUdp();
  Ask(Bind(0x4000, "192.0.2.99:5000", 2));
  EXPECT_EQ(Ask(Bind(0x4000, "192.0.2.99:5001", 3)), Refusal("ChannelBind", 3, 400));
  EXPECT_EQ(Route(0x4000), "192.0.2.99:5000");
}

// CH-02
TEST_F(ChannelBindTest, APeerThatIsBoundToAnotherNumberIs400) {
  AllocateUdp();
  Ask(Bind(0x4000, "192.0.2.99:5000", 2));
  EXPECT_EQ(Ask(Bind(0x4001, "192.0.2.99:5000", 3)), Refusal("ChannelBind", 3, 400));
  EXPECT_EQ(Route(0x4001), "no_channel");
}

// CH-02, CH-03: a conflict is found before the peer is judged.
TEST_F(ChannelBindTest, ABoundNumberAndAForbiddenPeerIs400) {
  AllocateUdp();
  Ask(Bind(0x4000, "192.0.2.99:5000", 2));
  EXPECT_EQ(Ask(Bind(0x4000, "127.0.0.1:5000", 3)), Refusal("ChannelBind", 3, 400));
}

// CH-02
TEST_F(ChannelBindTest, TheSamePairAgainRefreshes) {
  AllocateUdp();
  Ask(TurnRequest(Method::kRefresh, 2).Lifetime(3600));
  Ask(Bind(0x4000, "192.0.2.99:5000", 3));
  Pass(seconds{500});
  EXPECT_EQ(Ask(Bind(0x4000, "192.0.2.99:5000", 4)), Success("ChannelBind", 4));
  Pass(seconds{299});
  EXPECT_EQ(Route(0x4000), "192.0.2.99:5000");
  Pass(seconds{300});
  EXPECT_EQ(Route(0x4000), "no_permission");
}

// CH-03
TEST_F(ChannelBindTest, APeerOfForeignFamilyIs443) {
  AllocateUdp();
  EXPECT_EQ(Ask(Bind(0x4000, "[2001:db8::99]:5000")), Refusal("ChannelBind", 2, 443));
}

// CH-03, AL-27
TEST_F(ChannelBindTest, AForbiddenPeerIs403) {
  AllocateDual();
  EXPECT_EQ(Ask(Bind(0x4000, "169.254.169.254:80", 2)), Refusal("ChannelBind", 2, 403));
  EXPECT_EQ(Ask(Bind(0x4000, "[2002:c000:204::7]:80", 3)), Refusal("ChannelBind", 3, 403));
  EXPECT_EQ(Ask(Bind(0x4000, "[2001:0:53aa:64c::7]:80", 4)), Refusal("ChannelBind", 4, 403));
}

// PE-05, AL-28
TEST_F(ChannelBindTest, TheRelaysListenersAre403AndTheirNeighboursAreNot) {
  AllocateUdp();
  EXPECT_EQ(Ask(Bind(0x4000, "203.0.113.1:443", 2)), Refusal("ChannelBind", 2, 403));
  EXPECT_EQ(Ask(Bind(0x4000, "203.0.113.1:444", 3)), Success("ChannelBind", 3));
}

// CH-03
TEST_F(ChannelBindTest, MoreChannelsThanAllowedAre508) {
  settings.max_channels = 1;
  AllocateUdp();
  Ask(Bind(0x4000, "192.0.2.99:5000", 2));
  EXPECT_EQ(Ask(Bind(0x4001, "192.0.2.98:5000", 3)), Refusal("ChannelBind", 3, 508));
  EXPECT_EQ(From("192.0.2.98:5000"), "drop");
}

// CH-03: the permission needs room as well; without it there is no channel either.
TEST_F(ChannelBindTest, NoRoomForThePermissionIs508) {
  settings.max_permissions = 1;
  AllocateUdp();
  Ask(TurnRequest(Method::kCreatePermission, 2).Peer("192.0.2.1:0"));
  EXPECT_EQ(Ask(Bind(0x4000, "192.0.2.99:5000", 3)), Refusal("ChannelBind", 3, 508));
  EXPECT_EQ(Route(0x4000), "no_channel");
}

// CH-04, CH-12, CH-13
TEST_F(ChannelBindTest, AChannelOutlivesItsPermissionAndIsRevivedByAnother) {
  AllocateUdp();
  Ask(Bind(0x4000, "192.0.2.99:5000", 2));
  Pass(seconds{400});
  EXPECT_EQ(Route(0x4000), "no_permission");
  EXPECT_EQ(From("192.0.2.99:5000"), "drop");
  Ask(TurnRequest(Method::kCreatePermission, 3).Peer("192.0.2.99:0"));
  EXPECT_EQ(Route(0x4000), "192.0.2.99:5000");
  EXPECT_EQ(From("192.0.2.99:5000"), "channel 16384");
}

// CH-05
TEST_F(ChannelBindTest, PortZeroIs400) {
  AllocateUdp();
  EXPECT_EQ(Ask(Bind(0x4000, "192.0.2.99:0")), Refusal("ChannelBind", 2, 400));
}

// CH-07
TEST_F(ChannelBindTest, AfterSixHundredSecondsNumberAndPeerAreFree) {
  AllocateUdp();
  Ask(TurnRequest(Method::kRefresh, 2).Lifetime(3600));
  Ask(Bind(0x4000, "192.0.2.99:5000", 3));
  Pass(seconds{599});
  EXPECT_EQ(Ask(Bind(0x4000, "192.0.2.98:5000", 4)), Refusal("ChannelBind", 4, 400));
  clock.Advance(seconds{1});  // no timer
  EXPECT_EQ(Route(0x4000), "no_channel");
  EXPECT_EQ(Ask(Bind(0x4000, "192.0.2.98:5000", 5)), Success("ChannelBind", 5));
  EXPECT_EQ(Ask(Bind(0x4001, "192.0.2.99:5000", 6)), Success("ChannelBind", 6));
}

// CH-10
TEST_F(ChannelBindTest, UnboundNumbersLeadNowhere) {
  AllocateUdp();
  EXPECT_EQ(Route(0x4000), "no_channel");
  EXPECT_EQ(Route(0xffff), "no_channel");
}

// AL-25: ChannelData does not say which relayed address it means.
TEST_F(ChannelBindTest, ANumberIsBoundInOneFamilyOfADualAllocationOnly) {
  AllocateDual();
  Ask(Bind(0x4000, "192.0.2.99:5000", 2));
  EXPECT_EQ(Ask(Bind(0x4000, "[2001:db8::99]:5000", 3)), Refusal("ChannelBind", 3, 400));
  EXPECT_EQ(Ask(Bind(0x4001, "[2001:db8::99]:5000", 4)), Success("ChannelBind", 4));
  EXPECT_EQ(Route(0x4001, Family::kIPv6), "[2001:db8::99]:5000");
}

// CH-17, TC-07
TEST_F(ChannelBindTest, OnATcpAllocationItIs403) {
  AllocateTcp();
  EXPECT_EQ(Ask(Bind(0x4000, "192.0.2.99:5000")), Refusal("ChannelBind", 2, 403));
}

// GE-01
TEST_F(ChannelBindTest, WithoutAnAllocationItIs437) {
  EXPECT_EQ(Ask(Bind(0x4000, "192.0.2.99:5000")),
            Lines{"lookup alice"} + Refusal("ChannelBind", 2, 437));
}

}  // namespace
}  // namespace culvert::turn
