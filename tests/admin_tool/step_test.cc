// What is sent to Redis for a step, and what of it goes to which slot of a cluster.

#include "auth/admin/step.h"

#include <gtest/gtest.h>

namespace culvert::auth::admin {
namespace {

using redis::Reply;

TEST(StepTest, AStepIsOneCommandThatNamesEachKeyOnce) {
  const Step step{.key = "a",
                  .when = Step::When::kNew,
                  .commands = {{"DEL", "a"}, {"SET", "a", "x y"}, {"SET", "b", ""}}};
  const redis::Command command = AsCommand(step);
  EXPECT_EQ(command.key, 3u);
  ASSERT_GT(command.words.size(), 2u);
  EXPECT_EQ(command.words[0], "EVAL");
  const std::vector<std::string> behind_script(command.words.begin() + 2, command.words.end());
  EXPECT_EQ(behind_script, (std::vector<std::string>{"2", "a", "b", "new", "2", "DEL", "a", "3",
                                                     "SET", "a", "x y", "3", "SET", "b", ""}));
}

// Slots by CLUSTER KEYSLOT: a 15495, b 3300, {a}x 15495.
TEST(StepTest, ForAClusterTheStepsOwnSlotComesFirstAndAlone) {
  const Step step{.key = "a",
                  .when = Step::When::kThere,
                  .commands = {{"DEL", "b"}, {"DEL", "a"}, {"DEL", "{a}x"}, {"SET", "b", "1"}}};
  const std::vector<Step> parts = SplitBySlot(step);
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].key, "a");
  EXPECT_EQ(parts[0].when, Step::When::kThere);
  EXPECT_EQ(parts[0].commands, (std::vector<Step::Words>{{"DEL", "a"}, {"DEL", "{a}x"}}));
  EXPECT_EQ(parts[1].key, "b");
  EXPECT_EQ(parts[1].when, Step::When::kAlways);
  EXPECT_EQ(parts[1].commands, (std::vector<Step::Words>{{"DEL", "b"}, {"SET", "b", "1"}}));
}

TEST(StepTest, NumbersAmongTheAnswersAreAddedUp) {
  EXPECT_EQ(Touched(Reply::Array(
                {Reply::Integer(2), Reply::Text(Reply::Type::kStatus, "OK"), Reply::Integer(1)})),
            3);
  EXPECT_EQ(Touched(Reply()), 0);
}

}  // namespace
}  // namespace culvert::auth::admin
