// culvert-admin and a Redis that belongs to the test; thousands of keys of other people's lie in it
// beside.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/admin_tool/tool.h"
#include "tests/support/redis_process.h"

namespace culvert::testing {

class RedisTool : public ::testing::Test {
 protected:
  static constexpr int kOtherKeys = 5000;

  void SetUp() override {
    ASSERT_EQ(redis_.Start(), "");
    tool_.environment["CULVERT_REDIS"] = redis_.connection_string();
    // Among them some that look nearly like ours, and states of allocations.
    ASSERT_EQ(
        redis_.Run({"EVAL",
                    "for i = 1, tonumber(ARGV[1]) do "
                    "redis.call('SET', 'other:' .. i, 'x') end "
                    "redis.call('SET', 'culvert/digests/a/b', 'x') "
                    "redis.call('SET', 'culvert/digest/norealm', 'x') "
                    "redis.call('SET', 'turn/realm/north.gov/user/x/allocation/1/status', '') "
                    "return 'filled'",
                    "0", std::to_string(kOtherKeys)}),
        "filled");
  }

  Ran Run(std::vector<std::string> words) { return tool_.Run(std::move(words)); }
  // Of the key as it lies in Redis.
  std::string InRedis(std::vector<std::string> command) const { return redis_.Run(command); }

  RedisProcess redis_;
  Tool tool_;
};

}  // namespace culvert::testing
