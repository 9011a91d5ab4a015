#include "auth/admin/step.h"

#include <algorithm>
#include <map>
#include <utility>

#include "server/redis/hash_slot.h"

namespace culvert::auth::admin {
namespace {

// ARGV: the condition; then of each command the number of its words, and they.
constexpr const char* kScript = R"(
local there = redis.call('EXISTS', KEYS[1]) == 1
if ARGV[1] == 'new' and there or ARGV[1] == 'there' and not there then return false end
local answers, at = {}, 2
while at <= #ARGV do
  local count = tonumber(ARGV[at])
  local words = {}
  for i = 1, count do words[i] = ARGV[at + i] end
  at = at + count + 1
  if words[1] == 'DELIFEQUAL' then
    local equal = redis.call('GET', words[2]) == words[3]
    answers[#answers + 1] = equal and redis.call('DEL', words[2]) or 0
  else
    answers[#answers + 1] = redis.call(unpack(words))
  end
end
return answers
)";

const char* NameOf(Step::When when) {
  switch (when) {
    case Step::When::kNew:
      return "new";
    case Step::When::kThere:
      return "there";
    case Step::When::kAlways:
      break;
  }
  return "always";
}

// Each once, the one that the step hangs on first.
std::vector<std::string> KeysOf(const Step& step) {
  std::vector<std::string> keys = {step.key};
  for (const Step::Words& words : step.commands) {
    if (std::find(keys.begin(), keys.end(), words[1]) == keys.end()) keys.push_back(words[1]);
  }
  return keys;
}

}  // namespace

Step::Words DeleteIfEqual(std::string key, std::string value) {
  return {"DELIFEQUAL", std::move(key), std::move(value)};
}

redis::Command AsCommand(const Step& step) {
  const std::vector<std::string> keys = KeysOf(step);
  std::vector<std::string> words = {"EVAL", kScript, std::to_string(keys.size())};
  words.insert(words.end(), keys.begin(), keys.end());
  words.emplace_back(NameOf(step.when));
  for (const Step::Words& command : step.commands) {
    words.push_back(std::to_string(command.size()));
    words.insert(words.end(), command.begin(), command.end());
  }
  constexpr size_t kFirstKey = 3;
  return {std::move(words), kFirstKey};
}

std::vector<Step> SplitBySlot(const Step& step) {
  std::vector<Step> parts = {{.key = step.key, .when = step.when, .commands = {}}};
  std::map<uint16_t, size_t> part_of_slot = {{redis::HashSlot(step.key), 0}};
  for (const Step::Words& words : step.commands) {
    const auto [at, is_new] = part_of_slot.emplace(redis::HashSlot(words[1]), parts.size());
    if (is_new) parts.push_back({.key = words[1], .when = Step::When::kAlways, .commands = {}});
    parts[at->second].commands.push_back(words);
  }
  return parts;
}

int64_t Touched(const redis::Reply& answers) {
  int64_t sum = 0;
  for (const redis::Reply& answer : answers.elements()) sum += answer.integer();
  return sum;
}

}  // namespace culvert::auth::admin
