#include "server/redis/reply_reader.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "server/redis/encode.h"

namespace culvert::redis {
namespace {

using namespace std::string_view_literals;
using Outcome = ReplyReader::Outcome;

Reply Bulk(std::string text) {
  return Reply::Text(Reply::Type::kString, std::move(text));
}

// Every reply in `bytes`, fed in pieces of `piece`.
std::vector<Reply> ReadAll(const std::string& bytes, size_t piece) {
  ReplyReader reader{Limits()};
  std::vector<Reply> replies;
  for (size_t at = 0; at < bytes.size(); at += piece) {
    reader.Feed(AsBytes(std::string_view(bytes).substr(at, piece)));
    Reply reply;
    Outcome outcome;
    while ((outcome = reader.Next(&reply)) == Outcome::kReply) replies.push_back(std::move(reply));
    EXPECT_EQ(outcome, Outcome::kMore) << reader.error();
  }
  return replies;
}

std::string ErrorOf(const std::string& bytes, const Limits& limits = Limits()) {
  ReplyReader reader(limits);
  reader.Feed(AsBytes(bytes));
  Reply reply;
  while (reader.Next(&reply) == Outcome::kReply) {
  }
  return reader.error();
}

TEST(ReplyReaderTest, EveryTypeIsReadAtOnceAndByteByByte) {
  const std::string bytes =
      "+OK\r\n-ERR no\r\n:-9223372036854775808\r\n$5\r\na\r\nbc\r\n$0\r\n\r\n$-1\r\n*-1\r\n*0\r\n"
      "*3\r\n:1\r\n*2\r\n$1\r\nx\r\n*0\r\n$1\r\ny\r\n";
  const std::vector<Reply> expected = {
      Reply::Text(Reply::Type::kStatus, "OK"),
      Reply::Text(Reply::Type::kError, "ERR no"),
      Reply::Integer(INT64_MIN),
      Bulk("a\r\nbc"),
      Bulk(""),
      Reply(),
      Reply(),
      Reply::Array({}),
      Reply::Array({Reply::Integer(1), Reply::Array({Bulk("x"), Reply::Array({})}), Bulk("y")}),
  };
  EXPECT_EQ(ReadAll(bytes, bytes.size()), expected);
  EXPECT_EQ(ReadAll(bytes, 1), expected);
}

TEST(ReplyReaderTest, WhatIsNoReplyBreaksItForGood) {
  ReplyReader reader{Limits()};
  reader.Feed(AsBytes("hello\r\n"));
  Reply reply;
  EXPECT_EQ(reader.Next(&reply), Outcome::kBroken);
  EXPECT_EQ(reader.error(), "Protocol error, got \"h\" as reply type byte");
  reader.Feed(AsBytes("+OK\r\n"));
  EXPECT_EQ(reader.Next(&reply), Outcome::kBroken);
}

TEST(ReplyReaderTest, LimitsHoldForEachReplyNotForAll) {
  const Limits limits{.reply_bytes = 100, .reply_values = 4};
  const std::string three = "*3\r\n:1\r\n:2\r\n:3\r\n";
  const std::string too_large = "a reply is larger than the limit";
  EXPECT_EQ(ErrorOf(three + three + three, limits), "");
  EXPECT_EQ(ErrorOf("*4\r\n", limits), too_large);
  EXPECT_EQ(ErrorOf("*2\r\n*2\r\n:1\r\n:2\r\n:3\r\n", limits), too_large);
  const std::string half = "$50\r\n" + std::string(50, 'x') + "\r\n";
  EXPECT_EQ(ErrorOf("*2\r\n" + half + half, limits), "");
  EXPECT_EQ(ErrorOf("*3\r\n" + half + half + "$1\r\nx\r\n", limits), too_large);
  EXPECT_EQ(ErrorOf("$2000000000\r\n" + std::string(95, 'x'), limits), too_large);
}

TEST(ReplyReaderTest, NestingIsBounded) {
  std::string seven;
  for (int i = 0; i < 7; ++i) seven += "*1\r\n";
  EXPECT_EQ(ErrorOf(seven + ":1\r\n"), "");
  EXPECT_NE(ErrorOf(seven + "*1\r\n*1\r\n:1\r\n"), "");
}

TEST(ReplyTest, ANumberIsReadFromTextOnlyAsAWhole) {
  EXPECT_EQ(Reply::Integer(7).AsInteger(), 7);
  EXPECT_EQ(Bulk("-12").AsInteger(), -12);
  EXPECT_EQ(Bulk("12a").AsInteger(), std::nullopt);
  EXPECT_EQ(Bulk("").AsInteger(), std::nullopt);
  EXPECT_EQ(Bulk("99999999999999999999").AsInteger(), std::nullopt);
  EXPECT_EQ(Reply().AsInteger(), std::nullopt);
  EXPECT_EQ(Reply::Text(Reply::Type::kError, "1").AsInteger(), std::nullopt);
}

TEST(EncodeTest, WordsAreCountedBytes) {
  const std::vector<std::string> words = {"SET", std::string("a\0 b", 4), ""};
  EXPECT_EQ(Encode(words), "*3\r\n$3\r\nSET\r\n$4\r\na\0 b\r\n$0\r\n\r\n"sv);
}

}  // namespace
}  // namespace culvert::redis
