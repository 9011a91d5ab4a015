// RFC 6062: Connect, ConnectionAttempt, ConnectionBind, and their 30 seconds.
#include "tests/turn/session_harness.h"

#include "server/turn/tcp_connections.h"

namespace culvert::turn {
namespace {

constexpr ConnectionId kFirst{1};
constexpr ConnectionId kInbound{77};

TurnRequest Connect(const char* peer, uint32_t number = 2) {
  return TurnRequest(Method::kConnect, number).Peer(peer);
}
TurnRequest Bind(uint32_t id, uint32_t number = 2) {
  return TurnRequest(Method::kConnectionBind, number).Connection(id);
}

class TcpConnectionsTest : public SessionHarness {
 protected:
  PeerAddress Peer(const char* text) { return PeerAddress(*Endpoint::Parse(text)); }
  Lines Connected(ConnectionId id) {
    session().OnPeerConnected(id, clock.now());
    return effects.Take();
  }
  // 0 for a claim that succeeds.
  int Claim(ConnectionId id, std::string_view subject) {
    const auto claimed = session().Claim(id, subject, clock.now());
    return claimed.ok() ? 0 : static_cast<int>(claimed.error());
  }
  // A TCP allocation with a connection that waits for its bind.
  void AllocateAndConnect() {
    AllocateTcp();
    Ask(Connect("192.0.2.99:80"));
    Connected(kFirst);
  }
};

// TC-09
TEST_F(TcpConnectionsTest, ConnectWithoutAnAllocationIs437) {
  EXPECT_EQ(Ask(Connect("192.0.2.99:80")), Lines{"lookup alice"} + Refusal("Connect", 2, 437));
}

// TC-09
TEST_F(TcpConnectionsTest, ConnectOnAUdpAllocationIs403) {
  AllocateUdp();
  EXPECT_EQ(Ask(Connect("192.0.2.99:80")), Refusal("Connect", 2, 403));
}

// TC-13, TC-18
TEST_F(TcpConnectionsTest, ConnectIsAnsweredWhenThePeerHas) {
  AllocateTcp();
  EXPECT_EQ(Ask(Connect("192.0.2.99:80")), Lines{"connect 1 to 192.0.2.99:80"});
  EXPECT_EQ(Connected(kFirst), Success("Connect", 2, "CONNECTION-ID 1"));
}

// TC-13
TEST_F(TcpConnectionsTest, ConnectInstallsNoPermission) {
  AllocateAndConnect();
  EXPECT_FALSE(session().OnPeerAccepted(Peer("192.0.2.99:81"), kInbound, clock.now()));
  EXPECT_EQ(effects.Take(), Lines{"drop no_permission"});
}

// TC-10, TC-19
TEST_F(TcpConnectionsTest, AnotherConnectWhileOneIsUnderWayIs446) {
  AllocateTcp();
  Ask(Connect("192.0.2.99:80", 2));
  EXPECT_EQ(Ask(Connect("192.0.2.99:80", 3)), Refusal("Connect", 3, 446));
  EXPECT_EQ(Ask(Connect("192.0.2.99:80", 2)), Refusal("Connect", 2, 446));
  EXPECT_EQ(Ask(Connect("192.0.2.99:81", 4)), Lines{"connect 2 to 192.0.2.99:81"});
}

// TC-11
TEST_F(TcpConnectionsTest, AnotherConnectToAConnectedPeerIs446) {
  AllocateAndConnect();
  EXPECT_EQ(Ask(Connect("192.0.2.99:80", 3)), Refusal("Connect", 3, 446));
  EXPECT_EQ(Claim(kFirst, "alice"), 0);
  EXPECT_EQ(Ask(Connect("192.0.2.99:80", 4)), Refusal("Connect", 4, 446));
}

// TC-11
TEST_F(TcpConnectionsTest, ConnectToAPeerThatConnectedItselfIs446) {
  AllocateTcp();
  Ask(TurnRequest(Method::kCreatePermission, 2).Peer("192.0.2.99:0"));
  ASSERT_TRUE(session().OnPeerAccepted(Peer("192.0.2.99:80"), kInbound, clock.now()));
  effects.Take();
  EXPECT_EQ(Ask(Connect("192.0.2.99:80", 3)), Refusal("Connect", 3, 446));
}

// TC-11
TEST_F(TcpConnectionsTest, AClosedConnectionMakesRoomForAnother) {
  AllocateAndConnect();
  session().OnPeerClosed(kFirst);
  EXPECT_EQ(effects.Take(), Lines{});
  EXPECT_EQ(Ask(Connect("192.0.2.99:80", 3)), Lines{"connect 2 to 192.0.2.99:80"});
}

// TC-12
TEST_F(TcpConnectionsTest, ConnectWithoutAUsablePeerIs400) {
  AllocateTcp();
  const Lines refused = Refusal("Connect", 2, 400);
  EXPECT_EQ(Ask(TurnRequest(Method::kConnect, 2)), refused);
  EXPECT_EQ(Ask(Connect("192.0.2.99:0")), refused);
  EXPECT_EQ(Ask(TurnRequest(Method::kConnect, 2).Add(AttributeType::kXorPeerAddress, {0, 3, 0, 0})),
            refused);
}

// TC-12, PE-05
TEST_F(TcpConnectionsTest, ConnectToAForbiddenPeerIs403) {
  AllocateTcp();
  EXPECT_EQ(Ask(Connect("127.0.0.1:80", 2)), Refusal("Connect", 2, 403));
  EXPECT_EQ(Ask(Connect("203.0.113.1:443", 3)), Refusal("Connect", 3, 403));
}

// TC-12
TEST_F(TcpConnectionsTest, ConnectToAForeignFamilyIs443) {
  AllocateTcp();
  EXPECT_EQ(Ask(Connect("[2001:db8::99]:80")), Refusal("Connect", 2, 443));
}

// TC-15
TEST_F(TcpConnectionsTest, ARefusedConnectionIs447) {
  AllocateTcp();
  Ask(Connect("192.0.2.99:80"));
  session().OnPeerConnectFailed(kFirst, clock.now());
  EXPECT_EQ(effects.Take(), Refusal("Connect", 2, 447));
  EXPECT_EQ(Ask(Connect("192.0.2.99:80", 3)), Lines{"connect 2 to 192.0.2.99:80"});
}

// TC-15
TEST_F(TcpConnectionsTest, APeerThatNeverAnswersIs447AfterThirtyTwoSeconds) {
  AllocateTcp();
  Ask(Connect("192.0.2.99:80"));
  EXPECT_EQ(Pass(seconds{31}), Lines{});
  EXPECT_EQ(Pass(seconds{1}), Lines{"close peer 1 at once"} + Refusal("Connect", 2, 447));
  EXPECT_EQ(Connected(kFirst), Lines{});
}

// TC-15: a peer that answers after the deadline, before the timer came, is too late.
TEST_F(TcpConnectionsTest, AnAnswerBehindTheDeadlineIs447) {
  AllocateTcp();
  Ask(Connect("192.0.2.99:80"));
  clock.Advance(seconds{32});
  EXPECT_EQ(Connected(kFirst), Lines{"close peer 1 at once"} + Refusal("Connect", 2, 447));
}

// TC-15: what the relay has closed it is not asked to close.
TEST_F(TcpConnectionsTest, AFailureBehindTheDeadlineIs447AndNoMore) {
  AllocateTcp();
  Ask(Connect("192.0.2.99:80"));
  clock.Advance(seconds{40});
  session().OnPeerConnectFailed(kFirst, clock.now());
  EXPECT_EQ(effects.Take(), Refusal("Connect", 2, 447));
}

// TC-15: a connection that ends before it was one.
TEST_F(TcpConnectionsTest, APeerThatClosesWhileConnectingIs447) {
  AllocateTcp();
  Ask(Connect("192.0.2.99:80"));
  session().OnPeerClosed(kFirst);
  EXPECT_EQ(effects.Take(), Refusal("Connect", 2, 447));
}

// TC-16, ST-20
TEST_F(TcpConnectionsTest, OtherRequestsAreServedMeanwhile) {
  AllocateTcp();
  Ask(Connect("192.0.2.99:80", 2));
  EXPECT_EQ(Ask(TurnRequest(Method::kRefresh, 3)),
            Lines{"refreshed 600"} + Success("Refresh", 3, "LIFETIME 600"));
  EXPECT_EQ(Connected(kFirst), Success("Connect", 2, "CONNECTION-ID 1"));
}

// CR-14: the late answer is protected with the key that its request came with.
TEST_F(TcpConnectionsTest, TheAnswerIsProtectedAsItsRequestWas) {
  const TestUser renewed("alice2", "new", "example.org");
  AddUser(renewed, "alice");
  AllocateTcp();
  Ask(Connect("192.0.2.99:80", 2));
  Ask(renewed, TurnRequest(Method::kRefresh, 3));
  effects.SetReplyKey(alice.key);
  EXPECT_EQ(Connected(kFirst), Success("Connect", 2, "CONNECTION-ID 1"));
}

// ST-15, TC-43
TEST_F(TcpConnectionsTest, TheAnswerHasAFingerprintIfItsRequestHad) {
  AllocateTcp();
  Send(Connect("192.0.2.99:80").SignedBy(alice, Nonce()).Fingerprint());
  EXPECT_EQ(Connected(kFirst),
            (Lines{"reply Connect success #2 {CONNECTION-ID 1, MESSAGE-INTEGRITY ok, FINGERPRINT}",
                   "count Connect 0"}));
}

// TC-18
TEST_F(TcpConnectionsTest, AConnectionThatIsNotBoundIsClosedAfterThirtySeconds) {
  AllocateAndConnect();
  EXPECT_EQ(Pass(seconds{29}), Lines{});
  EXPECT_EQ(Pass(seconds{1}), Lines{"close peer 1 at once"});
  EXPECT_EQ(Claim(kFirst, "alice"), 400);
}

// TC-18: the deadline counts, not the timer.
TEST_F(TcpConnectionsTest, AClaimBehindTheDeadlineIs400) {
  AllocateAndConnect();
  clock.Advance(seconds{30});
  EXPECT_EQ(Claim(kFirst, "alice"), 400);
  EXPECT_EQ(Pass(seconds{1}), Lines{"close peer 1 at once"});
}

// TC-50
TEST_F(TcpConnectionsTest, ABoundConnectionHasNoTimeLimitOfItsOwn) {
  AllocateAndConnect();
  EXPECT_EQ(Claim(kFirst, "alice"), 0);
  EXPECT_EQ(Pass(seconds{590}), Lines{});
}

// TC-25, TC-29
TEST_F(TcpConnectionsTest, APermittedPeerIsAnnouncedAndMayBeBound) {
  AllocateTcp();
  Ask(TurnRequest(Method::kCreatePermission, 2).Peer("192.0.2.99:0"));
  EXPECT_TRUE(session().OnPeerAccepted(Peer("192.0.2.99:4711"), kInbound, clock.now()));
  EXPECT_EQ(effects.Take(), Lines{"reply ConnectionAttempt indication {XOR-PEER-ADDRESS "
                                  "192.0.2.99:4711, CONNECTION-ID 77}"});
  EXPECT_EQ(Claim(kInbound, "alice"), 0);
}

// TC-25
TEST_F(TcpConnectionsTest, AnAnnouncedPeerThatIsNotBoundIsClosedAfterThirtySeconds) {
  AllocateTcp();
  Ask(TurnRequest(Method::kCreatePermission, 2).Peer("192.0.2.99:0"));
  session().OnPeerAccepted(Peer("192.0.2.99:4711"), kInbound, clock.now());
  effects.Take();
  EXPECT_EQ(Pass(seconds{29}), Lines{});
  EXPECT_EQ(Pass(seconds{1}), Lines{"close peer 77 at once"});
}

// TC-27
TEST_F(TcpConnectionsTest, APeerWithoutPermissionIsNotAnnounced) {
  AllocateTcp();
  EXPECT_FALSE(session().OnPeerAccepted(Peer("192.0.2.99:4711"), kInbound, clock.now()));
  EXPECT_EQ(effects.Take(), Lines{"drop no_permission"});
}

// TC-27
TEST_F(TcpConnectionsTest, APeerThatComesWhenTheAllocationIsOverIsNotKept) {
  AllocateTcp();
  Ask(TurnRequest(Method::kRefresh, 2).Lifetime(0));
  EXPECT_FALSE(session().OnPeerAccepted(Peer("192.0.2.99:4711"), kInbound, clock.now()));
  EXPECT_EQ(effects.Take(), Lines{"drop no_allocation"});
}

// TC-28
TEST_F(TcpConnectionsTest, APermissionThatExpiresTouchesNoConnection) {
  AllocateTcp();
  Ask(TurnRequest(Method::kCreatePermission, 2).Peer("192.0.2.99:0"));
  session().OnPeerAccepted(Peer("192.0.2.99:4711"), kInbound, clock.now());
  effects.Take();
  EXPECT_EQ(Claim(kInbound, "alice"), 0);
  EXPECT_EQ(Pass(seconds{400}), Lines{});
  EXPECT_NE(session().allocation()->connections->Find(kInbound), nullptr);
}

// TC-21, TC-30
TEST_F(TcpConnectionsTest, APeerAddressHasOneConnectionAndAnotherPortAnother) {
  AllocateTcp();
  Ask(TurnRequest(Method::kCreatePermission, 2).Peer("192.0.2.99:0"));
  Ask(Connect("192.0.2.99:80", 3));
  EXPECT_FALSE(session().OnPeerAccepted(Peer("192.0.2.99:80"), kInbound, clock.now()));
  EXPECT_EQ(effects.Take(), Lines{"drop connection_limit"});
  EXPECT_TRUE(session().OnPeerAccepted(Peer("192.0.2.99:81"), kInbound, clock.now()));
}

// TC-55
TEST_F(TcpConnectionsTest, MoreConnectionsThanAllowedAre508) {
  settings.max_connections = 1;
  AllocateTcp();
  Ask(TurnRequest(Method::kCreatePermission, 2).Peer("192.0.2.99:0"));
  Ask(Connect("192.0.2.99:80", 3));
  EXPECT_EQ(Ask(Connect("192.0.2.98:80", 4)), Refusal("Connect", 4, 508));
  EXPECT_FALSE(session().OnPeerAccepted(Peer("192.0.2.99:81"), kInbound, clock.now()));
  EXPECT_EQ(effects.Take(), Lines{"drop connection_limit"});
}

// TC-22, TC-34, TC-35, CR-27
TEST_F(TcpConnectionsTest, AnotherSubjectsClaimIs441AndTheOwnerStillBinds) {
  AllocateAndConnect();
  EXPECT_EQ(Claim(kFirst, "bob"), 441);
  EXPECT_EQ(Claim(kFirst, "alice"), 0);
}

// TC-33
TEST_F(TcpConnectionsTest, UnknownAndBoundConnectionsAreClaimedWith400) {
  AllocateAndConnect();
  EXPECT_EQ(Claim(ConnectionId{0}, "alice"), 400);
  EXPECT_EQ(Claim(ConnectionId{0xffffffff}, "alice"), 400);
  EXPECT_EQ(Claim(kFirst, "alice"), 0);
  EXPECT_EQ(Claim(kFirst, "alice"), 400);
  EXPECT_NE(session().allocation()->connections->Find(kFirst), nullptr);
}

// TC-33
TEST_F(TcpConnectionsTest, AConnectionThatIsNotYetOneCannotBeClaimed) {
  AllocateTcp();
  Ask(Connect("192.0.2.99:80"));
  EXPECT_EQ(Claim(kFirst, "alice"), 400);
}

// TC-40, TC-42, TC-43: the answer comes first, in one piece, then the stream is the peer's.
TEST_F(TcpConnectionsTest, ConnectionBindAnswersAndBecomesAPipe) {
  EXPECT_EQ(Ask(Bind(5)), (Lines{"lookup alice", "claim 5 by alice"} +
                           Success("ConnectionBind", 2) + Lines{"become data connection 5"}));
}

// TC-23
TEST_F(TcpConnectionsTest, AConnectionIdIsFourOpaqueBytes) {
  EXPECT_EQ(
      Ask(TurnRequest(Method::kConnectionBind, 2).Add(AttributeType::kConnectionId, {0, 0, 1, 2})),
      (Lines{"lookup alice", "claim 258 by alice"} + Success("ConnectionBind", 2) +
       Lines{"become data connection 258"}));
}

// TC-33
TEST_F(TcpConnectionsTest, ConnectionBindWithoutAnIdIs400) {
  EXPECT_EQ(Ask(TurnRequest(Method::kConnectionBind, 2)),
            Lines{"lookup alice"} + Refusal("ConnectionBind", 2, 400));
  EXPECT_EQ(
      Ask(TurnRequest(Method::kConnectionBind, 3).Add(AttributeType::kConnectionId, {1, 2, 3})),
      Refusal("ConnectionBind", 3, 400));
}

// TC-33, TC-34, TC-44: a refusal is an answer and nothing else; the client may try again.
TEST_F(TcpConnectionsTest, ARefusedBindMayBeTriedAgainOnTheSameConnection) {
  effects.claim_error = ErrorCode::kBadRequest;
  EXPECT_EQ(Ask(Bind(5, 2)),
            (Lines{"lookup alice", "claim 5 by alice"} + Refusal("ConnectionBind", 2, 400)));
  effects.claim_error = ErrorCode::kWrongCredentials;
  EXPECT_EQ(Ask(Bind(5, 3)), Lines{"claim 5 by alice"} + Refusal("ConnectionBind", 3, 441));
  effects.claim_error.reset();
  EXPECT_EQ(Ask(Bind(5, 4)), (Lines{"claim 5 by alice"} + Success("ConnectionBind", 4) +
                              Lines{"become data connection 5"}));
}

// TC-34: two round trips on one connection.
TEST_F(TcpConnectionsTest, ABindWithoutCredentialsIs401AndClaimsNothing) {
  EXPECT_EQ(Send(Bind(5)),
            (Lines{"reply ConnectionBind error #2 {ERROR-CODE 401, REALM example.org, NONCE}",
                   "count ConnectionBind 401"}));
}

// TC-37, TC-38: the control connection's nonce, from another address and port.
TEST_F(TcpConnectionsTest, ANonceOfAnotherConnectionIsGoodForABind) {
  Path control = path;
  control.client = ClientAddress(*Endpoint::Parse("198.51.100.99:1"));
  EXPECT_EQ(Send(Bind(5).SignedBy(alice, NonceBoundTo(control))),
            (Lines{"lookup alice", "claim 5 by alice"} + Success("ConnectionBind", 2) +
             Lines{"become data connection 5"}));
}

// TC-32
TEST_F(TcpConnectionsTest, ConnectionBindOverUdpIs400) {
  path.transport = Transport::kUdp;
  EXPECT_EQ(Ask(Bind(5)), Lines{"lookup alice"} + Refusal("ConnectionBind", 2, 400));
}

// TC-36
TEST_F(TcpConnectionsTest, ConnectionBindBesideAnAllocationIs400) {
  AllocateAndConnect();
  EXPECT_EQ(Ask(Bind(1, 3)), Refusal("ConnectionBind", 3, 400));
}

// TC-47, TC-52
TEST_F(TcpConnectionsTest, ADeletedAllocationClosesAllItsConnectionsFlushed) {
  AllocateAndConnect();
  EXPECT_EQ(Claim(kFirst, "alice"), 0);
  Ask(Connect("192.0.2.98:80", 3));
  Connected(ConnectionId{2});
  Ask(Connect("192.0.2.97:80", 4));
  EXPECT_EQ(Ask(TurnRequest(Method::kRefresh, 5).Lifetime(0)),
            (Lines{"close peer 1 flushed", "close peer 2 flushed", "close peer 3 flushed"} +
             Refusal("Connect", 4, 447) + Lines{"close relay v4", "release", "ended deleted"} +
             Success("Refresh", 5, "LIFETIME 0")));
}

// TC-51
TEST_F(TcpConnectionsTest, AClientThatIsGoneGetsNoAnswersAnyMore) {
  AllocateTcp();
  Ask(Connect("192.0.2.99:80"));
  session().End(EndReason::kClientGone, clock.now());
  EXPECT_EQ(effects.Take(),
            (Lines{"close peer 1 flushed", "close relay v4", "release", "ended client_gone"}));
  EXPECT_EQ(Connected(kFirst), Lines{});
}

// TC-08
TEST_F(TcpConnectionsTest, AnAllocationThatExpiresTakesItsConnectionsAlong) {
  AllocateAndConnect();
  EXPECT_EQ(Claim(kFirst, "alice"), 0);
  Pass(seconds{599});
  EXPECT_EQ(Pass(seconds{1}),
            (Lines{"close peer 1 flushed", "close relay v4", "release", "ended expired"}));
}

// The end of an allocation is the end of its ids, even before the timer comes.
TEST_F(TcpConnectionsTest, AnIdOfAnExpiredAllocationCannotBeClaimed) {
  AllocateTcp();
  Pass(seconds{580});
  Ask(Connect("192.0.2.99:80"));
  Connected(kFirst);
  clock.Advance(seconds{20});
  EXPECT_EQ(Claim(kFirst, "alice"), 400);
}

}  // namespace
}  // namespace culvert::turn
