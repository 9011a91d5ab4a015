// The tables that the data path asks, against a slow twin that keeps every fact in a map.
#include "server/turn/allocation.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace culvert::turn {
namespace {

constexpr Instant kStart{std::chrono::hours(1)};
const RelayedAddress kRelayed(IpAddress::V4(192, 0, 2, 10), 49152);

PeerAddress Peer(uint8_t host, uint16_t port) {
  return PeerAddress(IpAddress::V4(198, 51, 100, host), port);
}

// RFC 8656 sections 9 and 12 as literally as can be. Nothing is ever forgotten.
class Twin {
 public:
  bool InstallPermission(const IpAddress& peer, Instant now, Instant expires, size_t limit) {
    if (!Permits(peer, now) && LivePermissions(now) >= limit) return false;
    permissions_[peer] = expires;
    return true;
  }
  RelayTable::BindResult Bind(uint16_t number, const PeerAddress& peer, Instant now,
                              Instant expires, size_t limit) {
    size_t live = 0;
    for (const auto& [bound, channel] : channels_) {
      if (channel.second <= now) continue;
      ++live;
      if ((bound == number) != (channel.first == peer)) return RelayTable::BindResult::kConflict;
    }
    const auto same = channels_.find(number);
    const bool refreshed = same != channels_.end() && same->second.second > now;
    if (!refreshed && live >= limit) return RelayTable::BindResult::kFull;
    channels_[number] = {peer, expires};
    return RelayTable::BindResult::kBound;
  }
  bool Permits(const IpAddress& peer, Instant now) const {
    const auto found = permissions_.find(peer);
    return found != permissions_.end() && found->second > now;
  }
  size_t LivePermissions(Instant now) const {
    size_t live = 0;
    for (const auto& [peer, expires] : permissions_) live += expires > now;
    return live;
  }
  // As text: the peer, or why there is none.
  std::string Route(uint16_t number, Instant now) const {
    const auto found = channels_.find(number);
    if (found == channels_.end() || found->second.second <= now) return "no_channel";
    if (!Permits(found->second.first.ip(), now)) return "no_permission";
    return found->second.first.ToString();
  }
  std::string From(const PeerAddress& peer, Instant now) const {
    if (!Permits(peer.ip(), now)) return "drop";
    for (const auto& [number, channel] : channels_) {
      if (channel.first == peer && channel.second > now) return std::to_string(number);
    }
    return "indication";
  }

 private:
  std::map<IpAddress, Instant> permissions_;
  std::map<uint16_t, std::pair<PeerAddress, Instant>> channels_;
};

std::string Route(const RelayTable& table, uint16_t number, Instant now) {
  Drop why{};
  const Channel* channel = table.RouteChannel(number, now, &why);
  return channel ? channel->peer.ToString() : DropName(why);
}

std::string From(const RelayTable& table, const PeerAddress& peer, Instant now) {
  const Inbound inbound = table.RouteInbound(peer, now);
  switch (inbound.kind) {
    case Inbound::Kind::kDrop:
      return "drop";
    case Inbound::Kind::kIndication:
      return "indication";
    case Inbound::Kind::kChannel:
      return std::to_string(inbound.channel);
  }
  return "?";
}

// Few peers, ports and numbers, so that they meet; limits that are reached; steps of time that let
// permissions and channels expire in every order.
TEST(RelayTableTest, RandomOperationsAgreeWithTheTwin) {
  constexpr uint32_t kSeed = 20260708;
  constexpr size_t kMostPermissions = 4;
  constexpr size_t kMostChannels = 5;
  std::mt19937 random(kSeed);
  const auto pick = [&random](uint32_t count) { return static_cast<uint32_t>(random() % count); };
  RelayTable table(kRelayed, kNever);
  Twin twin;
  Instant now = kStart;
  for (int step = 0; step < 20000; ++step) {
    SCOPED_TRACE(step);
    const PeerAddress peer =
        Peer(static_cast<uint8_t>(pick(6)), static_cast<uint16_t>(1 + pick(2)));
    const auto number = static_cast<uint16_t>(0x4000 + pick(8));
    switch (pick(5)) {
      case 0:
        ASSERT_EQ(table.InstallPermission(peer.ip(), now, now + seconds{30}, kMostPermissions),
                  twin.InstallPermission(peer.ip(), now, now + seconds{30}, kMostPermissions));
        break;
      case 1:
        ASSERT_EQ(table.BindChannel(number, peer, now, now + seconds{60}, kMostChannels),
                  twin.Bind(number, peer, now, now + seconds{60}, kMostChannels));
        break;
      case 2:
        now += seconds{pick(10)};
        break;
      case 3:
        table.Expire(now);
        break;
      default:
        break;
    }
    ASSERT_EQ(Route(table, number, now), twin.Route(number, now));
    ASSERT_EQ(From(table, peer, now), twin.From(peer, now));
    ASSERT_EQ(table.Permits(peer.ip(), now), twin.Permits(peer.ip(), now));
    ASSERT_EQ(table.LivePermissions(now), twin.LivePermissions(now));
  }
}

TEST(RelayTableTest, ExpireForgetsAndTellsTheNextDeadline) {
  RelayTable table(kRelayed, kNever);
  EXPECT_EQ(table.Expire(kStart), kNever);
  table.InstallPermission(Peer(1, 1).ip(), kStart, kStart + seconds{30}, 9);
  table.InstallPermission(Peer(2, 1).ip(), kStart, kStart + seconds{20}, 9);
  table.BindChannel(0x4000, Peer(1, 1), kStart, kStart + seconds{60}, 9);
  EXPECT_EQ(table.Expire(kStart), kStart + seconds{20});
  EXPECT_EQ(table.Expire(kStart + seconds{20}), kStart + seconds{30});
  EXPECT_EQ(table.permissions().size(), 1u);
  EXPECT_EQ(table.Expire(kStart + seconds{30}), kStart + seconds{60});
  EXPECT_EQ(table.channels().size(), 1u);
  EXPECT_EQ(table.Expire(kStart + seconds{60}), kNever);
  EXPECT_TRUE(table.channels().empty());
}

// RF-06: nothing passes an allocation whose time is over, whenever the timer comes.
TEST(RelayTableTest, BehindItsDeadlineATableRoutesNothing) {
  RelayTable table(kRelayed, kStart + seconds{10});
  table.InstallPermission(Peer(1, 1).ip(), kStart, kStart + seconds{300}, 9);
  table.BindChannel(0x4000, Peer(1, 1), kStart, kStart + seconds{600}, 9);
  table.InstallPermission(Peer(1, 1).ip(), kStart, kStart + seconds{300}, 9);
  EXPECT_EQ(Route(table, 0x4000, kStart + seconds{9}), "198.51.100.1:1");
  EXPECT_EQ(Route(table, 0x4000, kStart + seconds{10}), "no_allocation");
  EXPECT_EQ(From(table, Peer(1, 1), kStart + seconds{10}), "drop");
  EXPECT_EQ(From(table, Peer(1, 2), kStart + seconds{10}), "drop");
  EXPECT_FALSE(table.Permits(Peer(1, 1).ip(), kStart + seconds{10}));
}

// CH-06
TEST(RelayTableTest, ANumberIsFreeInAnotherTable) {
  RelayTable first(kRelayed, kNever);
  RelayTable second(kRelayed, kNever);
  EXPECT_EQ(first.BindChannel(0x4000, Peer(1, 1), kStart, kNever, 9),
            RelayTable::BindResult::kBound);
  EXPECT_EQ(second.BindChannel(0x4000, Peer(2, 2), kStart, kNever, 9),
            RelayTable::BindResult::kBound);
}

}  // namespace
}  // namespace culvert::turn
