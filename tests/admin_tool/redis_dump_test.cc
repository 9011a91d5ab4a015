// dump and restore with a real Redis: what comes back is what was there, with the time it has left.

#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "tests/admin_tool/redis_tool.h"

namespace culvert::testing {
namespace {

class RedisDumpTest : public RedisTool {
 protected:
  void Fill() {
    InRedis({"SET", "turn/realm/a/user/gorst/key", "7da2270ccfa49786e0115366d3a3d14d"});
    InRedis({"SADD", "turn/realm/a/secret", "north", "south"});
    InRedis({"HSET", "culvert/digest/a/alice", "barred", "1", "note", std::string("\xff\x00", 2)});
    InRedis({"HSET", "culvert/gba/x", "barred", "1"});
    InRedis({"PEXPIREAT", "culvert/gba/x", "4000000000123"});
    InRedis({"SET", "turn/admin_user/adm", "x"});
  }
  std::string Text() const {
    std::ifstream file(path_);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }

  const std::string path_ = ::testing::TempDir() + "/dump.jsonl";
};

constexpr const char* kDump =
    R"({"key":"culvert/digest/a/alice","type":"hash","value":[["barred","1"],["note",{"base64":"/wA="}]]})"
    "\n"
    R"({"key":"culvert/gba/x","type":"hash","value":[["barred","1"]],"expires_ms":4000000000123})"
    "\n"
    R"({"key":"turn/realm/a/secret","type":"set","value":["north","south"]})"
    "\n"
    R"({"key":"turn/realm/a/user/gorst/key","type":"string","value":"7da2270ccfa49786e0115366d3a3d14d"})"
    "\n";

TEST_F(RedisDumpTest, ADumpHoldsAllRecordsAndTheirTimeAndIsForItsOwnerAlone) {
  Fill();
  // Not a record, though it lies where records lie.
  InRedis({"DEL", "culvert/digest/norealm"});
  EXPECT_EQ(Run({"dump", "--out", path_}), Says("dumped 4 records to " + path_ + "\n"));
  EXPECT_EQ(Text(), kDump);
  struct stat status {};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  EXPECT_EQ(Run({"dump", "--secrets"}), Says(kDump));
}

TEST_F(RedisDumpTest, WhatWasDumpedComesBack) {
  tool_.standard_input = kDump;
  EXPECT_EQ(Run({"restore", "-"}), Says("wrote 4 records, left 0 that are there already, passed "
                                        "over 0 that are over\n"));
  InRedis({"DEL", "culvert/digest/norealm"});
  EXPECT_EQ(Run({"dump", "--secrets"}), Says(kDump));
}

TEST_F(RedisDumpTest, WhatIsThereStaysUnlessItIsToBeReplaced) {
  InRedis({"SADD", "turn/realm/a/secret", "west"});
  tool_.standard_input = kDump;
  EXPECT_EQ(Run({"restore", "-", "--json"}),
            Says("{\"done\":\"restored\",\"written\":3,\"left\":1,\"over\":0}\n"));
  EXPECT_EQ(InRedis({"SMEMBERS", "turn/realm/a/secret"}), "west\n");
  EXPECT_EQ(Run({"restore", "-", "--replace"}), Says("wrote 4 records, left 0 that are there "
                                                     "already, passed over 0 that are over\n"));
  EXPECT_EQ(InRedis({"SISMEMBER", "turn/realm/a/secret", "west"}), "0");
  EXPECT_EQ(InRedis({"SCARD", "turn/realm/a/secret"}), "2");
}

TEST_F(RedisDumpTest, WhatIsOverIsNotWritten) {
  tool_.now = WallTime(seconds(4'000'000'001));
  tool_.standard_input = kDump;
  EXPECT_EQ(Run({"restore", "-"}), Says("wrote 3 records, left 0 that are there already, passed "
                                        "over 1 that are over\n"));
  EXPECT_EQ(InRedis({"EXISTS", "culvert/gba/x"}), "0");
}

TEST_F(RedisDumpTest, AWrongLineStopsItBeforeAnythingIsWritten) {
  tool_.standard_input = std::string(kDump) + "{\"key\":\"other:1\"}\n";
  EXPECT_EQ(Run({"restore", "-"}), CouldNot("nothing is written: standard input:5: has no type"));
  EXPECT_EQ(InRedis({"EXISTS", "turn/realm/a/secret"}), "0");
}

TEST_F(RedisDumpTest, ASetOfThousandsComesBackWhole) {
  constexpr int kRanges = 7001;
  ASSERT_EQ(InRedis({"EVAL",
                     "for i = 1, tonumber(ARGV[1]) do redis.call('SADD', "
                     "'turn/realm/a/denied-peer-ip', '10.0.' .. math.floor(i / 256) .. '.' .. i % "
                     "256) end return 'ok'",
                     "0", std::to_string(kRanges)}),
            "ok");
  ASSERT_EQ(Run({"dump", "--out", path_}).exit_code, 0);
  InRedis({"FLUSHALL"});
  ASSERT_EQ(Run({"restore", path_}).exit_code, 0);
  EXPECT_EQ(InRedis({"SCARD", "turn/realm/a/denied-peer-ip"}), std::to_string(kRanges));
}

}  // namespace
}  // namespace culvert::testing
