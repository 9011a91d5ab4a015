// Credentials that come later: the request waits, the worker does not.
#include "tests/turn/session_harness.h"

namespace culvert::turn {
namespace {

TurnRequest Allocate(uint32_t number = 1) {
  return TurnRequest(Method::kAllocate, number).Transport(stun::kTransportUdp);
}

class AsyncLookupTest : public SessionHarness {
 protected:
  AsyncLookupTest() { effects.answers_later = true; }

  Lines Answer(auth::Answer answer) {
    session().OnCredential(answer, clock.now());
    return effects.Take();
  }
  static Lines Granted(int number) {
    return Lines{"acquire alice", "open udp v4 any", "created"} +
           Success("Allocate", number,
                   "XOR-RELAYED-ADDRESS 192.0.2.10:49152, LIFETIME 600, "
                   "XOR-MAPPED-ADDRESS 198.51.100.7:40000");
  }
};

TEST_F(AsyncLookupTest, TheRequestWaitsAndIsServedWhenTheCredentialComes) {
  EXPECT_EQ(Ask(Allocate()), Lines{"lookup alice"});
  EXPECT_TRUE(session().waiting());
  EXPECT_EQ(Answer(effects.users["alice"]), Granted(1));
  EXPECT_FALSE(session().waiting());
}

// ST-19: retransmissions, and whatever else comes meanwhile.
TEST_F(AsyncLookupTest, FurtherRequestsAreDroppedMeanwhile) {
  Ask(Allocate());
  EXPECT_EQ(Ask(Allocate()), Lines{"drop lookup_pending"});
  EXPECT_EQ(Ask(TurnRequest(Method::kRefresh, 2)), Lines{"drop lookup_pending"});
  EXPECT_EQ(Send(TurnRequest(Method::kBinding, 3)), Lines{"drop lookup_pending"});
  EXPECT_EQ(Answer(effects.users["alice"]), Granted(1));
}

TEST_F(AsyncLookupTest, WhoIsKnownNeedsNotWaitAgain) {
  Ask(Allocate());
  Answer(effects.users["alice"]);
  EXPECT_EQ(Ask(TurnRequest(Method::kRefresh, 2)),
            Lines{"refreshed 600"} + Success("Refresh", 2, "LIFETIME 600"));
}

// CR-10
TEST_F(AsyncLookupTest, AnUnknownUserIs401) {
  Ask(Allocate());
  EXPECT_EQ(Answer(Failure{auth::Refusal::kUnknownUser}),
            (Lines{"refused: unknown user",
                   "reply Allocate error #1 {ERROR-CODE 401, REALM example.org, NONCE}",
                   "count Allocate 401"}));
  EXPECT_FALSE(session().waiting());
}

TEST_F(AsyncLookupTest, AStoreOutOfReachIs500AndTheNextRequestAsksAgain) {
  Ask(Allocate());
  EXPECT_EQ(Answer(Failure{auth::Refusal::kProviderDown}),
            (Lines{"refused: provider down", "reply Allocate error #1 {ERROR-CODE 500}",
                   "count Allocate 500"}));
  EXPECT_EQ(Ask(Allocate(2)), Lines{"lookup alice"});
}

// CR-11
TEST_F(AsyncLookupTest, AWrongPasswordIs401) {
  Ask(TestUser("alice", "wrong", "example.org"), Allocate());
  EXPECT_EQ(Answer(effects.users["alice"]),
            (Lines{"refused: wrong integrity",
                   "reply Allocate error #1 {ERROR-CODE 401, REALM example.org, NONCE}",
                   "count Allocate 401"}));
}

// AL-22: what has expired on the way is no credential.
TEST_F(AsyncLookupTest, ACredentialThatArrivesExpiredIs401) {
  AddUser(alice, "alice", clock.now().wall + seconds{1});
  Ask(Allocate());
  clock.Advance(seconds{1});
  EXPECT_EQ(Answer(effects.users["alice"]),
            (Lines{"refused: expired",
                   "reply Allocate error #1 {ERROR-CODE 401, REALM example.org, NONCE}",
                   "count Allocate 401"}));
}

// CR-12: the nonce is judged when the answer is.
TEST_F(AsyncLookupTest, ANonceThatGrewOldMeanwhileIs438) {
  Ask(Allocate());
  clock.Advance(seconds{601});
  EXPECT_EQ(Answer(effects.users["alice"]),
            (Lines{"refused: stale nonce",
                   "reply Allocate error #1 {ERROR-CODE 438, REALM example.org, NONCE}",
                   "count Allocate 438"}));
}

TEST_F(AsyncLookupTest, AnAnswerThatNobodyWaitsForDoesNothing) {
  EXPECT_EQ(Answer(effects.users["alice"]), Lines{});
}

TEST_F(AsyncLookupTest, AClientThatIsGoneIsNotAnswered) {
  Ask(Allocate());
  session().End(EndReason::kClientGone, clock.now());
  EXPECT_FALSE(session().waiting());
  EXPECT_EQ(Answer(effects.users["alice"]), Lines{});
}

// The allocation expires while its Refresh waits.
TEST_F(AsyncLookupTest, TimeGoesOnWhileARequestWaits) {
  const TestUser renewed("alice2", "new", "example.org");
  AddUser(renewed, "alice");
  Ask(Allocate());
  Answer(effects.users["alice"]);
  Pass(seconds{590});
  EXPECT_EQ(Ask(renewed, TurnRequest(Method::kRefresh, 2)), Lines{"lookup alice2"});
  clock.Advance(seconds{10});
  EXPECT_EQ(Answer(effects.users["alice2"]),
            (Lines{"close relay v4", "release", "ended expired"} + Refusal("Refresh", 2, 437)));
}

// secure-stun: Binding waits like any other.
TEST_F(AsyncLookupTest, ABindingThatWantsCredentialsWaits) {
  settings.secure_binding = true;
  EXPECT_EQ(Ask(TurnRequest(Method::kBinding, 1)), Lines{"lookup alice"});
  EXPECT_EQ(Answer(effects.users["alice"]),
            Success("Binding", 1, "XOR-MAPPED-ADDRESS 198.51.100.7:40000"));
}

}  // namespace
}  // namespace culvert::turn
