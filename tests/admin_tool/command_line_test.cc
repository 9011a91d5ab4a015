// What the command line takes and refuses, before Redis is asked.

#include <gtest/gtest.h>

#include "tests/admin_tool/tool.h"

namespace culvert::testing {
namespace {

constexpr const char* kSeeHelp = "\nSee culvert-admin --help, and --help behind a command.";

bool Holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(CommandLineTest, HelpListsTheCommandsWithExamples) {
  Tool tool;
  const Ran ran = tool.Run({"--help"});
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_EQ(ran.err, "");
  for (const char* word : {"add", "show", "list", "delete", "bar", "unbar", "dump", "restore",
                           "key", "credential", "--redis", "--config", "--json", "--secrets",
                           "Examples:", "CULVERT_REDIS", "Exit status"}) {
    EXPECT_TRUE(Holds(ran.out, word)) << word;
  }
}

TEST(CommandLineTest, HelpOfACommandSaysWhoElseReadsAPassword) {
  Tool tool;
  const Ran ran = tool.Run({"add", "digest", "--help"});
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_TRUE(Holds(ran.out, "which others on this machine can read")) << ran.out;
  EXPECT_TRUE(Holds(ran.out, "--expires WHEN")) << ran.out;
}

TEST(CommandLineTest, WhatIsNotUnderstoodIsNamed) {
  Tool tool;
  EXPECT_EQ(tool.Run({"frobnicate"}),
            UsedWrongly(std::string("frobnicate: not understood here") + kSeeHelp));
  EXPECT_EQ(tool.Run({"list", "user", "--frob"}),
            UsedWrongly(std::string("--frob: not understood here") + kSeeHelp));
  EXPECT_EQ(tool.Run({"show", "gba"}), UsedWrongly(std::string("NAME is required") + kSeeHelp));
  EXPECT_EQ(tool.Run({}), UsedWrongly(std::string("A subcommand is required") + kSeeHelp));
}

TEST(CommandLineTest, WithoutARedisItSaysHowToNameOne) {
  Tool tool;
  EXPECT_EQ(tool.Run({"list", "user"}),
            UsedWrongly("which Redis? Give --redis \"ip=127.0.0.1 port=6379 dbname=0\", --config "
                        "with a turnserver.conf that has redis-userdb, or the environment variable "
                        "CULVERT_REDIS"));
}

TEST(CommandLineTest, ARedisThatIsNotThereIsCouldNot) {
  Tool tool;
  const Ran ran = tool.Run({"list", "user", "--redis", "path=/nonexistent/redis.sock"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_EQ(ran.out, "");
  EXPECT_TRUE(
      ran.err.starts_with("culvert-admin: no answer from Redis at "
                          "/nonexistent/redis.sock: "))
      << ran.err;
}

TEST(CommandLineTest, AWrongConnectionStringIsNamedWithoutItsPassword) {
  Tool tool;
  tool.environment["CULVERT_REDIS"] = "ip=127.0.0.1 password=hole prot=6379";
  const Ran ran = tool.Run({"list", "user"});
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_TRUE(Holds(ran.err, "word 3 is not known")) << ran.err;
  EXPECT_FALSE(Holds(ran.err, "hole")) << ran.err;
}

TEST(CommandLineTest, NamesAndRealmsThatNoKeyCanHoldAreRefused) {
  Tool tool;
  EXPECT_EQ(tool.Run({"show", "user", "gorst"}), UsedWrongly("which realm? Give --realm"));
  EXPECT_EQ(tool.Run({"show", "user", "gorst", "-r", "a/b"}),
            UsedWrongly("--realm: must not hold a /"));
  EXPECT_EQ(tool.Run({"show", "user", "go\nrst", "-r", "a"}),
            UsedWrongly("the name must not hold control characters"));
}

TEST(CommandLineTest, ADumpIsNotPrintedUnasked) {
  Tool tool;
  EXPECT_EQ(
      tool.Run({"dump"}),
      UsedWrongly("a dump holds every key: give --out FILE, or --secrets to have it printed"));
}

struct Refusal {
  std::vector<std::string> words;
  const char* complaint;
};

TEST(CommandLineTest, TurnadminsOptionsWithoutAMeaningSayWhatToDoInTheirPlace) {
  const char* const no_admins =
      "there are no administrators: the admin page has no log-in and listens on admin-address, "
      "which the network must guard";
  const char* const not_encrypted =
      "passwords are not stored encrypted: what is stored is a key (-k, or key user)";
  const Refusal refusals[] = {
      {{"-A", "-u", "adm", "-p", "x"}, no_admins},
      {{"-L"}, no_admins},
      {{"--delete-admin", "-u", "adm"}, no_admins},
      {{"-P", "-p", "x"}, not_encrypted},
      {{"-l", "-b", "/var/lib/turn/turndb"},
       "-b: SQLite is not read by the relay; users are in Redis (-N) or in a file (add user "
       "--file)"},
      {{"-l", "--psql-userdb", "x"},
       "-e: PostgreSQL is not read by the relay; users are in Redis (-N)"},
      {{"-M", "x", "-l"}, "-M: MySQL is not read by the relay; users are in Redis (-N)"},
      {{"-u", "x"}, "which command? One of -k -a -d -l -s -S -X -O -R -I -g -G"},
      {{"-l", "-S"}, "one command at a time"},
      {{"-l", "-N"}, "-N needs a value"},
      {{"-l", "--frob"}, "--frob is no option of turnadmin's"},
      {{"-l", "frob"}, "frob: expected an option"},
      {{"-g", "-r", "a"}, "-g sets what? Give --max-bps, --total-quota or --user-quota"},
  };
  for (const Refusal& refusal : refusals) {
    Tool tool;
    EXPECT_EQ(tool.Run(refusal.words), UsedWrongly(refusal.complaint)) << refusal.words[0];
  }
}

}  // namespace
}  // namespace culvert::testing
