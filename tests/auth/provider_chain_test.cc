#include "auth/provider_chain.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/auth/questions.h"

namespace culvert::auth {
namespace {

Answer Known(std::string_view username) {
  auto credential = std::make_shared<Credential>();
  credential->username = username;
  return CredentialPtr(std::move(credential));
}

Answer Refused(Refusal refusal) {
  return Failure{refusal};
}

// What a provider was asked, copied.
struct Asked {
  std::string username;
  std::string realm;
  ClientAddress client;
  ServerAddress server;
  stun::Method method;
  WallTime now;
  friend bool operator==(const Asked&, const Asked&) = default;
};

// Outlives the provider: what it was asked, and the answers it still owes.
struct Script {
  std::optional<Answer> at_once;  // unset: answer later, through `owed`
  std::vector<Asked> asked;
  std::vector<std::function<void(Answer)>> owed;
};

class ScriptedProvider : public Provider {
 public:
  explicit ScriptedProvider(Script* script) : script_(script) {}

  std::string_view name() const override { return "scripted"; }
  void Lookup(const Question& question, const Now& now, std::function<void(Answer)> done) override {
    script_->asked.push_back({std::string(question.username), std::string(question.realm),
                              question.client, question.server, question.method, now.wall});
    if (!script_->at_once) return script_->owed.push_back(std::move(done));
    done(*script_->at_once);
  }

 private:
  Script* script_;
};

std::unique_ptr<ProviderChain> ChainOf(std::initializer_list<Script*> scripts) {
  std::vector<std::unique_ptr<Provider>> providers;
  for (Script* script : scripts) providers.push_back(std::make_unique<ScriptedProvider>(script));
  return std::make_unique<ProviderChain>(std::move(providers));
}

Script Answering(Answer answer) {
  return {.at_once = std::move(answer), .asked = {}, .owed = {}};
}

TEST(ProviderChainTest, AnEmptyChainKnowsNobody) {
  EXPECT_EQ(RefusalOf(AnswerOf(*ChainOf({}), QuestionAbout("alice"))), Refusal::kUnknownUser);
}

TEST(ProviderChainTest, TheFirstWhoKnowsAnswersAndLaterOnesAreNotAsked) {
  Script first = Answering(Refused(Refusal::kUnknownUser));
  Script second = Answering(Known("alice"));
  Script third = Answering(Known("somebody else"));
  const std::optional<Answer> answer =
      AnswerOf(*ChainOf({&first, &second, &third}), QuestionAbout("alice"));
  ASSERT_TRUE(answer && answer->ok());
  EXPECT_EQ(answer->value()->username, "alice");
  EXPECT_EQ(first.asked.size(), 1u);
  EXPECT_EQ(second.asked.size(), 1u);
  EXPECT_TRUE(third.asked.empty());
}

TEST(ProviderChainTest, ARefusalOfAKnownUserIsFinal) {
  for (const Refusal refusal : {Refusal::kBarred, Refusal::kExpired}) {
    Script first = Answering(Refused(refusal));
    Script second = Answering(Known("alice"));
    EXPECT_EQ(RefusalOf(AnswerOf(*ChainOf({&first, &second}), QuestionAbout("alice"))), refusal);
    EXPECT_TRUE(second.asked.empty());
  }
}

TEST(ProviderChainTest, UnknownToAllIsUnknown) {
  Script first = Answering(Refused(Refusal::kUnknownUser));
  Script second = Answering(Refused(Refusal::kUnknownUser));
  EXPECT_EQ(RefusalOf(AnswerOf(*ChainOf({&first, &second}), QuestionAbout("alice"))),
            Refusal::kUnknownUser);
}

TEST(ProviderChainTest, AProviderThatIsDownDoesNotHideThoseBehindIt) {
  Script down = Answering(Refused(Refusal::kProviderDown));
  Script knows = Answering(Known("alice"));
  const std::optional<Answer> answer = AnswerOf(*ChainOf({&down, &knows}), QuestionAbout("alice"));
  EXPECT_TRUE(answer && answer->ok());
  Script bars = Answering(Refused(Refusal::kBarred));
  EXPECT_EQ(RefusalOf(AnswerOf(*ChainOf({&down, &bars}), QuestionAbout("alice"))),
            Refusal::kBarred);
}

TEST(ProviderChainTest, UnknownToAllThatCouldBeAskedIsProviderDown) {
  Script down = Answering(Refused(Refusal::kProviderDown));
  Script unknown = Answering(Refused(Refusal::kUnknownUser));
  EXPECT_EQ(RefusalOf(AnswerOf(*ChainOf({&down, &unknown}), QuestionAbout("alice"))),
            Refusal::kProviderDown);
  EXPECT_EQ(RefusalOf(AnswerOf(*ChainOf({&unknown, &down}), QuestionAbout("alice"))),
            Refusal::kProviderDown);
}

TEST(ProviderChainTest, ProvidersAfterALateAnswerGetTheWholeQuestion) {
  Script late;
  Script next = Answering(Known("alice"));
  const auto chain = ChainOf({&late, &next});
  std::vector<Answer> answers;
  {
    // Gone, with all that the question's views point to, before the first answer comes.
    const std::string username = "alice of a name too long to be stored in place";
    const std::string realm = "a.realm.too.long.to.be.stored.in.place.test";
    chain->Lookup(QuestionAbout(username, realm), At(1700000000),
                  [&answers](Answer answer) { answers.push_back(std::move(answer)); });
  }
  EXPECT_TRUE(answers.empty());
  EXPECT_TRUE(next.asked.empty());
  ASSERT_EQ(late.owed.size(), 1u);
  late.owed[0](Refused(Refusal::kUnknownUser));
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_TRUE(answers[0].ok());
  const Question question = QuestionAbout("");
  EXPECT_EQ(next.asked,
            (std::vector<Asked>{{"alice of a name too long to be stored in place",
                                 "a.realm.too.long.to.be.stored.in.place.test", question.client,
                                 question.server, question.method, At(1700000000).wall}}));
  EXPECT_EQ(next.asked, late.asked);
}

TEST(ProviderChainTest, LookUpsUnderWayDoNotMixTheirAnswers) {
  Script late;
  const auto chain = ChainOf({&late});
  std::vector<std::string> answered;
  for (const std::string_view name : {"alice", "bob"}) {
    chain->Lookup(QuestionAbout(name), At(0), [&answered](Answer answer) {
      answered.push_back(answer.ok() ? answer.value()->username : RefusalName(answer.error()));
    });
  }
  ASSERT_EQ(late.owed.size(), 2u);
  late.owed[1](Known("bob"));
  late.owed[0](Refused(Refusal::kExpired));
  EXPECT_EQ(answered, (std::vector<std::string>{"bob", "expired"}));
}

TEST(ProviderChainTest, AnAnswerAfterTheChainsEndIsDropped) {
  Script late;
  Script next = Answering(Known("alice"));
  auto chain = ChainOf({&late, &next});
  int calls = 0;
  chain->Lookup(QuestionAbout("alice"), At(0), [&calls](Answer) { ++calls; });
  chain->Lookup(QuestionAbout("bob"), At(0), [&calls](Answer) { ++calls; });
  chain.reset();
  ASSERT_EQ(late.owed.size(), 2u);
  late.owed[0](Known("alice"));
  late.owed[1](Refused(Refusal::kUnknownUser));
  EXPECT_EQ(calls, 0);
  EXPECT_TRUE(next.asked.empty());
}

TEST(ProviderChainTest, ASecondAnswerOfOneProviderCountsForNothing) {
  Script twice;
  Script next;
  const auto chain = ChainOf({&twice, &next});
  std::vector<Answer> answers;
  chain->Lookup(QuestionAbout("alice"), At(0),
                [&answers](Answer answer) { answers.push_back(std::move(answer)); });
  ASSERT_EQ(twice.owed.size(), 1u);
  twice.owed[0](Refused(Refusal::kUnknownUser));
  twice.owed[0](Known("somebody else"));
  EXPECT_TRUE(answers.empty());
  ASSERT_EQ(next.owed.size(), 1u);
  next.owed[0](Known("alice"));
  next.owed[0](Known("alice"));
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].value()->username, "alice");
}

TEST(ProviderChainTest, TheAnswerMayEndTheChain) {
  for (const bool at_once : {true, false}) {
    Script script;
    if (at_once) script.at_once = Known("alice");
    auto chain = ChainOf({&script});
    bool answered = false;
    chain->Lookup(QuestionAbout("alice"), At(0), [&](Answer answer) {
      chain.reset();
      answered = answer.ok();
    });
    if (!at_once) script.owed.at(0)(Known("alice"));
    EXPECT_TRUE(answered);
    EXPECT_EQ(chain, nullptr);
  }
}

TEST(ProviderChainTest, AnAnswerMayAskTheNextQuestion) {
  Script script = Answering(Known("alice"));
  const auto chain = ChainOf({&script});
  std::vector<std::string> answered;
  chain->Lookup(QuestionAbout("alice"), At(0), [&](Answer) {
    answered.push_back("first");
    chain->Lookup(QuestionAbout("bob"), At(0), [&](Answer) { answered.push_back("second"); });
  });
  EXPECT_EQ(answered, (std::vector<std::string>{"first", "second"}));
}

}  // namespace
}  // namespace culvert::auth
