#include "server/relay/port_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <utility>
#include <vector>

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

// The ports that would do, found by asking for each one whether it is in a set.
std::set<uint16_t> Candidates(const std::set<uint16_t>& taken, uint16_t first, uint16_t last,
                              Want want) {
  std::set<uint16_t> fits;
  for (int p = first; p <= last; ++p) {
    const auto port = static_cast<uint16_t>(p);
    const auto next = static_cast<uint16_t>(p + 1);
    const bool even = port % 2 == 0;
    const bool pair = even && p < last && !taken.contains(next);
    if (taken.contains(port)) continue;
    if (want == Want::kAny || (want == Want::kEven && even) || (want == Want::kPair && pair)) {
      fits.insert(port);
    }
  }
  return fits;
}

// A range of 41 ports over two addresses and two protocols, full and empty by turns. The pool
// chooses at random, so the twin says what may be chosen.
TEST(PortPoolTest, RandomOperationsAgreeWithTheTwin) {
  constexpr uint32_t kSeed = 20260711;
  constexpr uint16_t kFirst = 50001;
  constexpr uint16_t kLast = 50041;
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  const auto pick = [&random](size_t count) { return static_cast<size_t>(random() % count); };
  PortPool pool(kFirst, kLast);
  std::map<std::pair<IpAddress, uint8_t>, std::set<uint16_t>> twin;
  int none = 0;
  for (int step = 0; step < 6000; ++step) {
    SCOPED_TRACE(step);
    const IpAddress& ip = pick(2) == 0 ? kIp : kOther;
    const uint8_t protocol = pick(2) == 0 ? kUdp : kTcp;
    std::set<uint16_t>& taken = twin[{ip, protocol}];
    const bool filling = step / 500 % 2 == 0;
    if (pick(10) < (filling ? 8u : 3u)) {
      const Want want = std::vector<Want>{Want::kAny, Want::kEven, Want::kPair}[pick(3)];
      const std::set<uint16_t> fits = Candidates(taken, kFirst, kLast, want);
      const auto port = pool.Take(ip, protocol, want);
      ASSERT_EQ(port.has_value(), !fits.empty());
      if (!port) {
        ++none;
        continue;
      }
      ASSERT_TRUE(fits.contains(*port)) << *port;
      taken.insert(*port);
      if (want == Want::kPair) taken.insert(static_cast<uint16_t>(*port + 1));
    } else {
      // Taken or not.
      const auto port = static_cast<uint16_t>(kFirst + pick(kLast - kFirst + 1));
      pool.Release(ip, protocol, port);
      taken.erase(port);
    }
    ASSERT_EQ(pool.taken(ip, protocol), taken.size());
  }
  EXPECT_GT(none, 50) << "the range was never full";
}

}  // namespace
}  // namespace culvert::relay
