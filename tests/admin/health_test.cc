#include "server/admin/health.h"

#include <gtest/gtest.h>

#include <array>

namespace culvert::admin {
namespace {

using observe::WorkerCounters;

class HealthzTest : public testing::Test {
 protected:
  net::HttpResponse At(Instant now, std::optional<Instant> handshaking_since = {}) const {
    const std::array<const WorkerCounters*, 2> all = {&workers_[0], &workers_[1]};
    return Healthz(all, handshaking_since, now);
  }

  std::array<WorkerCounters, 2> workers_;
};

TEST_F(HealthzTest, IsOkWhileEveryLoopTurns) {
  workers_[0].last_turn.Set(Instant(seconds(100)));
  workers_[1].last_turn.Set(Instant(seconds(109)));
  const net::HttpResponse answer = At(Instant(seconds(110)));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "ok\n");
}

TEST_F(HealthzTest, NamesTheWorkersWhoseLoopsHang) {
  workers_[0].last_turn.Set(Instant(seconds(110)));
  workers_[1].last_turn.Set(Instant(seconds(100)));
  const net::HttpResponse answer = At(Instant(seconds(110)) + Duration(1));
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body, "workers that hang: 1\n");
}

TEST_F(HealthzTest, AWorkerThatHasNotBegunIsNotDead) {
  workers_[1].last_turn.Set(Instant(seconds(1000)));
  EXPECT_EQ(At(Instant(seconds(1000))).status, 200);
}

TEST_F(HealthzTest, AHandshakeThatTakesLongIsAThreadThatHangs) {
  const Instant began(seconds(1000));
  EXPECT_EQ(At(began + seconds(10), began).status, 200);
  const net::HttpResponse answer = At(began + seconds(10) + Duration(1), began);
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body, "a handshake thread hangs\n");
}

TEST(ReadyzTest, ARelayThatNeverReachedItsUsersIsNotReady) {
  EXPECT_EQ(Readyz(State::kServing, true).status, 503);
  EXPECT_EQ(Readyz(State::kServing, true).body, "waiting for Redis, where the users are\n");
  EXPECT_EQ(Readyz(State::kStarting, true).body, "starting\n");
  EXPECT_EQ(Readyz(State::kServing, false).status, 200);
}

TEST(ReadyzTest, OnlyServingIsReady) {
  EXPECT_EQ(Readyz(State::kServing).status, 200);
  EXPECT_EQ(Readyz(State::kServing).body, "ok\n");
  EXPECT_EQ(Readyz(State::kStarting).status, 503);
  EXPECT_EQ(Readyz(State::kStarting).body, "starting\n");
  EXPECT_EQ(Readyz(State::kDraining).status, 503);
  EXPECT_EQ(Readyz(State::kDraining).body, "draining\n");
  EXPECT_EQ(Readyz(State::kStopping).status, 503);
  EXPECT_EQ(Readyz(State::kStopping).body, "stopping\n");
}

}  // namespace
}  // namespace culvert::admin
