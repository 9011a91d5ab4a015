#include "server/observe/counters.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace culvert::observe {
namespace {

TEST(CountersTest, StartAtZero) {
  const auto worker = std::make_unique<WorkerCounters>();
  EXPECT_EQ(worker->udp_relayed[0].client_to_peer.received.packets.value(), 0u);
  EXPECT_EQ(worker->sessions_open[3].value(), 0);
  EXPECT_EQ(worker->loop_lag.count(), 0u);
  EXPECT_FALSE(worker->last_turn.is_set());
}

TEST(CountersTest, WorkersShareNoCacheLine) {
  EXPECT_EQ(alignof(WorkerCounters), 64u);
  EXPECT_EQ(sizeof(WorkerCounters) % 64, 0u);
}

TEST(CountersTest, SumAddsTheSameCounterOfEveryWorker) {
  std::array<WorkerCounters, 3> workers;
  workers[0].connects_ok.Add();
  workers[1].connects_ok.Add(10);
  workers[2].connects_refused.Add(100);
  const std::vector<const WorkerCounters*> all = {&workers[0], &workers[1], &workers[2]};
  EXPECT_EQ(Sum(all, [](const WorkerCounters& w) { return w.connects_ok.value(); }), 11u);
}

TEST(CountersTest, SumTakesNumbersAndCellsAlike) {
  WorkerCounters worker;
  worker.drops[2].Add(7);
  const WorkerCounters* const all[] = {&worker};
  EXPECT_EQ(Sum(all, [](const WorkerCounters& w) -> const Counter& { return w.drops[2]; }), 7u);
}

TEST(CountersTest, AGaugeThatRoseOnOneWorkerMayFallOnAnother) {
  std::array<WorkerCounters, 2> workers;
  workers[0].data_connections_open.Up(3);
  workers[1].data_connections_open.Down();
  EXPECT_EQ(workers[1].data_connections_open.value(), -1);
  const std::vector<const WorkerCounters*> all = {&workers[0], &workers[1]};
  EXPECT_EQ(
      Sum(all, [](const WorkerCounters& w) -> const Gauge& { return w.data_connections_open; }), 2);
}

TEST(CountersTest, VolumeCountsOnePacketAndItsBytes) {
  Volume volume;
  volume.Add(160);
  volume.Add(0);
  EXPECT_EQ(volume.packets.value(), 2u);
  EXPECT_EQ(volume.bytes.value(), 160u);
}

TEST(CountersTest, AStampRemembersTheLastTime) {
  Stamp stamp;
  stamp.Set(Instant(seconds(5)));
  stamp.Set(Instant(seconds(4)));
  EXPECT_TRUE(stamp.is_set());
  EXPECT_EQ(stamp.value(), Instant(seconds(4)));
}

TEST(CountersTest, AnyEnumIndexesATable) {
  enum class Upper { kFirst, kSecond };
  Table<Counter, 2> table;
  table[Upper::kSecond].Add(4);
  EXPECT_EQ(table[0].value(), 0u);
  EXPECT_EQ(table[1].value(), 4u);
}

TEST(CountersDeathTest, AnIndexOutOfRangeIsABrokenInvariant) {
  Table<Counter, 2> table;
#ifdef NDEBUG
  const uint64_t before = BrokenInvariants();
  table[2].Add();
  EXPECT_EQ(BrokenInvariants(), before + 1);
#else
  EXPECT_DEATH(table[2].Add(), "observe.table-index");
#endif
  EXPECT_EQ(table[0].value() + table[1].value(), 0u);
}

// What an outsider sees of the request table: "allocate 401" => 2, and so on, without zeros.
std::vector<std::string> Shown(const RequestCounters& requests) {
  std::vector<std::string> lines;
  for (size_t row = 0; row < RequestCounters::kMethods; ++row) {
    for (size_t column = 0; column < RequestCounters::kCodes; ++column) {
      if (requests.value(row, column) == 0) continue;
      lines.push_back(std::string(RequestCounters::MethodLabel(row)) + " " +
                      RequestCounters::CodeLabel(column) + " " +
                      std::to_string(requests.value(row, column)));
    }
  }
  return lines;
}

TEST(RequestCountersTest, EveryRequestLandsUnderItsMethodAndCode) {
  RequestCounters requests;
  requests.Add(0x001, 0);
  requests.Add(0x003, 401);
  requests.Add(0x003, 401);
  requests.Add(0x004, 438);
  requests.Add(0x008, 403);
  requests.Add(0x009, 400);
  requests.Add(0x00a, 447);
  requests.Add(0x00b, 508);
  EXPECT_EQ(Shown(requests),
            (std::vector<std::string>{"binding success 1", "allocate 401 2", "refresh 438 1",
                                      "create_permission 403 1", "channel_bind 400 1",
                                      "connect 447 1", "connection_bind 508 1"}));
}

TEST(RequestCountersTest, UnknownMethodsAndCodesAreOther) {
  RequestCounters requests;
  requests.Add(0x00d, 400);
  requests.Add(0x001, 699);
  EXPECT_EQ(Shown(requests), (std::vector<std::string>{"binding other 1", "other 400 1"}));
}

TEST(RequestCountersTest, EachErrorCodeHasAColumnOfItsOwn) {
  const std::vector<int> codes = {300, 400, 401, 403, 405, 420, 437, 438, 440,
                                  441, 442, 443, 446, 447, 486, 500, 508};
  RequestCounters requests;
  std::vector<std::string> expected;
  for (const int code : codes) {
    requests.Add(0x001, code);
    expected.push_back("binding " + std::to_string(code) + " 1");
  }
  EXPECT_EQ(Shown(requests), expected);
}

// Under the thread sanitizer this is what proves that a page may read while a worker counts.
TEST(CountersTest, ReadingFromAnotherThreadIsNoRaceAndMissesNothingAtTheEnd) {
  WorkerCounters worker;
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int i = 0; i < 100000; ++i) {
      worker.loop_turns.Add();
      worker.loop_lag.Observe(static_cast<uint64_t>(i));
      worker.lookups_pending.Up();
    }
    done = true;
  });
  uint64_t last = 0;
  while (!done) {
    const uint64_t turns = worker.loop_turns.value();
    EXPECT_GE(turns, last);
    last = turns;
  }
  writer.join();
  EXPECT_EQ(worker.loop_turns.value(), 100000u);
  EXPECT_EQ(worker.loop_lag.count(), 100000u);
  EXPECT_EQ(worker.lookups_pending.value(), 100000);
}

}  // namespace
}  // namespace culvert::observe
