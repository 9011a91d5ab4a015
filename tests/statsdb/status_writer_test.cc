// The writer alone, on a loop that the test drives.

#include "server/statsdb/status_writer.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <vector>

#include "server/redis/connection_string.h"
#include "tests/redis/client_fixture.h"
#include "tests/support/redis_process.h"
#include "tests/support/redis_subscriber.h"

namespace culvert::statsdb {
namespace {

using testing::PublishedEvent;
using testing::RedisProcess;
using testing::RedisSubscriber;

constexpr const char* kKey = "turn/realm/r.test/user/alice/allocation/000000000000000042";
constexpr const char* kPath =
    "type=UDP, local=192.0.2.1:3478, remote=198.51.100.7:40000, ssl=NONE, cipher=NONE";
constexpr milliseconds kPatience = seconds(10);

class StatusWriterTest : public redis::ClientFixture {
 protected:
  void SetUp() override {
    std::remove(log_path_.c_str());
    ASSERT_EQ(redis_.Start(), "");
    observe::LogOptions options;
    options.output = observe::LogOptions::Output::kFile;
    options.path = log_path_;
    log_ = std::move(observe::Log::Open(options)).value();
  }

  std::unique_ptr<StatusWriter> MakeWriter(const redis::Limits& limits = StatusWriter::kLimits) {
    auto settings = redis::ParseConnectionString(redis_.connection_string(), limits);
    EXPECT_TRUE(settings.ok());
    return std::move(StatusWriter::Make(loop_, wheel_, *settings, *log_)).value();
  }

  static std::shared_ptr<relay::ObservedAllocation> Create(StatusWriter& writer) {
    relay::AllocationFacts facts;
    facts.id = observe::SessionId{42};
    facts.realm = "r.test";
    facts.user = "alice";
    facts.client = Endpoint(IpAddress::V4(198, 51, 100, 7), 40000);
    facts.server = Endpoint(IpAddress::V4(192, 0, 2, 1), 3478);
    return writer.OnCreated(facts, seconds(600));
  }

  bool Finished(StatusWriter& writer) {
    bool finished = false;
    writer.Finish([&finished] { finished = true; });
    return finished || Until([&finished] { return finished; });
  }

  std::vector<PublishedEvent> All(RedisSubscriber& subscriber, size_t count) {
    std::vector<PublishedEvent> events;
    for (size_t i = 0; i < count; ++i) events.push_back(subscriber.Next(kPatience));
    return events;
  }

  static PublishedEvent Event(const std::string& what, const std::string& message) {
    return {std::string(kKey) + what, message};
  }

  const std::string log_path_ = ::testing::TempDir() + "status_writer_test.log";
  RedisProcess redis_;
  std::unique_ptr<observe::Log> log_;
};

TEST_F(StatusWriterTest, ALifeIsToldInCoturnsOrder) {
  RedisSubscriber subscriber(redis_, "*");
  const auto writer = MakeWriter();
  const auto allocation = Create(*writer);
  allocation->OnRefreshed(seconds(900));
  allocation->FromClient(104);
  allocation->ToPeer(100);
  allocation->FromPeer(50);
  allocation->ToClient(54);
  allocation->OnEnded(turn::EndReason::kDeleted);
  ASSERT_TRUE(Finished(*writer));
  const std::string path = kPath;
  const std::string client = "rcvp=1, rcvb=104, sentp=1, sentb=54";
  const std::string peer = "rcvp=1, rcvb=50, sentp=1, sentb=100";
  EXPECT_EQ(All(subscriber, 8),
            (std::vector<PublishedEvent>{
                Event("/status", "new lifetime=600, " + path),
                Event("/status", "refreshed lifetime=900, " + path),
                Event("/status", "refreshed lifetime=0, " + path), Event("/traffic", client),
                Event("/traffic/peer", peer), Event("/status", "deleted"),
                Event("/total_traffic", client), Event("/total_traffic/peer", peer)}));
  EXPECT_EQ(redis_.Run({"EXISTS", std::string(kKey) + "/status"}), "0");
}

TEST_F(StatusWriterTest, AnEndThatNobodyAskedForHasNoRefresh) {
  RedisSubscriber subscriber(redis_, "*/status");
  const auto writer = MakeWriter();
  Create(*writer)->OnEnded(turn::EndReason::kExpired);
  ASSERT_TRUE(Finished(*writer));
  EXPECT_EQ(All(subscriber, 2), (std::vector<PublishedEvent>{
                                    Event("/status", "new lifetime=600, " + std::string(kPath)),
                                    Event("/status", "deleted")}));
}

TEST_F(StatusWriterTest, AKeyEndsByItselfAMinuteAfterTheAllocation) {
  const auto writer = MakeWriter();
  const auto allocation = Create(*writer);
  ASSERT_TRUE(Finished(*writer));
  const std::string key = std::string(kKey) + "/status";
  EXPECT_EQ(redis_.Run({"GET", key}), "new lifetime=600, " + std::string(kPath));
  const int left = std::stoi(redis_.Run({"TTL", key}));
  EXPECT_LE(left, 660);
  EXPECT_GT(left, 600);
  allocation->OnRefreshed(seconds(3000));
  ASSERT_TRUE(Finished(*writer));
  EXPECT_EQ(redis_.Run({"GET", key}), "refreshed lifetime=3000, " + std::string(kPath));
  EXPECT_GT(std::stoi(redis_.Run({"TTL", key})), 3000);
}

TEST_F(StatusWriterTest, TrafficIsToldEvery4096PacketsAndSinceTheLastTime) {
  RedisSubscriber subscriber(redis_, "*traffic*");
  const auto writer = MakeWriter();
  const auto allocation = Create(*writer);
  for (int i = 0; i < 1024; ++i) {
    allocation->FromClient(10);
    allocation->ToPeer(6);
    allocation->FromPeer(7);
    allocation->ToClient(11);
  }
  allocation->FromClient(10);
  allocation->OnEnded(turn::EndReason::kExpired);
  // A data connection that is still delivering.
  for (int i = 0; i < 5000; ++i) allocation->ToPeer(1);
  ASSERT_TRUE(Finished(*writer));
  const std::string nothing = "rcvp=0, rcvb=0, sentp=0, sentb=0";
  const std::string peer = "rcvp=1024, rcvb=7168, sentp=1024, sentb=6144";
  EXPECT_EQ(
      All(subscriber, 6),
      (std::vector<PublishedEvent>{
          Event("/traffic", "rcvp=1024, rcvb=10240, sentp=1024, sentb=11264"),
          Event("/traffic/peer", peer), Event("/traffic", "rcvp=1, rcvb=10, sentp=0, sentb=0"),
          Event("/traffic/peer", nothing),
          Event("/total_traffic", "rcvp=1025, rcvb=10250, sentp=1024, sentb=11264"),
          Event("/total_traffic/peer", peer)}));
  EXPECT_EQ(redis_.Run({"PUBLISH", "last_traffic", "x"}), "1");
  EXPECT_EQ(subscriber.Next(kPatience), (PublishedEvent{"last_traffic", "x"}));
}

TEST_F(StatusWriterTest, WhatRedisDoesNotTakeIsLostAndCounted) {
  const auto writer = MakeWriter();
  redis_.Kill();
  const auto allocation = Create(*writer);
  EXPECT_TRUE(Finished(*writer));
  ASSERT_TRUE(Until([&] { return writer->statistics().failed_connects.value() > 0; }));
  allocation->OnEnded(turn::EndReason::kExpired);
  EXPECT_TRUE(Finished(*writer));
  EXPECT_EQ(writer->statistics().commands.value(), 2u + 6u);
  EXPECT_EQ(writer->statistics().errors[redis::CallError::Kind::kDown].value(), 2u + 6u);
}

TEST_F(StatusWriterTest, WhatRedisRefusesIsLostAndInTheLogOnce) {
  redis_.Run({"ACL", "SETUSER", "default", "-publish"});
  auto writer = MakeWriter();
  auto allocation = Create(*writer);
  allocation->OnRefreshed(seconds(900));
  ASSERT_TRUE(Finished(*writer));
  EXPECT_EQ(writer->statistics().errors[redis::CallError::Kind::kServer].value(), 2u);
  EXPECT_EQ(redis_.Run({"EXISTS", std::string(kKey) + "/status"}), "1");
  allocation.reset();
  writer.reset();
  log_.reset();
  std::stringstream text;
  text << std::ifstream(log_path_).rdbuf();
  const std::string log = text.str();
  const size_t line = log.find("Redis refuses what it is told option=redis-statsdb");
  ASSERT_NE(line, std::string::npos) << log;
  EXPECT_EQ(log.find("Redis refuses what it is told option=redis-statsdb", line + 1),
            std::string::npos)
      << log;
  EXPECT_NE(log.find("NOPERM"), std::string::npos) << log;
}

TEST_F(StatusWriterTest, WhileRedisIsFrozenABoundedNumberWaits) {
  const auto writer = MakeWriter({.pending_calls = 10});
  ASSERT_TRUE(Until([&] { return writer->statistics().connected.value() == 1; }));
  redis_.Freeze();
  for (int i = 0; i < 20; ++i) Create(*writer);
  EXPECT_EQ(writer->statistics().commands.value(), 40u);
  EXPECT_EQ(writer->statistics().errors[redis::CallError::Kind::kBusy].value(), 30u);
  // No later than the time a command may take.
  EXPECT_TRUE(Finished(*writer));
  redis_.Thaw();
  ASSERT_TRUE(Until([&] { return writer->statistics().connected.value() == 1; }));
  const auto allocation = Create(*writer);
  ASSERT_TRUE(Finished(*writer));
  EXPECT_EQ(redis_.Run({"EXISTS", std::string(kKey) + "/status"}), "1");
}

}  // namespace
}  // namespace culvert::statsdb
