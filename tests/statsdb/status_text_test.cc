// Against what coturn 4.6.1 and 4.17.1 write, taken down with MONITOR.

#include "server/statsdb/status_text.h"

#include <gtest/gtest.h>

namespace culvert::statsdb {
namespace {

constexpr observe::SessionId kId{1000000000000002};

relay::AllocationFacts Facts() {
  relay::AllocationFacts facts;
  facts.transport = turn::Transport::kTcp;
  facts.server = Endpoint(IpAddress::V4(127, 0, 0, 1), 13478);
  facts.client = Endpoint(IpAddress::V4(127, 0, 0, 1), 39762);
  return facts;
}

TEST(StatusTextTest, KeysAreCoturns) {
  EXPECT_EQ(AllocationKey("r.test", "alice", kId),
            "turn/realm/r.test/user/alice/allocation/001000000000000002");
  EXPECT_EQ(AllocationKey("", "alice", kId), "turn/user/alice/allocation/001000000000000002");
  EXPECT_EQ(AllocationKey("r.test", "", observe::SessionId{1}),
            "turn/realm/r.test/user//allocation/000000000000000001");
}

TEST(StatusTextTest, IdsOfThisRelayHaveEighteenDigits) {
  // The greatest first id of a worker.
  EXPECT_EQ(AllocationKey("r", "u", observe::SessionId{(uint64_t{1} << 58) - 1}),
            "turn/realm/r/user/u/allocation/288230376151711743");
}

TEST(StatusTextTest, NamesThatCoturnTakesStayAsTheyAre) {
  EXPECT_EQ(AllocationKey("home1.net", "user1_private@home1.net", kId),
            "turn/realm/home1.net/user/user1_private@home1.net/allocation/001000000000000002");
  EXPECT_EQ(AllocationKey("r", "1700000000:j\xc3\xb6rg+x", kId),
            "turn/realm/r/user/1700000000:j\xc3\xb6rg+x/allocation/001000000000000002");
}

TEST(StatusTextTest, NamesDoNotBreakKeys) {
  EXPECT_EQ(AllocationKey("r", "I1U8/NQ==@bsf", kId),
            "turn/realm/r/user/I1U8%2FNQ==@bsf/allocation/001000000000000002");
  EXPECT_EQ(AllocationKey("a/b", std::string_view(" \t\r\n\"'\\%\x7f\0", 10), kId),
            "turn/realm/a%2Fb/user/%20%09%0D%0A%22%27%5C%25%7F%00/allocation/001000000000000002");
}

TEST(StatusTextTest, StatesAreCoturns) {
  EXPECT_EQ(PathText(Facts()),
            "type=TCP, local=127.0.0.1:13478, remote=127.0.0.1:39762, ssl=NONE, cipher=NONE");
  EXPECT_EQ(NewText(seconds(600), "type=X"), "new lifetime=600, type=X");
  EXPECT_EQ(RefreshedText(seconds(0), "type=X"), "refreshed lifetime=0, type=X");
  EXPECT_EQ(kDeletedText, "deleted");
}

TEST(StatusTextTest, TheStateNamesTransportAndTls) {
  relay::AllocationFacts facts = Facts();
  facts.transport = turn::Transport::kTls;
  facts.tls = {"TLSv1.3", "TLS_AES_256_GCM_SHA384"};
  facts.client = *Endpoint::Parse("[2001:db8::7]:40000");
  EXPECT_EQ(PathText(facts),
            "type=TLS/TCP, local=127.0.0.1:13478, remote=[2001:db8::7]:40000, ssl=TLSv1.3, "
            "cipher=TLS_AES_256_GCM_SHA384");
}

TEST(StatusTextTest, TrafficIsCoturns) {
  EXPECT_EQ(TrafficText({{1031, 107260}, {1027, 106604}}),
            "rcvp=1031, rcvb=107260, sentp=1027, sentb=106604");
  EXPECT_EQ(TrafficText({}), "rcvp=0, rcvb=0, sentp=0, sentb=0");
}

TEST(StatusTextTest, DifferencesAreOfEachNumber) {
  const relay::AllocationTraffic before{{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}};
  const relay::AllocationTraffic now{{{11, 22}, {33, 44}}, {{55, 66}, {77, 88}}};
  EXPECT_EQ(Difference(now, before),
            (relay::AllocationTraffic{{{10, 20}, {30, 40}}, {{50, 60}, {70, 80}}}));
}

}  // namespace
}  // namespace culvert::statsdb
