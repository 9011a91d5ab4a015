#include "server/relay/port_pool.h"

#include <gtest/gtest.h>

#include <set>

#include "server/stun/protocol.h"

namespace culvert::relay {
namespace {

using Want = PortPool::Want;

constexpr uint8_t kUdp = stun::kTransportUdp;
constexpr uint8_t kTcp = stun::kTransportTcp;
const IpAddress kIp = IpAddress::V4(192, 0, 2, 1);
const IpAddress kOther = IpAddress::V4(192, 0, 2, 2);

TEST(PortPoolTest, EveryPortOfTheRangeIsTakenOnceAndThenNone) {
  PortPool pool(50000, 50099);
  std::set<uint16_t> taken;
  for (int i = 0; i < 100; ++i) {
    const auto port = pool.Take(kIp, kUdp, Want::kAny);
    ASSERT_TRUE(port.has_value()) << i;
    EXPECT_GE(*port, 50000);
    EXPECT_LE(*port, 50099);
    EXPECT_TRUE(taken.insert(*port).second) << *port << " was taken already";
  }
  EXPECT_EQ(pool.taken(kIp, kUdp), 100u);
  EXPECT_EQ(pool.Take(kIp, kUdp, Want::kAny), std::nullopt);
}

TEST(PortPoolTest, AddressesAndProtocolsHavePortsOfTheirOwn) {
  PortPool pool(50000, 50000);
  EXPECT_EQ(pool.Take(kIp, kUdp, Want::kAny), 50000);
  EXPECT_EQ(pool.Take(kIp, kTcp, Want::kAny), 50000);
  EXPECT_EQ(pool.Take(kOther, kUdp, Want::kAny), 50000);
  EXPECT_EQ(pool.Take(kIp, kUdp, Want::kAny), std::nullopt);
}

TEST(PortPoolTest, AReleasedPortIsTakenAgain) {
  PortPool pool(50000, 50001);
  ASSERT_TRUE(pool.Take(kIp, kUdp, Want::kAny).has_value());
  ASSERT_TRUE(pool.Take(kIp, kUdp, Want::kAny).has_value());
  pool.Release(kIp, kUdp, 50001);
  EXPECT_EQ(pool.taken(kIp, kUdp), 1u);
  EXPECT_EQ(pool.Take(kIp, kUdp, Want::kAny), 50001);
}

TEST(PortPoolTest, ReleasingWhatIsFreeChangesNothing) {
  PortPool pool(50000, 50001);
  pool.Release(kIp, kUdp, 50000);
  EXPECT_EQ(pool.taken(kIp, kUdp), 0u);
  ASSERT_TRUE(pool.Take(kIp, kUdp, Want::kAny).has_value());
  pool.Release(kOther, kUdp, 50000);
  pool.Release(kIp, kTcp, 50000);
  EXPECT_EQ(pool.taken(kIp, kUdp), 1u);
}

TEST(PortPoolTest, EvenMeansEven) {
  PortPool pool(50001, 50010);
  std::set<uint16_t> taken;
  for (int i = 0; i < 5; ++i) taken.insert(pool.Take(kIp, kUdp, Want::kEven).value_or(0));
  EXPECT_EQ(taken, (std::set<uint16_t>{50002, 50004, 50006, 50008, 50010}));
  EXPECT_EQ(pool.Take(kIp, kUdp, Want::kEven), std::nullopt);
  EXPECT_TRUE(pool.Take(kIp, kUdp, Want::kAny).has_value());
}

TEST(PortPoolTest, APairTakesBothAndNeverReachesBeyondTheRange) {
  PortPool pool(50000, 50004);
  std::set<uint16_t> taken;
  for (int i = 0; i < 2; ++i) taken.insert(pool.Take(kIp, kUdp, Want::kPair).value_or(0));
  // 50004 is even, but 50005 is not ours.
  EXPECT_EQ(taken, (std::set<uint16_t>{50000, 50002}));
  EXPECT_EQ(pool.taken(kIp, kUdp), 4u);
  EXPECT_EQ(pool.Take(kIp, kUdp, Want::kPair), std::nullopt);
  EXPECT_EQ(pool.Take(kIp, kUdp, Want::kAny), 50004);
}

TEST(PortPoolTest, APairNeedsItsOddPortFree) {
  PortPool pool(50000, 50001);
  ASSERT_EQ(pool.Take(kIp, kUdp, Want::kEven), 50000);
  ASSERT_EQ(pool.Take(kIp, kUdp, Want::kAny), 50001);
  pool.Release(kIp, kUdp, 50000);
  EXPECT_EQ(pool.Take(kIp, kUdp, Want::kPair), std::nullopt);
  pool.Release(kIp, kUdp, 50001);
  EXPECT_EQ(pool.Take(kIp, kUdp, Want::kPair), 50000);
}

// RFC 6056, AL-18: 16384 ports; 200 in a row by chance is out of the question.
TEST(PortPoolTest, PortsAreNotHandedOutInSequence) {
  PortPool pool(49152, 65535);
  int neighbours = 0;
  uint16_t last = 0;
  for (int i = 0; i < 200; ++i) {
    const uint16_t port = pool.Take(kIp, kUdp, Want::kAny).value_or(0);
    if (port == last + 1) ++neighbours;
    last = port;
  }
  EXPECT_LT(neighbours, 5);
}

TEST(PortPoolTest, TheLastPortOfAllIsUsable) {
  PortPool pool(65535, 65535);
  EXPECT_EQ(pool.Take(kIp, kUdp, Want::kPair), std::nullopt);
  EXPECT_EQ(pool.Take(kIp, kUdp, Want::kAny), 65535);
}

}  // namespace
}  // namespace culvert::relay
