// Allocate (RFC 8656 section 7.2), and on TCP (RFC 6062 section 5.1). Names and comments give the
// items of the conformance table.
#include "tests/turn/session_harness.h"

namespace culvert::turn {
namespace {

constexpr const char* kMapped = "XOR-MAPPED-ADDRESS 198.51.100.7:40000";

TurnRequest Allocate(uint32_t number = 1) {
  return TurnRequest(Method::kAllocate, number).Transport(stun::kTransportUdp);
}
TurnRequest AllocateOverTcp(uint32_t number = 1) {
  return TurnRequest(Method::kAllocate, number).Transport(stun::kTransportTcp);
}

class AllocateTest : public SessionHarness {
 protected:
  // The effects of an Allocate that opens one UDP relay.
  static Lines Granted(int number, const std::string& lifetime) {
    return Lines{"lookup alice", "acquire alice", "open udp v4 any", "created"} +
           Success("Allocate", number,
                   "XOR-RELAYED-ADDRESS 192.0.2.10:49152, LIFETIME " + lifetime + ", " + kMapped);
  }
  // Nothing was opened or acquired for it.
  void ExpectRefused(TurnRequest request, int code) {
    EXPECT_EQ(Ask(std::move(request)), Lines{"lookup alice"} + Refusal("Allocate", 1, code));
  }
};

// AL-15, AL-23
TEST_F(AllocateTest, SuccessCarriesRelayedAddressLifetimeAndMappedAddress) {
  EXPECT_EQ(Ask(Allocate()), Granted(1, "600"));
  ASSERT_NE(session().allocation(), nullptr);
  EXPECT_TRUE(session().allocation()->v4->permissions().empty());
  EXPECT_TRUE(session().allocation()->v4->channels().empty());
}

// ST-27
TEST_F(AllocateTest, SoftwareIsShownWhenTheOperatorNamesOne) {
  settings.software = "Culvert";
  EXPECT_EQ(Ask(Allocate()),
            (Lines{"lookup alice", "acquire alice", "open udp v4 any", "created"} +
             Success("Allocate", 1,
                     std::string("XOR-RELAYED-ADDRESS 192.0.2.10:49152, LIFETIME 600, ") + kMapped +
                         ", SOFTWARE Culvert")));
}

// AL-02
TEST_F(AllocateTest, ASecondAllocateOnTheFiveTupleIs437) {
  AllocateUdp();
  EXPECT_EQ(Ask(Allocate(2)), Refusal("Allocate", 2, 437));
  EXPECT_EQ(Ask(bob, Allocate(3)), Lines{"lookup bob"} + Refusal("Allocate", 3, 437));
}

// GE-04: another relayed address, also of the other family, wants another 5-tuple.
TEST_F(AllocateTest, AFiveTupleIsNotGivenASecondRelayedAddress) {
  AllocateUdp();
  EXPECT_EQ(Ask(Allocate(2).RequestedFamily(2)), Refusal("Allocate", 2, 437));
  EXPECT_EQ(Ask(AllocateOverTcp(3)), Refusal("Allocate", 3, 437));
  EXPECT_EQ(effects.open(), (RecordedEffects::Open{.v4 = 1, .quotas = 1, .allocations = 1}));
}

// AL-03
TEST_F(AllocateTest, WithoutRequestedTransportItIs400) {
  ExpectRefused(TurnRequest(Method::kAllocate), 400);
}

// AL-03, AL-24
TEST_F(AllocateTest, ARequestedTransportOfOneByteIs400) {
  TurnRequest request(Method::kAllocate);
  request.Add(AttributeType::kRequestedTransport, {17});
  ExpectRefused(request, 400);
}

// AL-03, TC-05
TEST_F(AllocateTest, ATransportThatIsNeitherUdpNorTcpIs442) {
  ExpectRefused(TurnRequest(Method::kAllocate).Transport(132), 442);
}

// TC-05
TEST_F(AllocateTest, UdpRelayingThatTheOperatorForbidsIs403) {
  settings.udp_relay = false;
  ExpectRefused(Allocate(), 403);
}

// TC-05
TEST_F(AllocateTest, TcpRelayingThatTheOperatorForbidsIs442) {
  settings.tcp_relay = false;
  ExpectRefused(AllocateOverTcp(), 442);
}

// AL-04
TEST_F(AllocateTest, DontFragmentIsServed) {
  EXPECT_EQ(Ask(Allocate().Add(AttributeType::kDontFragment, {})), Granted(1, "600"));
}

// AL-05
TEST_F(AllocateTest, AReservationTokenGoesWithNothingElseThatPicksAPort) {
  const auto with_token = [] {
    return Allocate().Add(AttributeType::kReservationToken, {1, 2, 3, 4, 5, 6, 7, 8});
  };
  Ask(Allocate(9).Lifetime(0).Add(AttributeType::kReservationToken, {1}));  // looks alice up
  const Lines refused = Refusal("Allocate", 1, 400);
  EXPECT_EQ(Ask(with_token().EvenPort(false)), refused);
  EXPECT_EQ(Ask(with_token().RequestedFamily(1)), refused);
  EXPECT_EQ(Ask(with_token().AdditionalFamily(2)), refused);
  EXPECT_EQ(Ask(TurnRequest(Method::kAllocate)
                    .EvenPort(false)
                    .Add(AttributeType::kReservationToken, {1, 2, 3, 4, 5, 6, 7, 8})
                    .Transport(17)),
            refused);
}

// AL-06
TEST_F(AllocateTest, AnUnknownTokenIs508AndReturnsTheQuota) {
  EXPECT_EQ(Ask(Allocate().Add(AttributeType::kReservationToken, {1, 2, 3, 4, 5, 6, 7, 8})),
            (Lines{"lookup alice", "acquire alice", "redeem unknown token by alice", "release"} +
             Refusal("Allocate", 1, 508)));
}

// AL-06
TEST_F(AllocateTest, ATokenOfAnotherLengthIs400) {
  ExpectRefused(Allocate().Add(AttributeType::kReservationToken, {1, 2, 3, 4}), 400);
}

// AL-16, AL-17
TEST_F(AllocateTest, AReservedPortIsRedeemedForTheSameSubject) {
  EXPECT_EQ(
      Ask(Allocate().Add(AttributeType::kReservationToken,
                         {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88})),
      (Lines{"lookup alice", "acquire alice", "redeem right token by alice", "created"} +
       Success("Allocate", 1,
               std::string("XOR-RELAYED-ADDRESS 192.0.2.10:49152, LIFETIME 600, ") + kMapped)));
}

// AL-16
TEST_F(AllocateTest, EvenPortAsksForAnEvenPort) {
  const Lines lines = Ask(Allocate().EvenPort(false));
  ASSERT_GE(lines.size(), 3u);
  EXPECT_EQ(lines[2], "open udp v4 even");
}

// AL-15, AL-16
TEST_F(AllocateTest, AReservedPairAnswersWithAToken) {
  EXPECT_EQ(Ask(Allocate().EvenPort(true)),
            (Lines{"lookup alice", "acquire alice", "open udp v4 even+next", "created"} +
             Success("Allocate", 1,
                     std::string("XOR-RELAYED-ADDRESS 192.0.2.10:49152, LIFETIME 600, "
                                 "RESERVATION-TOKEN 1122334455667788, ") +
                         kMapped)));
}

// AL-07
TEST_F(AllocateTest, RequestedAndAdditionalFamilyTogetherAre400) {
  ExpectRefused(Allocate().RequestedFamily(1).AdditionalFamily(2), 400);
}

// AL-08
TEST_F(AllocateTest, AFamilyThatIsSwitchedOffIs440) {
  settings.ipv6_relay = false;
  ExpectRefused(Allocate().RequestedFamily(2), 440);
}

// AL-08
TEST_F(AllocateTest, AFamilyThatDoesNotExistIs440) {
  ExpectRefused(Allocate().RequestedFamily(3), 440);
}

// AL-09
TEST_F(AllocateTest, AnIPv6ClientThatNamesNoFamilyGetsIPv4) {
  path.client = ClientAddress(*Endpoint::Parse("[2001:db8::7]:40000"));
  EXPECT_EQ(Ask(Allocate()), (Lines{"lookup alice", "acquire alice", "open udp v4 any", "created"} +
                              Success("Allocate", 1,
                                      "XOR-RELAYED-ADDRESS 192.0.2.10:49152, LIFETIME 600, "
                                      "XOR-MAPPED-ADDRESS [2001:db8::7]:40000")));
}

// AL-09
TEST_F(AllocateTest, NoFamilyNamedAndNoIPv4HereIs440) {
  settings.ipv4_relay = false;
  ExpectRefused(Allocate(), 440);
}

// AL-10
TEST_F(AllocateTest, APairOfPortsInTwoFamiliesIs400) {
  ExpectRefused(Allocate().EvenPort(true).AdditionalFamily(2), 400);
}

// AL-10, AL-11
TEST_F(AllocateTest, EvenPortsInTwoFamiliesAreServed) {
  EXPECT_EQ(
      Ask(Allocate().EvenPort(false).AdditionalFamily(2)),
      (Lines{"lookup alice", "acquire alice", "open udp v4 even", "open udp v6 even", "created"} +
       Success("Allocate", 1,
               std::string("XOR-RELAYED-ADDRESS 192.0.2.10:49152, "
                           "XOR-RELAYED-ADDRESS [2001:db8::10]:49153, LIFETIME 600, ") +
                   kMapped)));
}

// AL-10
TEST_F(AllocateTest, NoEvenPortLeftIs508AndReturnsTheQuota) {
  effects.udp_v4_error = ErrorCode::kInsufficientCapacity;
  EXPECT_EQ(Ask(Allocate().EvenPort(false)),
            (Lines{"lookup alice", "acquire alice", "open udp v4 even", "release"} +
             Refusal("Allocate", 1, 508)));
  EXPECT_EQ(session().allocation(), nullptr);
}

// AL-11
TEST_F(AllocateTest, IPv4CannotBeTheAdditionalFamily) {
  ExpectRefused(Allocate().AdditionalFamily(1), 400);
}

// AL-12
TEST_F(AllocateTest, OneFamilyOfTwoIsSuccessWithTheOthersError) {
  settings.ipv6_relay = false;
  EXPECT_EQ(Ask(Allocate().AdditionalFamily(2)),
            (Lines{"lookup alice", "acquire alice", "open udp v4 any", "created"} +
             Success("Allocate", 1,
                     std::string("XOR-RELAYED-ADDRESS 192.0.2.10:49152, "
                                 "ADDRESS-ERROR-CODE family 2 440, LIFETIME 600, ") +
                         kMapped)));
}

// AL-12
TEST_F(AllocateTest, WithoutIPv4HereTwoFamiliesGiveTheIPv6Address) {
  settings.ipv4_relay = false;
  EXPECT_EQ(Ask(Allocate().AdditionalFamily(2)),
            (Lines{"lookup alice", "acquire alice", "open udp v6 any", "created"} +
             Success("Allocate", 1,
                     std::string("XOR-RELAYED-ADDRESS [2001:db8::10]:49152, "
                                 "ADDRESS-ERROR-CODE family 1 440, LIFETIME 600, ") +
                         kMapped)));
}

// AL-12
TEST_F(AllocateTest, TheErrorOfAFullIPv4RangeIsToldBesideTheIPv6Address) {
  effects.udp_v4_error = ErrorCode::kInsufficientCapacity;
  EXPECT_EQ(
      Ask(Allocate().AdditionalFamily(2)),
      (Lines{"lookup alice", "acquire alice", "open udp v4 any", "open udp v6 any", "created"} +
       Success("Allocate", 1,
               std::string("XOR-RELAYED-ADDRESS [2001:db8::10]:49152, "
                           "ADDRESS-ERROR-CODE family 1 508, LIFETIME 600, ") +
                   kMapped)));
}

// AL-12
TEST_F(AllocateTest, NeitherFamilyOfTwoIs508) {
  effects.udp_v4_error = ErrorCode::kInsufficientCapacity;
  effects.udp_v6_error = ErrorCode::kAddressFamilyNotSupported;
  EXPECT_EQ(
      Ask(Allocate().AdditionalFamily(2)),
      (Lines{"lookup alice", "acquire alice", "open udp v4 any", "open udp v6 any", "release"} +
       Refusal("Allocate", 1, 508)));
}

// AL-13, GE-03
TEST_F(AllocateTest, AQuotaThatIsUsedUpIs486BeforeAnythingIsOpened) {
  effects.quota_error = ErrorCode::kAllocationQuotaReached;
  EXPECT_EQ(Ask(Allocate()),
            (Lines{"lookup alice", "acquire alice"} + Refusal("Allocate", 1, 486)));
}

// AL-20
TEST_F(AllocateTest, WhileDrainingItIs508AndNoQuotaIsTaken) {
  StartDraining();
  EXPECT_EQ(Ask(Allocate()), (Lines{"lookup alice"} + Refusal("Allocate", 1, 508)));
}

TEST_F(AllocateTest, ALifetimeBelowTheDefaultIsTheDefault) {
  EXPECT_EQ(Ask(Allocate().Lifetime(0)), Granted(1, "600"));
}

// AL-20
TEST_F(AllocateTest, ALifetimeBetweenDefaultAndMaximumIsGranted) {
  EXPECT_EQ(Ask(Allocate().Lifetime(1800)), Granted(1, "1800"));
}

// AL-20, AL-21
TEST_F(AllocateTest, ALifetimeAboveTheMaximumIsTheMaximum) {
  EXPECT_EQ(Ask(Allocate().Lifetime(0xffffffff)), Granted(1, "3600"));
}

// AL-21
TEST_F(AllocateTest, AUsersOwnMaximumGoesBeforeTheServers) {
  auth::Policy policy;
  policy.max_lifetime = seconds{300};
  AddUser(alice, "alice", auth::kNoExpiry, policy);
  EXPECT_EQ(Ask(Allocate().Lifetime(1800)), Granted(1, "300"));
}

// AL-22
TEST_F(AllocateTest, NoLifetimeReachesBeyondTheCredentials) {
  AddUser(alice, "alice", clock.now().wall + seconds{45});
  EXPECT_EQ(Ask(Allocate().Lifetime(1800)), Granted(1, "45"));
}

// AL-22
TEST_F(AllocateTest, AnAllocationEndsWithItsCredential) {
  AddUser(alice, "alice", clock.now().wall + seconds{45});
  AllocateUdp();
  EXPECT_EQ(Pass(seconds{44}), Lines{});
  EXPECT_EQ(Pass(seconds{1}), (Lines{"close relay v4", "release", "ended credential_expired"}));
  EXPECT_EQ(session().next_deadline(), kNever);
}

// AL-24
TEST_F(AllocateTest, AttributesOfWrongLengthAre400) {
  for (const auto type : {AttributeType::kLifetime, AttributeType::kRequestedAddressFamily,
                          AttributeType::kAdditionalAddressFamily, AttributeType::kEvenPort}) {
    const Lines lines = Ask(Allocate().Add(type, {1, 2}));
    EXPECT_EQ((Lines{lines.end() - 2, lines.end()}), Refusal("Allocate", 1, 400))
        << stun::AttributeName(static_cast<uint16_t>(type));
  }
}

// AL-27
TEST_F(AllocateTest, ClientsInsideTunnelsAre403) {
  path.client = ClientAddress(*Endpoint::Parse("[2002:c000:204::7]:40000"));
  ExpectRefused(Allocate(), 403);
}

// AL-27
TEST_F(AllocateTest, TeredoClientsAre403) {
  path.client = ClientAddress(*Endpoint::Parse("[2001:0:53aa:64c::7]:40000"));
  ExpectRefused(Allocate(), 403);
}

// MO-01: mobility is not offered.
TEST_F(AllocateTest, AskingForAMobilityTicketIs405) {
  ExpectRefused(Allocate().Add(AttributeType::kMobilityTicket, {}), 405);
}

// MO-01
TEST_F(AllocateTest, AMobilityTicketThatIsNotEmptyIs400) {
  ExpectRefused(Allocate().Add(AttributeType::kMobilityTicket, {1}), 400);
}

// ST-09
TEST_F(AllocateTest, OptionalAndMisplacedAttributesAreIgnored) {
  EXPECT_EQ(Ask(Allocate().AddUnknown(0xf000).Add(AttributeType::kData, {1, 2, 3})),
            Granted(1, "600"));
}

// ST-11
TEST_F(AllocateTest, OfTwoLifetimesTheFirstRules) {
  EXPECT_EQ(Ask(Allocate().Lifetime(1000).Lifetime(2000)), Granted(1, "1000"));
}

// TC-01, TC-04
TEST_F(AllocateTest, TcpIsAllocatedOnAStream) {
  EXPECT_EQ(
      Ask(AllocateOverTcp()),
      (Lines{"lookup alice", "acquire alice", "open tcp v4", "created"} +
       Success("Allocate", 1,
               std::string("XOR-RELAYED-ADDRESS 192.0.2.10:49152, LIFETIME 600, ") + kMapped)));
}

// TC-01
TEST_F(AllocateTest, TcpIsAllocatedInIPv6OnRequest) {
  EXPECT_EQ(
      Ask(AllocateOverTcp().RequestedFamily(2)),
      (Lines{"lookup alice", "acquire alice", "open tcp v6", "created"} +
       Success("Allocate", 1,
               std::string("XOR-RELAYED-ADDRESS [2001:db8::10]:49152, LIFETIME 600, ") + kMapped)));
}

// TC-02
TEST_F(AllocateTest, TcpOverUdpIs400) {
  path.transport = Transport::kUdp;
  ExpectRefused(AllocateOverTcp(), 400);
}

// TC-02
TEST_F(AllocateTest, TcpOverDtlsIs400) {
  path.transport = Transport::kDtls;
  ExpectRefused(AllocateOverTcp(), 400);
}

// TC-03
TEST_F(AllocateTest, TcpWithDontFragmentIs400) {
  ExpectRefused(AllocateOverTcp().Add(AttributeType::kDontFragment, {}), 400);
}

// TC-03
TEST_F(AllocateTest, TcpWithEvenPortIs400) {
  ExpectRefused(AllocateOverTcp().EvenPort(false), 400);
}

// TC-03
TEST_F(AllocateTest, TcpWithAReservationTokenIs400) {
  ExpectRefused(AllocateOverTcp().Add(AttributeType::kReservationToken, {1, 2, 3, 4, 5, 6, 7, 8}),
                400);
}

// AL-29
TEST_F(AllocateTest, TcpInTwoFamiliesIs400) {
  ExpectRefused(AllocateOverTcp().AdditionalFamily(2), 400);
}

// TC-06
TEST_F(AllocateTest, UdpAndTcpNeverShareAFiveTuple) {
  AllocateTcp();
  EXPECT_EQ(Ask(Allocate(2)), Refusal("Allocate", 2, 437));
}

// AL-10
TEST_F(AllocateTest, NoTcpPortLeftIs508) {
  effects.tcp_error = ErrorCode::kInsufficientCapacity;
  EXPECT_EQ(Ask(AllocateOverTcp()),
            (Lines{"lookup alice", "acquire alice", "open tcp v4", "release"} +
             Refusal("Allocate", 1, 508)));
}

TEST_F(AllocateTest, WithoutAuthenticationNobodyIsLookedUpAndNothingIsProtected) {
  settings.authenticate = false;
  EXPECT_EQ(Send(Allocate()),
            (Lines{"acquire ", "open udp v4 any", "created",
                   std::string("reply Allocate success #1 {XOR-RELAYED-ADDRESS 192.0.2.10:49152, "
                               "LIFETIME 600, ") +
                       kMapped + "}",
                   "count Allocate 0"}));
}

}  // namespace
}  // namespace culvert::turn
