#include "server/relay/reservations.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <set>

namespace culvert::relay {
namespace {

using Want = PortPool::Want;

const IpAddress kIp = IpAddress::V4(192, 0, 2, 1);
constexpr Instant kStart{seconds(1000)};

class ReservationsTest : public ::testing::Test {
 protected:
  // Holds the odd port of a pair.
  turn::ReservationToken Hold(const std::string& subject, Instant expires) {
    const uint16_t even = ports_.Take(kIp, stun::kTransportUdp, Want::kPair).value_or(0);
    net::Fd socket(eventfd(0, EFD_CLOEXEC));
    last_fd_ = socket.get();
    return reservations_.Hold(
        {std::move(socket), Endpoint(kIp, static_cast<uint16_t>(even + 1)), subject, expires});
  }
  bool IsOpen(int fd) const { return fcntl(fd, F_GETFD) >= 0; }

  PortPool ports_{50000, 50009};
  Reservations reservations_{ports_};
  int last_fd_ = -1;
};

TEST_F(ReservationsTest, ATokenIsRedeemedOnceWithItsSocket) {
  const auto token = Hold("alice", kStart + Reservations::kHeld);
  auto redeemed = reservations_.Redeem(token, "alice", kStart);
  ASSERT_TRUE(redeemed.has_value());
  EXPECT_EQ(redeemed->socket.get(), last_fd_);
  EXPECT_TRUE(IsOpen(last_fd_));
  EXPECT_EQ(redeemed->local.port() % 2, 1);
  EXPECT_FALSE(reservations_.Redeem(token, "alice", kStart).has_value());
}

TEST_F(ReservationsTest, AnotherSubjectGetsNothingAndTakesNothingAway) {
  const auto token = Hold("alice", kStart + Reservations::kHeld);
  EXPECT_FALSE(reservations_.Redeem(token, "bob", kStart).has_value());
  EXPECT_TRUE(reservations_.Redeem(token, "alice", kStart).has_value());
}

TEST_F(ReservationsTest, AnUnknownTokenIsNothing) {
  const auto token = Hold("alice", kStart + Reservations::kHeld);
  EXPECT_FALSE(reservations_.Redeem(token ^ 1, "alice", kStart).has_value());
}

TEST_F(ReservationsTest, AfterThirtySecondsItIsOverWhetherCollectedOrNot) {
  const auto token = Hold("alice", kStart + Reservations::kHeld);
  EXPECT_FALSE(reservations_.Redeem(token, "alice", kStart + seconds(30)).has_value());
  reservations_.Expire(kStart + seconds(30) - Duration(1));
  EXPECT_TRUE(IsOpen(last_fd_));
  reservations_.Expire(kStart + seconds(30));
  EXPECT_FALSE(IsOpen(last_fd_));
}

TEST_F(ReservationsTest, AnExpiredPortGoesBackToThePool) {
  Hold("alice", kStart + seconds(30));
  Hold("alice", kStart + seconds(60));
  EXPECT_EQ(ports_.taken(kIp, stun::kTransportUdp), 4u);
  reservations_.Expire(kStart + seconds(30));
  EXPECT_EQ(ports_.taken(kIp, stun::kTransportUdp), 3u);
}

TEST_F(ReservationsTest, TokensDiffer) {
  std::set<turn::ReservationToken> tokens;
  for (int i = 0; i < 5; ++i) tokens.insert(Hold("alice", kStart + seconds(30)));
  EXPECT_EQ(tokens.size(), 5u);
}

}  // namespace
}  // namespace culvert::relay
