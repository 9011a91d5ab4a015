#include "server/observe/log_line.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace culvert::observe {
namespace {

using namespace std::string_view_literals;

TEST(TextLineTest, IsTheMessageAndThenNamesAndValues) {
  EXPECT_EQ(TextLine("allocation created", {{"session", SessionId{0xc0ffee}},
                                            {"relayed", "[2001:db8::1]:50000"},
                                            {"lifetime", 600}}),
            "allocation created session=0000000000c0ffee relayed=[2001:db8::1]:50000 lifetime=600");
}

TEST(TextLineTest, WithoutFieldsIsTheMessageAlone) {
  EXPECT_EQ(TextLine("ready", {}), "ready");
}

TEST(TextLineTest, NumbersKeepTheirSignAndTheirSize) {
  EXPECT_EQ(TextLine("n", {{"a", -1}, {"b", INT64_MIN}, {"c", UINT64_MAX}, {"d", uint8_t{65}}}),
            "n a=-1 b=-9223372036854775808 c=18446744073709551615 d=65");
}

TEST(TextLineTest, TruthIsSpelledOut) {
  EXPECT_EQ(TextLine("n", {{"on", true}, {"off", false}}), "n on=true off=false");
}

TEST(TextLineTest, AValueThatCouldBeMistakenIsQuoted) {
  EXPECT_EQ(TextLine("n", {{"a", ""}, {"b", "x y"}, {"c", "x=y"}, {"d", "say \"hi\" \\o/"}}),
            R"(n a="" b="x y" c="x=y" d="say \"hi\" \\o/")");
}

TEST(TextLineTest, AStrangerCannotForgeALineOrSteerATerminal) {
  EXPECT_EQ(TextLine("refused", {{"user", "a\nerror all is lost\r\x1b[2J\x9b\t\0z"sv}}),
            R"(refused user="a\nerror all is lost\r\x1b[2J\x9b\t\x00z")");
}

TEST(TextLineTest, BytesBeyondAsciiAreSpelledOut) {
  EXPECT_EQ(TextLine("n", {{"user", "m\xc3\xbcller"}}), R"(n user="m\xc3\xbcller")");
}

TEST(TextLineTest, ALineBreakInAMessageIsEscapedToo) {
  EXPECT_EQ(TextLine("one\ntwo", {}), R"(one\ntwo)");
}

TEST(JsonLineTest, IsTheInsideOfAnObject) {
  EXPECT_EQ(JsonLine("allocation created",
                     {{"session", SessionId{1}}, {"port", 50000}, {"tls", true}, {"user", "a b"}}),
            R"("message":"allocation created","session":"0000000000000001","port":50000,)"
            R"("tls":true,"user":"a b")");
}

TEST(JsonLineTest, HostileBytesComeBackAsOneString) {
  const std::string hostile("\",\"level\":\"error\n\r\t\0\x1b\\", 21);
  const std::string line = "{" + JsonLine("refused", {{"user", hostile}}) + "}";
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const nlohmann::json parsed = nlohmann::json::parse(line);
  EXPECT_EQ(parsed.size(), 2u);
  EXPECT_EQ(parsed["user"].get<std::string>(), hostile);
}

TEST(JsonLineTest, BytesThatAreNotUtf8BecomeTheReplacementCharacter) {
  EXPECT_EQ(JsonLine("n", {{"user", "m\xc3\xbcl\xffler"}}),
            "\"message\":\"n\",\"user\":\"m\xc3\xbcl\xef\xbf\xbdler\"");
}

}  // namespace
}  // namespace culvert::observe
