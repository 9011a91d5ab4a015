// Refresh (RFC 8656 section 8).
#include "tests/turn/session_harness.h"

namespace culvert::turn {
namespace {

TurnRequest Refresh(uint32_t number = 2) {
  return TurnRequest(Method::kRefresh, number);
}

Lines Deleted(const Lines& closed, EndReason reason = EndReason::kDeleted) {
  return closed + Lines{"release", std::string("ended ") + EndReasonName(reason)};
}

class RefreshTest : public SessionHarness {};

// RF-01
TEST_F(RefreshTest, LifetimeZeroDeletesAtOnce) {
  AllocateUdp();
  EXPECT_EQ(Ask(Refresh().Lifetime(0)),
            Deleted({"close relay v4"}) + Success("Refresh", 2, "LIFETIME 0"));
  EXPECT_EQ(session().allocation(), nullptr);
  EXPECT_EQ(session().next_deadline(), kNever);
}

// RF-01, RF-05
TEST_F(RefreshTest, AfterADeletionTheNextRefreshIs437) {
  AllocateUdp();
  Ask(Refresh().Lifetime(0));
  EXPECT_EQ(Ask(Refresh().Lifetime(0)), Refusal("Refresh", 2, 437));
}

// RF-01, RF-08
TEST_F(RefreshTest, AfterADeletionTheFiveTupleMayAllocateAgain) {
  AllocateUdp();
  Ask(Refresh().Lifetime(0));
  EXPECT_EQ(Ask(TurnRequest(Method::kAllocate, 3).Transport(stun::kTransportUdp)),
            (Lines{"acquire alice", "open udp v4 any", "created"} +
             Success("Allocate", 3,
                     "XOR-RELAYED-ADDRESS 192.0.2.10:49153, LIFETIME 600, "
                     "XOR-MAPPED-ADDRESS 198.51.100.7:40000")));
}

// RF-02
TEST_F(RefreshTest, TheLifetimeFollowsTheRuleOfAllocate) {
  AllocateUdp();
  EXPECT_EQ(Ask(Refresh(2)), Lines{"refreshed 600"} + Success("Refresh", 2, "LIFETIME 600"));
  EXPECT_EQ(Ask(Refresh(3).Lifetime(10)),
            Lines{"refreshed 600"} + Success("Refresh", 3, "LIFETIME 600"));
  EXPECT_EQ(Ask(Refresh(4).Lifetime(1200)),
            Lines{"refreshed 1200"} + Success("Refresh", 4, "LIFETIME 1200"));
  EXPECT_EQ(Ask(Refresh(5).Lifetime(4000)),
            Lines{"refreshed 3600"} + Success("Refresh", 5, "LIFETIME 3600"));
}

// RF-02, AL-24
TEST_F(RefreshTest, ALifetimeOfWrongLengthIs400) {
  AllocateUdp();
  EXPECT_EQ(Ask(Refresh().Add(AttributeType::kLifetime, {0, 0})), Refusal("Refresh", 2, 400));
}

// RF-02, RF-06: the time runs from the last Refresh and from nothing else.
TEST_F(RefreshTest, AnAllocationEndsAtTheEndOfItsRefreshedLifetime) {
  AllocateUdp();
  Pass(seconds{500});
  Ask(Refresh());
  EXPECT_EQ(Pass(seconds{599}), Lines{});
  EXPECT_EQ(Pass(seconds{1}), Deleted({"close relay v4"}, EndReason::kExpired));
}

// RF-06
TEST_F(RefreshTest, PermissionsAndChannelsDoNotLengthenAnAllocation) {
  AllocateUdp();
  Pass(seconds{590});
  Ask(TurnRequest(Method::kChannelBind, 2).Channel(0x4000).Peer("192.0.2.99:5000"));
  EXPECT_EQ(Pass(seconds{10}), Deleted({"close relay v4"}, EndReason::kExpired));
}

// RF-06: a timer that comes late extends nothing.
TEST_F(RefreshTest, AnExpiredAllocationIsGoneEvenWhenNoTimerCame) {
  AllocateUdp();
  clock.Advance(seconds{600});
  EXPECT_FALSE(
      session().allocation()->v4->Permits(IpAddress::V4(192, 0, 2, 99), clock.now().instant));
  EXPECT_EQ(Ask(Refresh()),
            Deleted({"close relay v4"}, EndReason::kExpired) + Refusal("Refresh", 2, 437));
}

// RF-03
TEST_F(RefreshTest, AFamilyThatIsNotTheAllocationsIs443) {
  AllocateUdp();
  EXPECT_EQ(Ask(Refresh().RequestedFamily(2)), Refusal("Refresh", 2, 443));
  EXPECT_EQ(Ask(Refresh(3).RequestedFamily(3)), Refusal("Refresh", 3, 443));
}

// RF-03
TEST_F(RefreshTest, AFamilyThatDoesNotExistIs443OnADualAllocationToo) {
  AllocateDual();
  EXPECT_EQ(Ask(Refresh().RequestedFamily(3).Lifetime(0)), Refusal("Refresh", 2, 443));
}

TEST_F(RefreshTest, AFamilyOfWrongLengthIs400) {
  AllocateUdp();
  EXPECT_EQ(Ask(Refresh().Add(AttributeType::kRequestedAddressFamily, {1})),
            Refusal("Refresh", 2, 400));
}

// RF-03, AL-25
TEST_F(RefreshTest, DeletingOneFamilyOfTwoLeavesTheOther) {
  AllocateDual();
  Ask(TurnRequest(Method::kCreatePermission, 2).Peer("192.0.2.99:0").Peer("[2001:db8::99]:0"));
  EXPECT_EQ(Ask(Refresh(3).RequestedFamily(2).Lifetime(0)),
            Lines{"close relay v6"} + Success("Refresh", 3, "LIFETIME 0"));
  ASSERT_TRUE(session().allocation()->v4);
  EXPECT_FALSE(session().allocation()->v6);
  EXPECT_TRUE(
      session().allocation()->v4->Permits(IpAddress::V4(192, 0, 2, 99), clock.now().instant));
}

// RF-03, AL-25
TEST_F(RefreshTest, DeletingBothFamiliesOneByOneEndsTheAllocation) {
  AllocateDual();
  Ask(Refresh(2).RequestedFamily(1).Lifetime(0));
  EXPECT_EQ(Ask(Refresh(3).RequestedFamily(2).Lifetime(0)),
            Deleted({"close relay v6"}) + Success("Refresh", 3, "LIFETIME 0"));
}

// RF-03, AL-25
TEST_F(RefreshTest, RefreshingOneFamilyOfTwoLetsTheOtherExpire) {
  AllocateDual();
  Pass(seconds{300});
  EXPECT_EQ(Ask(Refresh().RequestedFamily(2)),
            Lines{"refreshed 600"} + Success("Refresh", 2, "LIFETIME 600"));
  EXPECT_EQ(Pass(seconds{300}), Lines{"close relay v4"});
  EXPECT_EQ(Pass(seconds{300}), Deleted({"close relay v6"}, EndReason::kExpired));
}

// RF-04
TEST_F(RefreshTest, WithoutAFamilyBothAreRefreshed) {
  AllocateDual();
  Pass(seconds{300});
  Ask(Refresh());
  EXPECT_EQ(Pass(seconds{599}), Lines{});
  EXPECT_EQ(Pass(seconds{1}), Deleted({"close relay v4", "close relay v6"}, EndReason::kExpired));
}

// RF-04
TEST_F(RefreshTest, WithoutAFamilyBothAreDeleted) {
  AllocateDual();
  EXPECT_EQ(Ask(Refresh().Lifetime(0)),
            Deleted({"close relay v4", "close relay v6"}) + Success("Refresh", 2, "LIFETIME 0"));
}

// RF-07, ST-27
TEST_F(RefreshTest, SoftwareIsInTheAnswer) {
  settings.software = "Culvert";
  AllocateUdp();
  EXPECT_EQ(Ask(Refresh()),
            Lines{"refreshed 600"} + Success("Refresh", 2, "LIFETIME 600, SOFTWARE Culvert"));
}

// GE-01
TEST_F(RefreshTest, WithoutAnAllocationItIs437) {
  EXPECT_EQ(Ask(Refresh()), Lines{"lookup alice"} + Refusal("Refresh", 2, 437));
}

// MO-03, MO-04, MO-11: a ticket opens nothing, whatever is in it; the attribute is optional, so
// that it is no 420.
TEST_F(RefreshTest, ATicketFindsNoAllocationOfAnotherFiveTuple) {
  EXPECT_EQ(Ask(Refresh(2).Add(AttributeType::kMobilityTicket, {1, 2, 3, 4})),
            Lines{"lookup alice"} + Refusal("Refresh", 2, 437));
  EXPECT_EQ(Ask(Refresh(3).Add(AttributeType::kMobilityTicket, {})), Refusal("Refresh", 3, 437));
  EXPECT_EQ(Ask(Refresh(4).Add(AttributeType::kMobilityTicket, {1, 2, 3, 4}).Lifetime(0)),
            Refusal("Refresh", 4, 437));
  EXPECT_EQ(Ask(bob, Refresh(5).Add(AttributeType::kMobilityTicket, {1, 2, 3, 4})),
            Lines{"lookup bob"} + Refusal("Refresh", 5, 437));
}

// MO-05: the answer has no ticket either.
TEST_F(RefreshTest, ATicketOnTheOldFiveTupleIsIgnored) {
  AllocateUdp();
  EXPECT_EQ(Ask(Refresh(2).Add(AttributeType::kMobilityTicket, {1, 2, 3, 4})),
            Lines{"refreshed 600"} + Success("Refresh", 2, "LIFETIME 600"));
  EXPECT_EQ(Ask(Refresh(3).Add(AttributeType::kMobilityTicket, {1, 2, 3, 4}).Lifetime(0)),
            Deleted({"close relay v4"}) + Success("Refresh", 3, "LIFETIME 0"));
}

// AL-22: the renewed name's credential carries on where the old one's would have ended.
TEST_F(RefreshTest, ARenewedCredentialLengthensTheAllocation) {
  const TestUser renewed("1800009000:alice", "new", "example.org");
  AddUser(alice, "alice", clock.now().wall + seconds{100});
  AddUser(renewed, "alice", clock.now().wall + seconds{500});
  AllocateUdp();
  Pass(seconds{50});
  EXPECT_EQ(Ask(renewed, Refresh()), (Lines{"lookup 1800009000:alice", "refreshed 450"} +
                                      Success("Refresh", 2, "LIFETIME 450")));
  EXPECT_EQ(Pass(seconds{449}), Lines{});
  EXPECT_EQ(Pass(seconds{1}), Deleted({"close relay v4"}, EndReason::kCredentialExpired));
}

// AL-22: from then on the old name's expiry means nothing.
TEST_F(RefreshTest, ARenewedAllocationBelongsToTheNewCredential) {
  const TestUser renewed("alice2", "new", "example.org");
  AddUser(alice, "alice", clock.now().wall + seconds{100});
  AddUser(renewed, "alice");
  AllocateUdp();
  Ask(renewed, Refresh());
  EXPECT_EQ(Pass(seconds{600}), Deleted({"close relay v4"}, EndReason::kExpired));
}

// CR-33: replayed bytes on the same path are served again and do no harm.
TEST_F(RefreshTest, AReplayedDeletionIs437) {
  AllocateUdp();
  TurnRequest request = Refresh().Lifetime(0);
  request.SignedBy(alice, Nonce());
  Send(request);
  EXPECT_EQ(Send(request), Refusal("Refresh", 2, 437));
}

// GE-05, TC-51: what the relay does when a stream without mobility is gone.
TEST_F(RefreshTest, TheRelayEndsAnAllocationWhoseClientIsGone) {
  AllocateUdp();
  session().End(EndReason::kClientGone, clock.now());
  EXPECT_EQ(effects.Take(), Deleted({"close relay v4"}, EndReason::kClientGone));
  session().End(EndReason::kShutdown, clock.now());
  EXPECT_EQ(effects.Take(), Lines{});
}

}  // namespace
}  // namespace culvert::turn
