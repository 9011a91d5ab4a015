#include "server/observe/log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

namespace culvert::observe {
namespace {

using testing::ElementsAre;
using testing::MatchesRegex;

constexpr const char* kTime = "[0-9]+-[0-9]+-[0-9]+T[0-9]+:[0-9]+:[0-9]+\\.[0-9][0-9][0-9]Z";

class LogTest : public testing::Test {
 protected:
  void SetUp() override { std::remove(path_.c_str()); }
  void TearDown() override { std::remove(path_.c_str()); }

  std::unique_ptr<Log> OpenFile(LogOptions options = {}) const {
    options.output = LogOptions::Output::kFile;
    options.path = path_;
    auto log = Log::Open(options);
    EXPECT_TRUE(log.ok());
    return std::move(log).value();
  }

  static std::vector<std::string> Lines(const std::string& path) {
    std::ifstream file(path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }

  const std::string path_ = testing::TempDir() + "/log_test." + std::to_string(getpid());
};

TEST_F(LogTest, ATextLineHasTimeLevelMessageAndFields) {
  OpenFile()->Warning("certificate expires soon", {{"days", 3}});
  EXPECT_THAT(Lines(path_), ElementsAre(MatchesRegex(std::string(kTime) +
                                                     " warning certificate expires soon days=3")));
}

TEST_F(LogTest, AJsonLineIsOneObject) {
  LogOptions options;
  options.format = LogOptions::Format::kJson;
  OpenFile(options)->Error("store unreachable", {{"store", "re\"dis"}});
  const auto lines = Lines(path_);
  ASSERT_EQ(lines.size(), 1u);
  const nlohmann::json line = nlohmann::json::parse(lines[0]);
  EXPECT_EQ(line.size(), 4u);
  EXPECT_THAT(line["time"].get<std::string>(), MatchesRegex(kTime));
  EXPECT_EQ(line["level"], "error");
  EXPECT_EQ(line["message"], "store unreachable");
  EXPECT_EQ(line["store"], "re\"dis");
}

TEST_F(LogTest, LinesBelowTheLevelAreNotWritten) {
  {
    const auto log = OpenFile();
    EXPECT_FALSE(log->Enabled(Level::kDebug));
    log->Trace("a");
    log->Debug("b");
    log->Info("c");
    log->Error("d");
  }
  EXPECT_THAT(Lines(path_), ElementsAre(MatchesRegex(".* info c"), MatchesRegex(".* error d")));
}

TEST_F(LogTest, VerbosityLowersTheLevel) {
  EXPECT_EQ(LevelForVerbosity(0), Level::kInfo);
  EXPECT_EQ(LevelForVerbosity(1), Level::kDebug);
  EXPECT_EQ(LevelForVerbosity(2), Level::kTrace);
}

TEST_F(LogTest, BracesInAMessageAreNoFormat) {
  OpenFile()->Info("{} {0} %s %n", {{"user", "{}"}});
  EXPECT_THAT(Lines(path_), ElementsAre(MatchesRegex(".* info \\{\\} \\{0\\} %s %n user=\\{\\}")));
}

TEST_F(LogTest, DestructionWritesWhatIsQueued) {
  {
    const auto log = OpenFile();
    for (int i = 0; i < 1000; ++i) log->Info("line", {{"i", i}});
    EXPECT_EQ(log->lost_lines(), 0u);
  }
  EXPECT_EQ(Lines(path_).size(), 1000u);
}

TEST_F(LogTest, LinesOfManyThreadsStayWhole) {
  {
    const auto log = OpenFile();
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&log, t] {
        for (int i = 0; i < 200; ++i) log->Info("line", {{"thread", t}});
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  const auto lines = Lines(path_);
  EXPECT_EQ(lines.size(), 800u);
  EXPECT_THAT(lines, testing::Each(MatchesRegex(".* info line thread=[0-3]")));
}

TEST_F(LogTest, AppendsToAFileThatIsThere) {
  OpenFile()->Info("first");
  OpenFile()->Info("second");
  EXPECT_EQ(Lines(path_).size(), 2u);
}

TEST_F(LogTest, ReopenGoesOnInANewFileOfTheSameName) {
  const std::string moved = path_ + ".1";
  {
    const auto log = OpenFile();
    ASSERT_EQ(std::rename(path_.c_str(), moved.c_str()), 0);
    EXPECT_TRUE(log->Reopen());
    log->Info("after");
  }
  EXPECT_TRUE(Lines(moved).empty());
  EXPECT_THAT(Lines(path_), ElementsAre(MatchesRegex(".* info after")));
  std::remove(moved.c_str());
}

TEST_F(LogTest, WhatCannotBeReopenedStaysInUse) {
  const std::string moved = path_ + ".1";
  {
    const auto log = OpenFile();
    ASSERT_EQ(std::rename(path_.c_str(), moved.c_str()), 0);
    ASSERT_EQ(mkdir(path_.c_str(), 0700), 0);
    EXPECT_FALSE(log->Reopen());
    log->Info("after");
  }
  EXPECT_THAT(Lines(moved), ElementsAre(MatchesRegex(".* info after")));
  rmdir(path_.c_str());
  std::remove(moved.c_str());
}

TEST_F(LogTest, AFileThatCannotBeOpenedIsNamed) {
  LogOptions options;
  options.output = LogOptions::Output::kFile;
  options.path = "/nonexistent/culvert.log";
  const auto log = Log::Open(options);
  ASSERT_FALSE(log.ok());
  EXPECT_EQ(log.error(),
            "cannot open log file /nonexistent/culvert.log: No such file or directory");
}

// A named pipe whose reader does not read is a disk that hangs: the callers go on, the oldest lines
// are given up and counted, the newest arrive.
TEST_F(LogTest, AStalledOutputNeverBlocksTheCallerAndTheLossIsCounted) {
  constexpr int kLines = 5000;
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  const int reader = open(path_.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  LogOptions options;
  options.queued_lines = 16;
  auto log = OpenFile(options);
  const std::string filler(200, 'x');
  for (int i = 0; i < kLines; ++i) log->Info("line", {{"i", i}, {"filler", filler}});
  const uint64_t lost = log->lost_lines();
  EXPECT_GT(lost, 0u);

  ASSERT_EQ(fcntl(reader, F_SETFL, 0), 0);
  std::string read_back;
  std::thread drain([&] {
    char buffer[4096];
    for (ssize_t n; (n = read(reader, buffer, sizeof buffer)) > 0;) {
      read_back.append(buffer, static_cast<size_t>(n));
    }
  });
  log.reset();
  drain.join();
  close(reader);
  const auto arrived = static_cast<uint64_t>(std::count(read_back.begin(), read_back.end(), '\n'));
  EXPECT_EQ(arrived + lost, static_cast<uint64_t>(kLines));
  EXPECT_NE(read_back.find("i=4999 "), std::string::npos);
}

TEST_F(LogTest, NowhereTakesEverythingAndWritesNothing) {
  Log& nowhere = Log::Nowhere();
  EXPECT_FALSE(nowhere.Enabled(Level::kWarning));
  nowhere.Error("lost on purpose");
  EXPECT_TRUE(nowhere.Reopen());
  EXPECT_EQ(nowhere.lost_lines(), 0u);
}

TEST_F(LogTest, SyslogIsAnOutputToo) {
  LogOptions options;
  options.output = LogOptions::Output::kSyslog;
  auto log = Log::Open(options);
  ASSERT_TRUE(log.ok());
  log.value()->Info("to syslog");
  EXPECT_TRUE(log.value()->Reopen());
  EXPECT_EQ(log.value()->lost_lines(), 0u);
}

}  // namespace
}  // namespace culvert::observe
