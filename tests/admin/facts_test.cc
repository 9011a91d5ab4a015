#include "server/admin/facts.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace culvert::admin {
namespace {

TEST(ProcessFactsTest, TellsMemoryAndLimits) {
  const ProcessFacts facts = ReadProcessFacts();
  EXPECT_GT(facts.resident_bytes, 100000u);
  EXPECT_GT(facts.virtual_bytes, facts.resident_bytes);
  EXPECT_GE(facts.max_fds, facts.open_fds);
  EXPECT_GE(facts.cpu_seconds, 0);
}

TEST(ProcessFactsTest, CountsOpenDescriptors) {
  const uint64_t before = ReadProcessFacts().open_fds;
  const int fd = open("/dev/null", O_RDONLY);
  EXPECT_EQ(ReadProcessFacts().open_fds, before + 1);
  close(fd);
  EXPECT_EQ(ReadProcessFacts().open_fds, before);
}

}  // namespace
}  // namespace culvert::admin
