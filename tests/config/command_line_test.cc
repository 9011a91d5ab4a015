#include "server/config/command_line.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace culvert::config {
namespace {

using Words = std::vector<std::string>;

// "name" or "name=[value]" for each setting, or the error.
Words Read(std::vector<const char*> words) {
  words.insert(words.begin(), "culvert");
  const auto settings = ReadCommandLine(static_cast<int>(words.size()), words.data());
  if (!settings) return {"error: " + settings.error().message};
  Words found;
  for (const Setting& setting : settings.value()) {
    std::string line(setting.option->name);
    if (setting.value) line += "=[" + *setting.value + "]";
    found.push_back(line);
  }
  return found;
}

TEST(CommandLineTest, NothingAsksForNothing) {
  EXPECT_EQ(Read({}), Words{});
  EXPECT_TRUE(ReadCommandLine(0, nullptr).ok());
}

TEST(CommandLineTest, LongOptionsTakeTheirValueBehindAnEqualsSignOrAsTheNextWord) {
  EXPECT_EQ(Read({"--realm=a", "--realm", "b", "--user=x:y=z", "--log-file", "-"}),
            (Words{"realm=[a]", "realm=[b]", "user=[x:y=z]", "log-file=[-]"}));
}

TEST(CommandLineTest, ShortOptionsTakeTheirValueAttachedOrAsTheNextWord) {
  EXPECT_EQ(Read({"-p", "3478", "-p3479", "-vfr", "example.org"}),
            (Words{"listening-port=[3478]", "listening-port=[3479]", "verbose", "fingerprint",
                   "realm=[example.org]"}));
}

TEST(CommandLineTest, FlagsTakeAWordEitherWay) {
  EXPECT_EQ(Read({"--no-tcp", "--no-udp=no", "--no-tls", "yes", "--fingerprint=", "-v"}),
            (Words{"no-tcp", "no-udp=[no]", "no-tls=[yes]", "fingerprint", "verbose"}));
}

TEST(CommandLineTest, AnOptionalValueMayBeTheNextWord) {
  EXPECT_EQ(Read({"--stale-nonce", "10", "--stale-nonce=20", "--stale-nonce", "-z"}),
            (Words{"stale-nonce=[10]", "stale-nonce=[20]", "stale-nonce", "no-auth"}));
}

TEST(CommandLineTest, TheBeginningOfANameWillDoWhereItIsUnambiguous) {
  EXPECT_EQ(Read({"--finger", "--tls-listening=1"}),
            (Words{"fingerprint", "tls-listening-port=[1]"}));
  EXPECT_EQ(Read({"--no-udp"}), (Words{"no-udp"}));
  EXPECT_EQ(Read({"--max-p"}), (Words{"error: --max-port: needs a value: --max-port=PORT"}));
}

TEST(CommandLineTest, AnAmbiguousBeginningIsAnErrorThatListsTheNames) {
  EXPECT_EQ(Read({"--listening-"}),
            (Words{"error: --listening-: which one is meant? --listening-ip --listening-port "
                   "--listening-device"}));
  EXPECT_EQ(Read({"--no-"}), (Words{"error: --no-: which one is meant? --no-config --no-udp "
                                    "--no-tcp --no-tls --no-dtls ..."}));
}

TEST(CommandLineTest, UnknownOptionsAreErrorsWithTheNearestName) {
  EXPECT_EQ(Read({"--lisening-port=1"}),
            (Words{"error: --lisening-port: no such option; did you mean --listening-port?"}));
  EXPECT_EQ(Read({"--colour-of-the-sky"}), (Words{"error: --colour-of-the-sky: no such option"}));
  EXPECT_EQ(Read({"-vZ"}), (Words{"error: -Z: no such option"}));
}

TEST(CommandLineTest, AMissingValueIsAnError) {
  EXPECT_EQ(Read({"--realm"}), (Words{"error: --realm: needs a value: --realm=NAME"}));
  EXPECT_EQ(Read({"--realm", "--no-tcp"}), (Words{"error: --realm: needs a value: --realm=NAME"}));
  EXPECT_EQ(Read({"-p"}), (Words{"error: -p (listening-port): needs a value: -p PORT"}));
}

TEST(CommandLineTest, AnEqualsSignBehindALetterIsAnErrorThatDoesNotShowTheValue) {
  EXPECT_EQ(Read({"-u=bob:secret"}),
            (Words{"error: -u (user): no = after a short option: write --user=NAME:PASSWORD"}));
  EXPECT_EQ(Read({"-z=no"}),
            (Words{"error: -z (no-auth): no = after a short option: write --no-auth=yes"}));
}

TEST(CommandLineTest, AWordThatIsNoOptionIsAnError) {
  EXPECT_EQ(Read({"turnserver.conf"}),
            (Words{"error: 'turnserver.conf' is not expected: options begin with - or --"}));
  EXPECT_EQ(Read({"-v", "yes"}),
            (Words{"error: 'yes' is not expected: options begin with - or --"}));
  EXPECT_EQ(Read({"--"}), (Words{"error: '--' is not expected: options begin with - or --"}));
}

TEST(CommandLineTest, NobodyWhoAsksForHelpIsToldWhatIsWrongBehindIt) {
  EXPECT_EQ(Read({"-h", "--nonsense"}), (Words{"help"}));
  EXPECT_EQ(Read({"--version", "word"}), (Words{"version"}));
  EXPECT_EQ(Read({"--help=no"}), (Words{"error: --help: takes no value"}));
}

}  // namespace
}  // namespace culvert::config
