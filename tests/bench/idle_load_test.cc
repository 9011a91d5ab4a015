#include "tests/bench/idle_load.h"

#include <gtest/gtest.h>

namespace culvert::bench {
namespace {

TEST(IdleLoadTest, ResidentBytesAreTheProportionalSetSize) {
  const std::string text =
      "55d0c0000000-7ffc00000000 ---p 00000000 00:00 0    [rollup]\n"
      "Rss:               9000 kB\n"
      "Pss:               5115 kB\n"
      "Pss_Anon:          1000 kB\n";
  EXPECT_EQ(ParseResidentBytes(text), 5115u * 1024);
}

TEST(IdleLoadTest, AProcessThatIsGoneHasNoMemory) {
  EXPECT_EQ(ParseResidentBytes(""), std::nullopt);
}

}  // namespace
}  // namespace culvert::bench
