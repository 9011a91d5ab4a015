// Failing authentications as they look from outside (failure_limits.h): what is answered at once,
// late, or not at all, and that the right key opens whatever others do.
#include "tests/turn/session_harness.h"

namespace culvert::turn {
namespace {

TurnRequest Refresh(uint32_t number = 2) {
  return TurnRequest(Method::kRefresh, number);
}

class AttemptsTest : public SessionHarness {
 protected:
  AttemptsTest() {
    failures = &limits_;
    path.transport = Transport::kUdp;
  }

  static Lines Challenge(int code, int number = 2) {
    const std::string text = std::to_string(code);
    return {"reply Refresh error #" + std::to_string(number) + " {ERROR-CODE " + text +
                ", REALM example.org, NONCE}",
            "count Refresh " + text};
  }
  static Lines Wrong(int number = 2) {
    return Lines{"lookup alice", "refused: wrong integrity"} + Challenge(401, number);
  }
  // What alice gets who has no allocation.
  static Lines Right(int number = 2) {
    return Lines{"lookup alice"} + Refusal("Refresh", number, 437);
  }
  // Guesses until the limit of source and user is reached.
  void GuessTenTimes() {
    for (int i = 0; i < 10; ++i) ASSERT_EQ(Ask(wrong_, Refresh()), Wrong());
  }
  // A session on a 5-tuple of its own.
  void MoveTo(const char* client) {
    path.client = ClientAddress(*Endpoint::Parse(client));
    NewSession();
  }

  Acquaintances acquaintances_{HashKey{7}};
  FailureLimits limits_{{.per_source = 10, .per_user = 10}, acquaintances_};
  const TestUser wrong_{"alice", "wrong", "example.org"};
};

TEST_F(AttemptsTest, BeyondTheLimitADatagramIsNotLookedAt) {
  GuessTenTimes();
  const Lines silence = {"limited by source_and_user: alice"};
  EXPECT_EQ(Ask(wrong_, Refresh()), silence);
  EXPECT_FALSE(session().waiting());
  // No key is computed, not for the right one either: the client sends again.
  EXPECT_EQ(Ask(Refresh()), silence);
  clock.Advance(seconds(1));
  EXPECT_EQ(Ask(Refresh()), Right());
}

TEST_F(AttemptsTest, ANeighbourBehindTheSameAddressGetsIn) {
  GuessTenTimes();
  MoveTo("198.51.100.7:40001");
  EXPECT_EQ(Ask(bob, Refresh()), Lines{"lookup bob"} + Refusal("Refresh", 2, 437));
}

TEST_F(AttemptsTest, TheUserGetsInFromElsewhere) {
  GuessTenTimes();
  MoveTo("198.51.100.8:40000");
  EXPECT_EQ(Ask(Refresh()), Right());
}

TEST_F(AttemptsTest, WhereTheUserIsKnownHeGetsInAndWrongKeysAreNotAnswered) {
  EXPECT_EQ(Ask(Refresh()), Right());
  MoveTo("198.51.100.7:40001");
  GuessTenTimes();
  EXPECT_EQ(Ask(wrong_, Refresh()), (Lines{"lookup alice", "refused: wrong integrity",
                                           "limited by source_and_user: alice"}));
  MoveTo("198.51.100.7:40002");
  EXPECT_EQ(Ask(Refresh()), Right());
}

// Unknown users are treated as wrong passwords, or the difference would tell who exists.
TEST_F(AttemptsTest, AnUnknownUserIsLimitedTheSameWay) {
  const TestUser mallory("mallory", "x", "example.org");
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(Ask(mallory, Refresh()),
              (Lines{"lookup mallory", "refused: unknown user"} + Challenge(401)));
  }
  EXPECT_EQ(Ask(mallory, Refresh()), Lines{"limited by source_and_user: mallory"});
}

TEST_F(AttemptsTest, OverAConnectionTheRequestWaitsItsTurn) {
  path.transport = Transport::kTls;
  GuessTenTimes();
  EXPECT_EQ(Ask(Refresh(3)), Lines{"limited by source_and_user: alice"});
  EXPECT_TRUE(session().waiting());
  EXPECT_EQ(session().next_deadline(), clock.now().instant + seconds(1));
  // Nothing else is served meanwhile.
  EXPECT_EQ(Ask(Refresh(4)), Lines{"drop lookup_pending"});
  session().OnTimer({clock.now().instant + milliseconds(999), clock.now().wall});
  EXPECT_EQ(effects.Take(), Lines{});
  EXPECT_EQ(Pass(seconds(1)), Right(3));
  EXPECT_FALSE(session().waiting());
  EXPECT_EQ(session().next_deadline(), kNever);
}

TEST_F(AttemptsTest, OverAConnectionAWrongKeyBeyondTheLimitIsAnsweredLate) {
  path.transport = Transport::kTls;
  EXPECT_EQ(Ask(Refresh()), Right());
  session().ForgetCredential();
  GuessTenTimes();
  EXPECT_EQ(Ask(wrong_, Refresh(3)), (Lines{"lookup alice", "refused: wrong integrity",
                                            "limited by source_and_user: alice"}));
  EXPECT_TRUE(session().waiting());
  EXPECT_EQ(Pass(seconds(1)), Challenge(401, 3));
  EXPECT_EQ(Ask(Refresh(4)), Right(4));
}

// However often its turn is another's.
TEST_F(AttemptsTest, ARequestThatWaitsAgainIsCountedOnce) {
  path.transport = Transport::kTls;
  GuessTenTimes();
  EXPECT_EQ(Ask(Refresh(3)), Lines{"limited by source_and_user: alice"});
  limits_.Failed(limits_.Of(path.client.ip(), "example.org", "alice"),
                 clock.now().instant + milliseconds(1));
  clock.Advance(seconds(1));
  limits_.Failed(limits_.Of(path.client.ip(), "example.org", "alice"), clock.now().instant);
  session().OnTimer(clock.now());
  EXPECT_EQ(effects.Take(), Lines{});
  EXPECT_TRUE(session().waiting());
  EXPECT_EQ(Pass(seconds(2)), Right(3));
}

TEST_F(AttemptsTest, AClientThatIsGoneWaitsForNothing) {
  path.transport = Transport::kTls;
  GuessTenTimes();
  Ask(Refresh(3));
  session().End(EndReason::kClientGone, clock.now());
  EXPECT_FALSE(session().waiting());
  EXPECT_EQ(session().next_deadline(), kNever);
}

// A late answer of the user store belongs to an earlier request.
TEST_F(AttemptsTest, ACredentialDoesNotEndAWaitForATurn) {
  path.transport = Transport::kTls;
  GuessTenTimes();
  Ask(Refresh(3));
  session().OnCredential(effects.users["alice"], clock.now());
  EXPECT_EQ(effects.Take(), Lines{});
  EXPECT_TRUE(session().waiting());
}

TEST_F(AttemptsTest, WhoHasAnAllocationIsNotAskedToWait) {
  settings.max_lifetime = seconds(7200);
  AllocateUdp();
  Ask(Refresh(2).Lifetime(7200));
  // Longer than the user is remembered for.
  Pass(seconds(4000));
  // Somebody else behind the same address, on a 5-tuple of his own.
  const auto attempt = limits_.Of(path.client.ip(), "example.org", "alice");
  for (int i = 0; i < 30; ++i) limits_.Failed(attempt, clock.now().instant);
  session().ForgetCredential();
  EXPECT_EQ(Ask(Refresh(5)),
            (Lines{"lookup alice", "refreshed 600"} + Success("Refresh", 5, "LIFETIME 600")));
}

TEST_F(AttemptsTest, WithoutAnAllocationItIsAskedToWaitAfterAnHour) {
  EXPECT_EQ(Ask(Refresh()), Right());
  session().ForgetCredential();
  clock.Advance(seconds(4000));
  GuessTenTimes();
  EXPECT_EQ(Ask(Refresh()), Lines{"limited by source_and_user: alice"});
}

// --- datagrams whose nonce was not given to their source

TEST_F(AttemptsTest, ForgedRequestsLimitNobody) {
  Path forger = path;
  forger.client = ClientAddress(*Endpoint::Parse("203.0.113.66:1"));
  const std::string his_nonce = NonceBoundTo(forger);
  for (int i = 0; i < 10; ++i) ASSERT_EQ(Send(Refresh().SignedBy(wrong_, his_nonce)), Wrong());
  EXPECT_EQ(Ask(wrong_, Refresh()), Wrong());
  EXPECT_EQ(Ask(Refresh()), Right());
}

// And such a request is no way to guess either: right and wrong keys look the same.
TEST_F(AttemptsTest, BeyondTheirLimitTheyAreToldToTakeANewNonceWithoutALook) {
  Path forger = path;
  forger.client = ClientAddress(*Endpoint::Parse("203.0.113.66:1"));
  const std::string his_nonce = NonceBoundTo(forger);
  for (int i = 0; i < 10; ++i) Send(Refresh().SignedBy(wrong_, his_nonce));
  const Lines unseen = Lines{"limited by nonce: alice"} + Challenge(438);
  EXPECT_EQ(Send(Refresh().SignedBy(wrong_, his_nonce)), unseen);
  EXPECT_EQ(Send(Refresh().SignedBy(alice, his_nonce)), unseen);
  EXPECT_EQ(Ask(Refresh()), Right());
}

// --- answers to datagrams that prove nothing

TEST_F(AttemptsTest, AnswersWithoutAnyProofAreRationed) {
  effects.answers_unproven = false;
  const Lines silence = {"unproven, unanswered"};
  EXPECT_EQ(Send(Refresh()), silence);
  EXPECT_EQ(Send(TurnRequest(Method::kBinding, 2).AddUnknown(0x7f00)), silence);
  EXPECT_EQ(Ask(wrong_, Refresh()),
            (Lines{"lookup alice", "refused: wrong integrity", "unproven, unanswered"}));
  // Who has the right key is answered, be it with an error.
  EXPECT_EQ(Ask(Refresh()), Right());
  const std::string old = Nonce();
  clock.Advance(seconds(601));
  EXPECT_EQ(Send(Refresh().SignedBy(alice, old)), (Lines{"refused: stale nonce"} + Challenge(438)));
}

TEST_F(AttemptsTest, OverAConnectionAnswersAreNotRationed) {
  path.transport = Transport::kTcp;
  effects.answers_unproven = false;
  EXPECT_EQ(Send(Refresh()), Challenge(401));
}

// Nothing goes to a source that may be forged but what RFC 8489 section 9.2.4 asks for: header,
// ERROR-CODE without a phrase, REALM, NONCE.
TEST_F(AttemptsTest, AChallengeByDatagramHasNothingButWhatItNeeds) {
  settings.software = "Culvert";
  Send(Refresh());
  EXPECT_EQ(effects.last_reply().size(), 20u + 8 + (4 + 12) + (4 + 48));
  path.transport = Transport::kTcp;
  NewSession();
  Send(Refresh());
  EXPECT_EQ(effects.last_reply().size(), 20u + (8 + 16) + (4 + 12) + (4 + 48) + (4 + 8));
}

TEST_F(AttemptsTest, ABindingAnswerByDatagramHasNothingButTheAddress) {
  settings.software = "Culvert";
  EXPECT_EQ(Send(TurnRequest(Method::kBinding)),
            (Lines{"reply Binding success #1 {XOR-MAPPED-ADDRESS 198.51.100.7:40000}",
                   "count Binding 0"}));
}

}  // namespace
}  // namespace culvert::turn
