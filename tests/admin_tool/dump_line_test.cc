// One record, one line: there and back, and what is no line of a dump.

#include <gtest/gtest.h>

#include "auth/admin/dump.h"

namespace culvert::auth::admin {
namespace {

using Type = DumpedRecord::Type;

struct Pair {
  DumpedRecord record;
  std::string line;
};

const Pair kPairs[] = {
    {{.key = "culvert/digest/home1.net/alice",
      .type = Type::kHash,
      .texts = {"expires", "1800000000", "ha1", "96e72903d0fff6c72008061c92eccf7a"},
      .expires_ms = 1800000000000},
     R"({"key":"culvert/digest/home1.net/alice","type":"hash","value":[["expires","1800000000"],)"
     R"(["ha1","96e72903d0fff6c72008061c92eccf7a"]],"expires_ms":1800000000000})"},
    {{.key = "turn/realm/home1.net/secret",
      .type = Type::kSet,
      .texts = {"north", "s\"th"},
      .expires_ms = {}},
     R"({"key":"turn/realm/home1.net/secret","type":"set","value":["north","s\"th"]})"},
    {{.key = "turn/realm/a/user/\xff/key",
      .type = Type::kString,
      .texts = {std::string("\0\xfe", 2)},
      .expires_ms = {}},
     R"({"key":{"base64":"dHVybi9yZWFsbS9hL3VzZXIv/y9rZXk="},"type":"string",)"
     R"("value":{"base64":"AP4="}})"},
};

TEST(DumpLineTest, ARecordIsALineAndBack) {
  for (const Pair& pair : kPairs) {
    EXPECT_EQ(AsLine(pair.record), pair.line);
    const auto read = ParseLine(pair.line);
    ASSERT_TRUE(read.ok()) << read.error();
    EXPECT_TRUE(*read == pair.record) << pair.line;
  }
}

TEST(DumpLineTest, WhatIsNoLineIsRefusedWithoutItsText) {
  const std::pair<const char*, const char*> refusals[] = {
      {"", "is no JSON object"},
      {"[]", "is no JSON object"},
      {R"({"key":"turn/realm/a/secret","type":"set")", "is no JSON object"},
      {R"({"key":"turn/realm/a/secret","type":"set"})", "has no value"},
      {R"({"type":"set","value":["x"]})", "has no key"},
      {R"({"key":"k","type":"string","value":"x"})", "key: is none of those that are dumped"},
      {R"({"key":3,"type":"string","value":"x"})", "key: expected a text"},
      {R"({"key":"culvert/gba/x","type":"list","value":["x"]})",
       "type: expected string, hash or set"},
      {R"({"key":"culvert/gba/x","type":"hash","value":["x"]})",
       "value: does not belong to its type"},
      {R"({"key":"culvert/gba/x","type":"hash","value":[]})", "value: does not belong to its type"},
      {R"({"key":"culvert/gba/x","type":"set","value":[]})", "value: does not belong to its type"},
      {R"({"key":"culvert/gba/x","type":"string","value":{"base64":"?"}})",
       "value: does not belong to its type"},
      {R"({"key":"culvert/gba/x","type":"string","value":"x","expires_ms":"soon"})",
       "expires_ms: expected milliseconds since 1970"},
  };
  for (const auto& [line, error] : refusals) {
    const auto read = ParseLine(line);
    ASSERT_FALSE(read.ok()) << line;
    EXPECT_EQ(read.error(), error) << line;
  }
}

TEST(DumpLineTest, StatesOfAllocationsAndWhatBelongsToOthersAreNoRecords) {
  EXPECT_TRUE(IsDumped("culvert/digest/a/b"));
  EXPECT_TRUE(IsDumped("culvert/userhash/00"));
  EXPECT_TRUE(IsDumped("turn/realm/a/user/b/key"));
  EXPECT_TRUE(IsDumped("turn/realm/a/max-bps"));
  EXPECT_TRUE(IsDumped("turn/origin/http://a:80"));
  EXPECT_TRUE(IsDumped("turn/oauth/kid/north"));
  EXPECT_FALSE(IsDumped("turn/realm/a/user/b/allocation/000000000000000001/status"));
  EXPECT_FALSE(IsDumped("turn/admin_user/adm"));
  EXPECT_FALSE(IsDumped("culvert/node/1"));
  EXPECT_FALSE(IsDumped("session:1"));
}

}  // namespace
}  // namespace culvert::auth::admin
