#include "server/turn/failure_limits.h"

#include <gtest/gtest.h>

#include <string>

namespace culvert::turn {
namespace {

constexpr Instant kStart{seconds(100000)};

class FailureLimitsTest : public ::testing::Test {
 protected:
  using Judgement = FailureLimits::Judgement;

  FailureLimits::Attempt By(const char* source, std::string_view user,
                            std::string_view realm = "example.org") {
    return limits_.Of(*IpAddress::Parse(source), realm, user);
  }
  void Fail(const FailureLimits::Attempt& attempt, int times, Instant now = kStart) {
    for (int i = 0; i < times; ++i) limits_.Failed(attempt, now);
  }
  // Thirty failures as `user`, of as many sources.
  void AttackUser(std::string_view user) {
    for (int i = 0; i < 30; ++i) {
      Fail(By(("198.51.100." + std::to_string(i)).c_str(), user), 1);
    }
  }
  // A hundred failures from `source`, as many users.
  void AttackFrom(const char* source) {
    for (int i = 0; i < 100; ++i) Fail(By(source, "nobody" + std::to_string(i)), 1);
  }
  // How long an attempt has to wait, in milliseconds.
  int64_t Wait(const FailureLimits::Attempt& attempt, Instant now = kStart) {
    return (limits_.Judge(attempt, now).look_at - now) / milliseconds(1);
  }
  std::string Limit(const FailureLimits::Attempt& attempt, Instant now = kStart) {
    const auto beyond = limits_.Judge(attempt, now).beyond;
    return beyond ? AuthLimitName(*beyond) : "";
  }

  Acquaintances acquaintances_{HashKey{1, 2, 3}};
  FailureLimits limits_{{.per_source = 10, .per_user = 10}, acquaintances_};
};

TEST_F(FailureLimitsTest, TenFailuresComeFreeAndThenOneASecond) {
  const auto guesser = By("192.0.2.1", "alice");
  Fail(guesser, 9);
  EXPECT_EQ(Wait(guesser), 0);
  EXPECT_EQ(Limit(guesser), "");
  Fail(guesser, 1);
  EXPECT_EQ(Wait(guesser), 1000);
  EXPECT_EQ(Limit(guesser), "source_and_user");
  const Instant later = kStart + seconds(1);
  EXPECT_EQ(Wait(guesser, later), 0);
  Fail(guesser, 1, later);
  EXPECT_EQ(Wait(guesser, later), 1000);
  EXPECT_EQ(Wait(guesser, later + seconds(1)), 0);
}

TEST_F(FailureLimitsTest, OtherUsersOfThatSourceAndOtherSourcesOfThatUserAreNotConcerned) {
  Fail(By("192.0.2.1", "alice"), 10);
  for (const auto& other : {By("192.0.2.1", "bob"), By("192.0.2.2", "alice"),
                            By("192.0.2.1", "alice", "example.net")}) {
    EXPECT_EQ(Wait(other), 0);
    EXPECT_EQ(Limit(other), "");
  }
}

TEST_F(FailureLimitsTest, WhoWasHereWithTheRightKeyIsAlwaysLookedAt) {
  const auto home = By("192.0.2.1", "alice");
  limits_.Succeeded(home, kStart);
  Fail(home, 20);
  EXPECT_EQ(Wait(home), 0);
  // A wrong key gets no answer all the same.
  EXPECT_EQ(Limit(home), "source_and_user");
  EXPECT_EQ(Limit(home, kStart + seconds(1)), "");
  // An hour later the address may be another's.
  const Instant later = kStart + seconds(3700);
  Fail(home, 10, later);
  EXPECT_EQ(Wait(home, later), 1000);
}

TEST_F(FailureLimitsTest, AUserWhoIsGuessedFromManySourcesGivesEachNewOneASingleLook) {
  AttackUser("alice");
  const auto newcomer = By("203.0.113.1", "alice");
  // The first request is looked at, so that nobody shuts out a user who comes from a new place.
  EXPECT_EQ(Wait(newcomer), 0);
  EXPECT_EQ(Limit(newcomer), "user");
  Fail(newcomer, 1);
  EXPECT_EQ(Wait(newcomer), 10000);
  EXPECT_EQ(Wait(newcomer, kStart + seconds(10)), 0);
  EXPECT_EQ(Limit(By("203.0.113.1", "bob")), "");
}

TEST_F(FailureLimitsTest, AnAttackedUserGoesOnWhereHeWasBefore) {
  const auto home = By("192.0.2.1", "alice");
  limits_.Succeeded(home, kStart);
  AttackUser("alice");
  Fail(home, 5);
  EXPECT_EQ(Wait(home), 0);
}

// Ten a minute are forgiven; so the thirtieth failure counts for six seconds.
TEST_F(FailureLimitsTest, AnAttackOnAUserIsOverWhenItsRateFalls) {
  AttackUser("alice");
  const auto newcomer = By("203.0.113.1", "alice");
  EXPECT_EQ(Limit(newcomer, kStart + seconds(5)), "user");
  EXPECT_EQ(Limit(newcomer, kStart + seconds(6)), "");
}

TEST_F(FailureLimitsTest, NoAttackIsHeldAgainstItsVictimForLongerThanTwiceTheBurst) {
  for (int i = 0; i < 100; ++i) AttackUser("alice");
  const auto newcomer = By("203.0.113.1", "alice");
  EXPECT_EQ(Limit(newcomer, kStart + seconds(185)), "user");
  EXPECT_EQ(Limit(newcomer, kStart + seconds(186)), "");
}

TEST_F(FailureLimitsTest, ASourceThatTriesManyUsersGetsASingleLookForEach) {
  AttackFrom("192.0.2.1");
  const auto neighbour = By("192.0.2.1", "alice");
  EXPECT_EQ(Wait(neighbour), 0);
  EXPECT_EQ(Limit(neighbour), "source");
  Fail(neighbour, 1);
  EXPECT_EQ(Wait(neighbour), 10000);
  EXPECT_EQ(Limit(By("192.0.2.2", "alice")), "");
  // A hundredth of a failure later than ten a second allow.
  EXPECT_EQ(Limit(By("192.0.2.1", "bob"), kStart + milliseconds(200)), "");
}

TEST_F(FailureLimitsTest, AnIpv6NetworkIsOneSource) {
  Fail(By("2001:db8::1", "alice"), 5);
  Fail(By("2001:db8::ffff:0:2", "alice"), 5);
  EXPECT_EQ(Wait(By("2001:db8::3", "alice")), 1000);
  EXPECT_EQ(Wait(By("2001:db8:0:1::1", "alice")), 0);
}

TEST_F(FailureLimitsTest, AMappedAddressIsTheIpv4Address) {
  Fail(By("::ffff:192.0.2.1", "alice"), 10);
  EXPECT_EQ(Wait(By("192.0.2.1", "alice")), 1000);
}

TEST_F(FailureLimitsTest, WhatProvesNothingIsCountedApartAndChargesNobody) {
  const auto victim = By("192.0.2.1", "alice");
  for (int i = 0; i < 9; ++i) limits_.UnprovenFailed(victim, kStart);
  EXPECT_TRUE(limits_.MayLookAtUnproven(victim, kStart));
  for (int i = 0; i < 1000; ++i) limits_.UnprovenFailed(victim, kStart);
  EXPECT_FALSE(limits_.MayLookAtUnproven(victim, kStart));
  EXPECT_TRUE(limits_.MayLookAtUnproven(victim, kStart + seconds(1)));
  EXPECT_TRUE(limits_.MayLookAtUnproven(By("192.0.2.2", "alice"), kStart));
  EXPECT_EQ(Wait(victim), 0);
  EXPECT_EQ(Limit(victim), "");
}

TEST_F(FailureLimitsTest, ZeroIsNoLimit) {
  FailureLimits none({.per_source = 0, .per_user = 0}, acquaintances_);
  const auto guesser = By("192.0.2.1", "alice");
  for (int i = 0; i < 1000; ++i) {
    none.Failed(guesser, kStart);
    none.UnprovenFailed(guesser, kStart);
  }
  EXPECT_EQ(none.Judge(guesser, kStart).look_at, kStart);
  EXPECT_FALSE(none.Judge(guesser, kStart).beyond.has_value());
  EXPECT_TRUE(none.MayLookAtUnproven(guesser, kStart));
}

// Whatever happens elsewhere, the first request of a user from a source is looked at.
TEST_F(FailureLimitsTest, AHundredThousandSourcesShutOutNobody) {
  for (int i = 0; i < 100000; ++i) {
    uint8_t bytes[16] = {0x20, 0x01, 0x0d, 0xb8};
    StoreBig32(bytes + 4, static_cast<uint32_t>(i));
    const auto attempt = limits_.Of(IpAddress::FromBytes(bytes), "example.org", "alice");
    EXPECT_EQ(limits_.Judge(attempt, kStart).look_at, kStart);
    limits_.Failed(attempt, kStart);
  }
  EXPECT_EQ(Wait(By("192.0.2.1", "alice")), 0);
  EXPECT_EQ(Limit(By("192.0.2.1", "alice")), "user");
  EXPECT_EQ(Limit(By("192.0.2.1", "bob")), "");
}

}  // namespace
}  // namespace culvert::turn
