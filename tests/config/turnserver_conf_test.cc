#include "server/config/turnserver_conf.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace culvert::config {
namespace {

// "name" or "name=[value]" for each setting, or the error.
std::vector<std::string> Read(std::string_view text) {
  const auto settings = ReadTurnserverConf("t.conf", text);
  if (!settings) return {"error: " + settings.error().message};
  std::vector<std::string> found;
  for (const Setting& setting : settings.value()) {
    std::string line(setting.option->name);
    if (setting.value) line += "=[" + *setting.value + "]";
    found.push_back(line);
  }
  return found;
}

using Lines = std::vector<std::string>;

TEST(TurnserverConfTest, NameAndValueMayBeWrittenInThreeWays) {
  EXPECT_EQ(Read("fingerprint\n"
                 "listening-port=3478\n"
                 "tls-listening-port 5349\n"
                 "min-port = 50000\n"
                 "\tmax-port\t=\t60000\n"),
            (Lines{"fingerprint", "listening-port=[3478]", "tls-listening-port=[5349]",
                   "min-port=[50000]", "max-port=[60000]"}));
}

TEST(TurnserverConfTest, LineEndsOfAllKindsAndAByteOrderMarkAreTolerated) {
  EXPECT_EQ(Read("\xef\xbb\xbfsyslog\r\nrealm=a\r\n\r\nverbose"),
            (Lines{"syslog", "realm=[a]", "verbose"}));
}

TEST(TurnserverConfTest, CommentsAndEmptyLinesAreSkipped) {
  EXPECT_EQ(Read("# one\n\n   # two\n \t \nsyslog\n#realm=a"), (Lines{"syslog"}));
}

TEST(TurnserverConfTest, ACommentMayFollowAValueBehindABlank) {
  EXPECT_EQ(Read("min-port=50000 # low\nsyslog # to the log host\nrealm=a#b\n"),
            (Lines{"min-port=[50000]", "syslog", "realm=[a#b]"}));
}

TEST(TurnserverConfTest, AHashInASecretIsKeptWhenItCannotBeMistaken) {
  EXPECT_EQ(Read("user=bob:pass#word\nstatic-auth-secret=\"se #cret\"\n"),
            (Lines{"user=[bob:pass#word]", "static-auth-secret=[se #cret]"}));
}

TEST(TurnserverConfTest, AHashBehindABlankInASecretIsRefusedRatherThanGuessed) {
  EXPECT_EQ(Read("syslog\nuser=bob:pass #word\n"),
            (Lines{"error: t.conf:2: user: is the # part of the value? Then quote the value; else "
                   "put the comment on its own line"}));
}

TEST(TurnserverConfTest, QuotesAreTakenOffAndNothingIsEscapedInside) {
  EXPECT_EQ(Read("realm=\"a b\"\n"
                 "server-name \"x\" # a \"name\" \n"
                 "pkey-pwd=\"a\"b\\\"\n"
                 "cipher-list=\"\"\n"),
            (Lines{"realm=[a b]", "server-name=[x]", "pkey-pwd=[a\"b\\]", "cipher-list=[]"}));
}

TEST(TurnserverConfTest, AnOpenQuoteIsAnError) {
  EXPECT_EQ(Read("realm=\"a"), (Lines{"error: t.conf:1: realm: the quote is not closed"}));
}

TEST(TurnserverConfTest, OnlyTheFirstEqualsSignDivides) {
  EXPECT_EQ(Read("static-auth-secret=c2VjcmV0==\nredis-userdb ip=::1 port=1\n"),
            (Lines{"static-auth-secret=[c2VjcmV0==]", "redis-userdb=[ip=::1 port=1]"}));
}

TEST(TurnserverConfTest, AnEmptyValueOfAFlagIsNoValue) {
  EXPECT_EQ(Read("syslog=\nstale-nonce=\nrealm=\n"), (Lines{"syslog", "stale-nonce", "realm=[]"}));
}

TEST(TurnserverConfTest, DashesInFrontOfANameAreTolerated) {
  EXPECT_EQ(Read("--listening-port=3478\n"), (Lines{"listening-port=[3478]"}));
}

TEST(TurnserverConfTest, AnUnknownNameIsAnErrorWithLineAndNearestName) {
  EXPECT_EQ(
      Read("\n\nlisening-port=3478\n"),
      (Lines{"error: t.conf:3: lisening-port: no such option; did you mean listening-port?"}));
  EXPECT_EQ(Read("colour-of-the-sky=blue\n"),
            (Lines{"error: t.conf:1: colour-of-the-sky: no such option"}));
  EXPECT_EQ(Read("-L 192.0.2.1\n"),
            (Lines{"error: t.conf:1: -L: no such option; did you mean listening-ip?"}));
}

TEST(TurnserverConfTest, NamesHaveCases) {
  EXPECT_EQ(Read("verbose\nVerbose\n"), (Lines{"verbose", "Verbose"}));
  EXPECT_EQ(Read("Realm=a\n"),
            (Lines{"error: t.conf:1: Realm: no such option; did you mean realm?"}));
}

TEST(TurnserverConfTest, WhatBelongsOnTheCommandLineIsRefused) {
  EXPECT_EQ(Read("config=/etc/other.conf\n"),
            (Lines{"error: t.conf:1: config: belongs on the command line, not in a file"}));
}

TEST(TurnserverConfTest, AFileThatIsNoTextIsRefusedWithoutShowingIt) {
  EXPECT_EQ(Read(std::string_view("realm=a\nab\0c\n", 13)),
            (Lines{"error: t.conf:2: this is not text"}));
  EXPECT_EQ(Read("\x1b[31m" + std::string(300, 'x')),
            (Lines{"error: t.conf:1: ?[31m" + std::string(251, 'x') + "...: no such option"}));
}

TEST(TurnserverConfTest, ASettingKnowsWhereItStands) {
  const auto settings = ReadTurnserverConf("/etc/turnserver.conf", "\n#\nrealm=a\n");
  ASSERT_TRUE(settings.ok());
  ASSERT_EQ(settings->size(), 1u);
  EXPECT_EQ(settings->front().where, "/etc/turnserver.conf:3: realm");
}

}  // namespace
}  // namespace culvert::config
