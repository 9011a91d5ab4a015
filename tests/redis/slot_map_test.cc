#include "server/redis/slot_map.h"

#include <gtest/gtest.h>

#include <string>

namespace culvert::redis {
namespace {

ServerName Server(std::string host, uint16_t port) {
  ServerName server;
  server.host = std::move(host);
  server.port = port;
  return server;
}

Reply Text(std::string text) {
  return Reply::Text(Reply::Type::kString, std::move(text));
}

Reply Range(int64_t first, int64_t last, Reply host, int64_t port) {
  return Reply::Array({Reply::Integer(first), Reply::Integer(last),
                       Reply::Array({std::move(host), Reply::Integer(port), Text("id")})});
}

const ServerName kAsked = Server("asked.test", 7000);

// The first is the vector of the cluster specification; the others were asked of redis-server 7.0
// (CLUSTER KEYSLOT).
TEST(HashSlotTest, SlotsAreThoseOfRedis) {
  EXPECT_EQ(HashSlot("123456789"), 0x31c3);
  EXPECT_EQ(HashSlot(""), 0);
  EXPECT_EQ(HashSlot("foo"), 12182);
  EXPECT_EQ(HashSlot("turn/realm/a/user/b/key"), 3927);
}

TEST(HashSlotTest, OnlyTheTextInTheFirstBracesCounts) {
  EXPECT_EQ(HashSlot("{foo}.a"), HashSlot("foo"));
  EXPECT_EQ(HashSlot("a{foo}{bar}"), HashSlot("foo"));
  EXPECT_EQ(HashSlot("a{{foo}}"), HashSlot("{foo"));
  EXPECT_EQ(HashSlot("{}foo"), 9500);
  EXPECT_NE(HashSlot("{foo"), HashSlot("foo"));
}

TEST(SlotMapTest, EachSlotHasItsPrimary) {
  const auto map = SlotMap::Parse(Reply::Array({Range(0, 8191, Text("192.0.2.1"), 1),
                                                Range(8192, 16382, Text("192.0.2.2"), 2)}),
                                  kAsked);
  ASSERT_TRUE(map);
  EXPECT_EQ(map->primaries(),
            (std::vector<ServerName>{Server("192.0.2.1", 1), Server("192.0.2.2", 2)}));
  EXPECT_EQ(*map->Find(0), Server("192.0.2.1", 1));
  EXPECT_EQ(*map->Find(8191), Server("192.0.2.1", 1));
  EXPECT_EQ(*map->Find(8192), Server("192.0.2.2", 2));
  EXPECT_EQ(map->Find(16383), nullptr);
  EXPECT_FALSE(map->complete());
}

TEST(SlotMapTest, ASlotMovesToAPrimaryThatMayBeNew) {
  auto map = SlotMap::Parse(Reply::Array({Range(0, 16383, Text("192.0.2.1"), 1)}), kAsked);
  ASSERT_TRUE(map);
  EXPECT_TRUE(map->complete());
  map->Move(5, Server("192.0.2.9", 9));
  EXPECT_EQ(*map->Find(5), Server("192.0.2.9", 9));
  EXPECT_EQ(*map->Find(6), Server("192.0.2.1", 1));
}

TEST(SlotMapTest, ANodeWithoutANameIsTheOneThatWasAsked) {
  for (const Reply& nameless : {Reply(), Text(""), Text("?")}) {
    const auto map = SlotMap::Parse(Reply::Array({Range(0, 16383, nameless, 7)}), kAsked);
    ASSERT_TRUE(map);
    EXPECT_EQ(*map->Find(0), Server("asked.test", 7));
  }
}

TEST(SlotMapTest, WhatIsNoMapIsRefused) {
  EXPECT_FALSE(SlotMap::Parse(Reply(), kAsked));
  EXPECT_FALSE(SlotMap::Parse(Text("x"), kAsked));
  EXPECT_FALSE(SlotMap::Parse(Reply::Array({Text("x")}), kAsked));
  EXPECT_FALSE(SlotMap::Parse(Reply::Array({Range(0, 16384, Text("a"), 1)}), kAsked));
  EXPECT_FALSE(SlotMap::Parse(Reply::Array({Range(-1, 5, Text("a"), 1)}), kAsked));
  EXPECT_FALSE(SlotMap::Parse(Reply::Array({Range(6, 5, Text("a"), 1)}), kAsked));
  EXPECT_FALSE(SlotMap::Parse(Reply::Array({Range(0, 5, Text("a"), 0)}), kAsked));
  EXPECT_FALSE(SlotMap::Parse(Reply::Array({Range(0, 5, Text("a"), 65536)}), kAsked));
}

TEST(RedirectTest, MovedAndAskNameSlotAndServer) {
  const auto moved = Redirect::Parse("MOVED 3999 192.0.2.1:6381", kAsked);
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->kind, Redirect::Kind::kMoved);
  EXPECT_EQ(moved->slot, 3999);
  EXPECT_EQ(moved->server, Server("192.0.2.1", 6381));
  const auto ask = Redirect::Parse("ASK 1 2001:db8::1:6381", kAsked);
  ASSERT_TRUE(ask);
  EXPECT_EQ(ask->kind, Redirect::Kind::kAsk);
  EXPECT_EQ(ask->server, Server("2001:db8::1", 6381));
  const auto same_host = Redirect::Parse("MOVED 1 :6381", kAsked);
  ASSERT_TRUE(same_host);
  EXPECT_EQ(same_host->server, Server("asked.test", 6381));
}

TEST(RedirectTest, OtherErrorsAreNone) {
  for (const char* error : {"", "ERR x", "MOVED", "MOVED 1", "MOVED x a:1", "MOVED 16384 a:1",
                            "MOVED 1 a", "MOVED 1 a:0", "MOVED 1 a:x", "CLUSTERDOWN"}) {
    EXPECT_FALSE(Redirect::Parse(error, kAsked)) << error;
  }
}

}  // namespace
}  // namespace culvert::redis
