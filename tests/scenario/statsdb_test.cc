// redis-statsdb: what the whole relay tells a Redis of its allocations, and what it costs when that
// Redis fails. The texts themselves: tests/statsdb.

#include <chrono>
#include <cstdio>

#include "tests/scenario/peers.h"
#include "tests/scenario/relay_fixture.h"
#include "tests/support/redis_process.h"
#include "tests/support/redis_subscriber.h"

namespace culvert::testing {
namespace {

constexpr const char* kAllAllocations = "turn/*/allocation/*";

class StatsdbTest : public RelayFixture {
 protected:
  void SetUp() override { ASSERT_EQ(redis_.Start(), ""); }

  // Connected, so that nothing is lost that a test waits for.
  void StartRelayWithStatsdb(const Change& change = {}, const std::string& words = "") {
    StartRelay([&](config::Options& o) {
      o.relay_threads = 1;
      o.redis_statsdb = redis_.connection_string() + " " + words;
      if (change) change(o);
    });
    ASSERT_TRUE(Eventually([&] { return connected(); }));
  }
  bool connected() { return relay().statsdb()[0]->connected.value() == 1; }
  uint64_t lost(redis::CallError::Kind kind) { return relay().statsdb()[0]->errors[kind].value(); }

  TurnClient Allocated(ClientTransport transport, const std::string& user = "alice",
                       uint8_t protocol = stun::kTransportUdp) {
    auto client = Client(transport, user);
    EXPECT_TRUE(client.ok()) << client.error().ToString();
    client->set_timeout(kPatience);
    const auto answer = client->Allocate({.transport = protocol});
    EXPECT_TRUE(answer.ok()) << answer.error().ToString();
    return std::move(*client);
  }

  // The next event, and that it is of an allocation of `user`: its last part and its text.
  PublishedEvent Next(RedisSubscriber& events, const std::string& user = "alice") {
    PublishedEvent event = events.Next(kPatience);
    constexpr size_t kIdSize = 18;
    const std::string before =
        "turn/realm/" + std::string(kRealm) + "/user/" + user + "/allocation/";
    const size_t end = before.size() + kIdSize;
    const bool whole = event.channel.starts_with(before) && event.channel.size() > end &&
                       event.channel.find_first_not_of("0123456789", before.size()) == end &&
                       event.channel[end] == '/';
    EXPECT_TRUE(whole) << event.channel;
    if (!whole) return {};
    id_ = event.channel.substr(before.size(), kIdSize);
    return {event.channel.substr(end + 1), event.message};
  }

  struct Traffic {
    unsigned received = 0, received_bytes = 0, sent = 0, sent_bytes = 0;
  };
  static Traffic TrafficOf(const std::string& text) {
    Traffic t;
    int end = 0;
    EXPECT_EQ(std::sscanf(text.c_str(), "rcvp=%u, rcvb=%u, sentp=%u, sentb=%u%n", &t.received,
                          &t.received_bytes, &t.sent, &t.sent_bytes, &end),
              4)
        << text;
    EXPECT_EQ(static_cast<size_t>(end), text.size()) << text;
    return t;
  }

  static void ExpectRelays(TurnClient& client, uint16_t channel = 0x4000) {
    UdpPeer peer;
    ASSERT_TRUE(client.ChannelBind(channel, peer.address()).ok());
    ASSERT_TRUE(client.SendChannelData(channel, AsBytes("still here")).ok());
    EXPECT_EQ(peer.Receive(kPatience).text(), "still here");
  }

  std::string StatusKey(const std::string& user = "alice") const {
    return "turn/realm/" + std::string(kRealm) + "/user/" + user + "/allocation/" + id_ + "/status";
  }
  std::string PathText(TurnClient& client, const std::string& type, const std::string& tls) {
    return "type=" + type + ", local=" + address().ToString() +
           ", remote=" + client.connection().local().ToString() + ", " + tls;
  }

  RedisProcess redis_;
  std::string id_;  // of the event that Next returned last
};

TEST_F(StatsdbTest, ALifeOverTlsIsTold) {
  StartRelayWithStatsdb();
  RedisSubscriber events(redis_, kAllAllocations);
  TurnClient client = Allocated(ClientTransport::kTls);
  const std::string path =
      PathText(client, "TLS/TCP", "ssl=TLSv1.3, cipher=TLS_AES_128_GCM_SHA256");
  EXPECT_EQ(Next(events), (PublishedEvent{"status", "new lifetime=600, " + path}));
  EXPECT_EQ(redis_.Run({"GET", StatusKey()}), "new lifetime=600, " + path);
  ASSERT_TRUE(client.Refresh(900).ok());
  EXPECT_EQ(Next(events), (PublishedEvent{"status", "refreshed lifetime=900, " + path}));
  EXPECT_EQ(redis_.Run({"GET", StatusKey()}), "refreshed lifetime=900, " + path);
  ASSERT_TRUE(client.Refresh(0).ok());
  EXPECT_EQ(Next(events), (PublishedEvent{"status", "refreshed lifetime=0, " + path}));
  EXPECT_EQ(Next(events).channel, "traffic");
  EXPECT_EQ(Next(events).channel, "traffic/peer");
  EXPECT_EQ(Next(events), (PublishedEvent{"status", "deleted"}));
  EXPECT_EQ(Next(events).channel, "total_traffic");
  EXPECT_EQ(Next(events).channel, "total_traffic/peer");
  EXPECT_EQ(redis_.Run({"EXISTS", StatusKey()}), "0");
}

TEST_F(StatsdbTest, EachTransportIsNamed) {
  StartRelayWithStatsdb();
  RedisSubscriber events(redis_, "*/status");
  const std::string plain = "ssl=NONE, cipher=NONE";
  TurnClient udp = Allocated(ClientTransport::kUdp);
  EXPECT_EQ(Next(events).message, "new lifetime=600, " + PathText(udp, "UDP", plain));
  TurnClient tcp = Allocated(ClientTransport::kTcp, "bob");
  EXPECT_EQ(Next(events, "bob").message, "new lifetime=600, " + PathText(tcp, "TCP", plain));
}

TEST_F(StatsdbTest, DatagramsAreCounted) {
  StartRelayWithStatsdb();
  RedisSubscriber events(redis_, "*total_traffic*");
  TurnClient client = Allocated(ClientTransport::kTcp);
  UdpPeer peer;
  ASSERT_TRUE(client.ChannelBind(0x4000, peer.address()).ok());
  const std::string up(100, 'u');
  const std::string down(60, 'd');
  ASSERT_TRUE(client.SendChannelData(0x4000, AsBytes(up)).ok());
  const auto arrived = peer.Receive(kPatience);
  ASSERT_TRUE(arrived.arrived);
  for (int i = 0; i < 2; ++i) {
    peer.Send(arrived.from, AsBytes(down));
    ASSERT_TRUE(client.NextEvent(kPatience).ok());
  }
  ASSERT_TRUE(client.Refresh(0).ok());
  // The client's side has TURN's messages in it: ChannelBind, ChannelData and Refresh came;
  // Allocate's answer, ChannelBind's, and ChannelData left.
  const Traffic total = TrafficOf(Next(events).message);
  EXPECT_EQ(total.received, 3u);
  EXPECT_EQ(total.sent, 4u);
  EXPECT_EQ(Next(events),
            (PublishedEvent{"total_traffic/peer", "rcvp=2, rcvb=120, sentp=1, sentb=100"}));
}

TEST_F(StatsdbTest, DataConnectionsAreCounted) {
  StartRelayWithStatsdb();
  RedisSubscriber events(redis_, "*total_traffic/peer");
  for (const auto transport : {ClientTransport::kTls, ClientTransport::kTcp}) {
    TurnClient client = Allocated(transport, "alice", stun::kTransportTcp);
    PeerListener listener;
    auto path = OpenPath(client, listener);
    ASSERT_TRUE(path.ok()) << path.error().ToString();
    const std::vector<uint8_t> up = Pattern(300'000, 1);
    const std::vector<uint8_t> down = Pattern(200'000, 2);
    BackgroundSend sends_up(path->client, up);
    EXPECT_EQ(Difference(path->peer, up), "");
    EXPECT_TRUE(sends_up.Finish());
    BackgroundSend sends_down(path->peer, down);
    EXPECT_EQ(Difference(path->client, down), "");
    ASSERT_TRUE(client.Refresh(0).ok());
    const Traffic total = TrafficOf(Next(events).message);
    EXPECT_GE(total.received, 1u);
    EXPECT_EQ(total.received_bytes, 200'000u);
    EXPECT_GE(total.sent, 1u);
    EXPECT_EQ(total.sent_bytes, 300'000u);
  }
}

TEST_F(StatsdbTest, AlongTheWayTrafficIsToldEvery4096Packets) {
  StartRelayWithStatsdb();
  RedisSubscriber events(redis_, "*/traffic*");
  TurnClient client = Allocated(ClientTransport::kTcp);
  UdpPeer peer;
  ASSERT_TRUE(client.ChannelBind(0x4000, peer.address()).ok());
  // Each comes in and goes out.
  for (int i = 0; i < 2048; ++i) ASSERT_TRUE(client.SendChannelData(0x4000, AsBytes("1234")).ok());
  unsigned packets = 0;
  for (const char* channel : {"traffic", "traffic/peer"}) {
    const PublishedEvent event = Next(events);
    EXPECT_EQ(event.channel, channel);
    const Traffic traffic = TrafficOf(event.message);
    packets += traffic.received + traffic.sent;
  }
  EXPECT_EQ(packets, 4096u);
}

TEST_F(StatsdbTest, ANameWithASlashIsOnePartOfTheKey) {
  StartRelayWithStatsdb([](config::Options& o) { o.users = {"a/b c:pw-a/b c"}; });
  RedisSubscriber events(redis_, "*/status");
  TurnClient client = Allocated(ClientTransport::kTls, "a/b c");
  EXPECT_EQ(Next(events, "a%2Fb%20c").channel, "status");
}

TEST_F(StatsdbTest, NobodyElsesKeysAreTouched) {
  const std::string others = "turn/realm/x/user/y/allocation/000000000000000001/status";
  redis_.Run({"SET", others, "new lifetime=600"});
  StartRelayWithStatsdb();
  RedisSubscriber events(redis_, "*/status");
  TurnClient client = Allocated(ClientTransport::kTls);
  ASSERT_TRUE(client.Refresh(0).ok());
  while (Next(events).message != "deleted" && !HasFailure()) continue;
  StopRelay();
  EXPECT_EQ(redis_.Run({"KEYS", "*"}), others + "\n");
}

TEST_F(StatsdbTest, ARelayThatStopsTellsOfAllEnds) {
  StartRelayWithStatsdb();
  RedisSubscriber events(redis_, "*total_traffic/peer");
  TurnClient first = Allocated(ClientTransport::kTls);
  TurnClient second = Allocated(ClientTransport::kUdp);
  StopRelay();
  EXPECT_EQ(Next(events).channel, "total_traffic/peer");
  const std::string one = id_;
  EXPECT_EQ(Next(events).channel, "total_traffic/peer");
  EXPECT_NE(id_, one);
  EXPECT_EQ(redis_.Run({"DBSIZE"}), "0");
}

TEST_F(StatsdbTest, AFrozenStatsdbHoldsUpNothing) {
  StartRelayWithStatsdb();
  TurnClient before = Allocated(ClientTransport::kTls);
  redis_.Freeze();
  ExpectRelays(before);
  TurnClient during = Allocated(ClientTransport::kUdp);
  ExpectRelays(during);
  EXPECT_TRUE(Eventually([&] { return lost(redis::CallError::Kind::kTimeout) >= 1; }));
  ExpectRelays(before, 0x4001);
  redis_.Thaw();
  ASSERT_TRUE(Eventually([&] { return connected(); }));
  RedisSubscriber events(redis_, "*/status");
  ASSERT_TRUE(before.Refresh(900).ok());
  EXPECT_EQ(Next(events).message.substr(0, 22), "refreshed lifetime=900");
}

TEST_F(StatsdbTest, AFrozenStatsdbDoesNotHoldUpTheEnd) {
  StartRelayWithStatsdb();
  TurnClient client = Allocated(ClientTransport::kTls);
  redis_.Freeze();
  const auto begin = std::chrono::steady_clock::now();
  StopRelay();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kPatience);
}

TEST_F(StatsdbTest, AKilledStatsdbIsFoundAgainAndLearnsOfWhoIsRefreshed) {
  StartRelayWithStatsdb();
  TurnClient before = Allocated(ClientTransport::kTls);
  redis_.Kill();
  ExpectRelays(before);
  TurnClient during = Allocated(ClientTransport::kUdp);
  ExpectRelays(during);
  EXPECT_TRUE(Eventually([&] { return lost(redis::CallError::Kind::kDown) >= 2; }));
  ASSERT_EQ(redis_.StartAgain(), "");
  ASSERT_TRUE(Eventually([&] { return connected(); }));
  RedisSubscriber events(redis_, "*/status");
  ASSERT_TRUE(during.Refresh(900).ok());
  EXPECT_EQ(Next(events).message.substr(0, 22), "refreshed lifetime=900");
  EXPECT_EQ(redis_.Run({"EXISTS", StatusKey()}), "1");
}

TEST_F(StatsdbTest, WithoutAuthenticationTheUserIsEmpty) {
  StartRelayWithStatsdb([](config::Options& o) {
    o.users.clear();
    o.no_auth = true;
  });
  RedisSubscriber events(redis_, "*/status");
  TurnClient client = Allocated(ClientTransport::kTls);
  EXPECT_EQ(Next(events, "").channel, "status");
}

// docs/redis.md's line.
TEST_F(StatsdbTest, TheRightsThatAreDocumentedAreEnough) {
  ASSERT_EQ(
      redis_.Run({"ACL", "SETUSER", "stats", "on", ">hole", "resetchannels", "%W~turn/*", "&turn/*",
                  "+set", "+del", "+publish", "+ping", "+select", "+client|setname"}),
      "OK");
  StartRelayWithStatsdb({}, "user=stats password=hole");
  RedisSubscriber events(redis_, "*");
  TurnClient client = Allocated(ClientTransport::kTls);
  ASSERT_TRUE(client.Refresh(0).ok());
  while (Next(events).channel != "total_traffic/peer" && !HasFailure()) continue;
  EXPECT_EQ(redis_.Run({"DBSIZE"}), "0");
  EXPECT_EQ(lost(redis::CallError::Kind::kServer), 0u);
  EXPECT_EQ(redis_.Run({"ACL", "LOG"}), "");
}

}  // namespace
}  // namespace culvert::testing
