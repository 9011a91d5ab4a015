// Writing that others see as a whole or not at all: some commands and what they hang on, as one
// script that Redis runs (EVAL). Between MULTI and EXEC nothing could be asked, and a connection
// that breaks there leaves a doubt; a script is one command. No I/O.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/redis/call.h"

namespace culvert::auth::admin {

struct Step {
  enum class When : uint8_t {
    kAlways,
    kNew,    // only while there is no such key
    kThere,  // only while there is
  };
  using Words = std::vector<std::string>;

  std::string key;  // what `when` speaks of
  When when = When::kAlways;
  // Each has its key behind the command's name, and no other key. At most kMostWords words.
  std::vector<Words> commands;

  static constexpr size_t kMostWords = 2000;
};

// Deletes the string `key` if it is `value`: a name that meanwhile leads to somebody else stays.
Step::Words DeleteIfEqual(std::string key, std::string value);

// The answer is an array of the commands' answers, or nil when the condition did not hold.
redis::Command AsCommand(const Step& step);

// For a cluster, where one script reaches one slot: the first part has all commands that go to the
// slot of `key`, and the condition; the others follow when that held.
std::vector<Step> SplitBySlot(const Step& step);

// Adds up the numbers among the answers: how many keys, fields or members were touched.
int64_t Touched(const redis::Reply& answers);

}  // namespace culvert::auth::admin
