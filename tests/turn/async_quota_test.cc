// Quotas that others are asked about: the Allocate waits, the worker does not.
#include "tests/turn/session_harness.h"

namespace culvert::turn {
namespace {

TurnRequest Allocate(uint32_t number = 1) {
  return TurnRequest(Method::kAllocate, number).Transport(stun::kTransportUdp).Lifetime(900);
}

class AsyncQuotaTest : public SessionHarness {
 protected:
  AsyncQuotaTest() { effects.quota_comes_later = true; }

  Lines Answer(std::optional<ErrorCode> refusal) {
    EXPECT_TRUE(session().OnQuota(refusal, clock.now()));
    return effects.Take();
  }
  static Lines Granted() {
    return Lines{"open udp v4 any", "created"} +
           Success("Allocate", 1,
                   "XOR-RELAYED-ADDRESS 192.0.2.10:49152, LIFETIME 900, "
                   "XOR-MAPPED-ADDRESS 198.51.100.7:40000");
  }
};

TEST_F(AsyncQuotaTest, TheAllocateWaitsAndIsServedAsItAsked) {
  EXPECT_EQ(Ask(Allocate()), (Lines{"lookup alice", "acquire alice"}));
  EXPECT_TRUE(session().waiting());
  EXPECT_EQ(session().allocation(), nullptr);
  EXPECT_EQ(Answer(std::nullopt), Granted());
  EXPECT_FALSE(session().waiting());
  EXPECT_EQ(session().allocation()->credential->subject, "alice");
}

TEST_F(AsyncQuotaTest, ARefusalIsItsAnswerAndLeavesNothingBehind) {
  Ask(Allocate());
  EXPECT_EQ(Answer(ErrorCode::kAllocationQuotaReached), Refusal("Allocate", 1, 486));
  EXPECT_FALSE(session().waiting());
  effects.quota_comes_later = false;
  Ask(Allocate(2));
  EXPECT_NE(session().allocation(), nullptr);
}

// ST-19: retransmissions, and whatever else comes meanwhile.
TEST_F(AsyncQuotaTest, FurtherRequestsAreDroppedMeanwhile) {
  Ask(Allocate());
  EXPECT_EQ(Ask(Allocate()), Lines{"drop lookup_pending"});
  EXPECT_EQ(Ask(TurnRequest(Method::kRefresh, 2)), Lines{"drop lookup_pending"});
  EXPECT_EQ(Answer(std::nullopt), Granted());
}

// The user was looked up a moment ago: an answer about users is for nobody now.
TEST_F(AsyncQuotaTest, ALateCredentialIsNotTakenForTheQuota) {
  Ask(Allocate());
  session().OnCredential(Failure{auth::Refusal::kUnknownUser}, clock.now());
  EXPECT_EQ(effects.Take(), Lines());
  EXPECT_EQ(Answer(std::nullopt), Granted());
}

TEST_F(AsyncQuotaTest, ForAClientThatIsGoneItIsNotWanted) {
  Ask(Allocate());
  session().End(EndReason::kClientGone, clock.now());
  EXPECT_FALSE(session().waiting());
  EXPECT_FALSE(session().OnQuota(std::nullopt, clock.now()));
  EXPECT_EQ(effects.Take(), Lines());
  EXPECT_EQ(session().allocation(), nullptr);
}

TEST_F(AsyncQuotaTest, NobodyAskedForIt) {
  EXPECT_FALSE(session().OnQuota(std::nullopt, clock.now()));
  EXPECT_EQ(effects.Take(), Lines());
}

TEST_F(AsyncQuotaTest, ARelayThatCannotBeOpenedReturnsIt) {
  effects.udp_v4_error = ErrorCode::kInsufficientCapacity;
  Ask(Allocate());
  EXPECT_EQ(Answer(std::nullopt),
            (Lines{"open udp v4 any", "release"} + Refusal("Allocate", 1, 508)));
  EXPECT_EQ(effects.open().quotas, 0);
}

// What the answer is protected with was known when the request came.
TEST_F(AsyncQuotaTest, TheCredentialMayBeForgottenMeanwhile) {
  Ask(Allocate());
  session().ForgetCredential();
  EXPECT_EQ(Answer(std::nullopt), Granted());
}

}  // namespace
}  // namespace culvert::turn
