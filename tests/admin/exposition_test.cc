#include "tests/admin/exposition.h"

#include <gtest/gtest.h>

#include <string>

namespace culvert::admin {
namespace {

constexpr const char* kHead = "# HELP a_total things\n# TYPE a_total counter\n";

std::string ErrorOf(const std::string& samples) {
  return ParseExposition(kHead + samples).error;
}

TEST(ExpositionTest, ReadsSamples) {
  const Exposition read =
      ParseExposition(std::string(kHead) + "a_total{x=\"1\",y=\"\\\"\\\\\\n\"} 2\na_total 3.5\n");
  EXPECT_EQ(read.error, "");
  EXPECT_EQ(read.Value("a_total"), 3.5);
  EXPECT_EQ(read.Value("a_total{x=\"1\",y=\"\\\"\\\\\\n\"}"), 2);
  EXPECT_EQ(read.Value("a_total{x=\"1\"}"), std::nullopt);
}

TEST(ExpositionTest, RefusesWhatIsMalformed) {
  EXPECT_NE(ErrorOf("a_total"), "");
  EXPECT_NE(ErrorOf("a_total 1"), "");
  EXPECT_NE(ErrorOf("a_total one\n"), "");
  EXPECT_NE(ErrorOf("a_total 1 \n"), "");
  EXPECT_NE(ErrorOf("a_total{} 1\n"), "");
  EXPECT_NE(ErrorOf("a_total{x=1} 1\n"), "");
  EXPECT_NE(ErrorOf("a_total{x=\"1\",} 1\n"), "");
  EXPECT_NE(ErrorOf("a_total{x=\"1\",x=\"2\"} 1\n"), "");
  EXPECT_NE(ErrorOf("a_total{x=\"\\t\"} 1\n"), "");
  EXPECT_NE(ErrorOf("a_total{x=\"1} 1\n"), "");
  EXPECT_NE(ErrorOf("9a 1\n"), "");
  EXPECT_NE(ErrorOf("\n"), "");
}

TEST(ExpositionTest, RefusesWhatContradictsItself) {
  EXPECT_NE(ErrorOf("a_total 1\na_total 1\n"), "");
  EXPECT_NE(ErrorOf("b_total 1\n"), "");
  EXPECT_NE(ErrorOf("a_total -1\n"), "");
  EXPECT_NE(ErrorOf("a_total{le=\"1\"} 1\n"), "");
  EXPECT_NE(ErrorOf(kHead), "");
  EXPECT_NE(ParseExposition("a_total 1\n").error, "");
  EXPECT_NE(ParseExposition("# TYPE a counter\na 1\n").error, "");
  EXPECT_NE(ParseExposition("# HELP a x\n# TYPE a meter\na 1\n").error, "");
}

}  // namespace
}  // namespace culvert::admin
