#include "auth/credential_cache.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "tests/auth/questions.h"
#include "tests/support/fake_clock.h"

namespace culvert::auth {
namespace {

using observe::CredentialCounters;
using Told = std::vector<std::pair<std::string, std::string>>;

Answer Known(const std::string& name, const std::string& account = {},
             WallTime expiry = kNoExpiry) {
  auto credential = std::make_shared<Credential>();
  credential->username = name;
  credential->subject = name;
  credential->realm = kRealm;
  credential->account = account;
  credential->expiry = expiry;
  credential->keys.md5 = Md5Key{1};
  return CredentialPtr(std::move(credential));
}

// Answers when the test says so.
class Store : public Provider {
 public:
  std::string_view name() const override { return "store"; }
  void Lookup(const Question& question, const Now&, std::function<void(Answer)> done) override {
    asked_.emplace_back(question.userhash.empty() ? question.username : "(hash)");
    waiting_.push_back(std::move(done));
  }
  Offers offers() const override { return {.sha256 = true, .userhash = false}; }
  void OnChange(Changed changed) override { changed_ = std::move(changed); }

  void Reply(Answer answer) {
    const auto done = std::move(waiting_.front());
    waiting_.pop_front();
    done(std::move(answer));
  }
  void Change(std::string_view name, std::string_view realm) { changed_(name, realm); }
  size_t waiting() const { return waiting_.size(); }
  const std::vector<std::string>& asked() const { return asked_; }

 private:
  std::vector<std::string> asked_;
  std::deque<std::function<void(Answer)>> waiting_;
  Changed changed_;
};

class CredentialCacheTest : public ::testing::Test {
 protected:
  explicit CredentialCacheTest(const CacheSettings& settings = {}) {
    auto store = std::make_unique<Store>();
    store_ = store.get();
    cache_ = std::make_unique<CredentialCache>(std::move(store), settings, counters_);
  }

  // "alice", "refused: barred"; appended when it comes.
  void Ask(std::string_view name, std::string_view realm = kRealm) {
    Ask(QuestionAbout(name, realm));
  }
  void Ask(const Question& question) {
    cache_->Lookup(question, clock_.now(), [this](const Answer& answer) {
      got_.push_back(answer.ok() ? (*answer)->username
                                 : std::string("refused: ") + RefusalName(answer.error()));
    });
  }
  std::vector<std::string> Got() { return std::exchange(got_, {}); }
  using Texts = std::vector<std::string>;

  FakeClock clock_;
  CredentialCounters counters_;
  std::unique_ptr<CredentialCache> cache_;
  Store* store_ = nullptr;
  std::vector<std::string> got_;
};

TEST_F(CredentialCacheTest, AKnownUserIsAskedForOnceAndThenAgainWhenTheTimeIsOver) {
  Ask("alice");
  EXPECT_EQ(Got(), Texts{});
  store_->Reply(Known("alice"));
  EXPECT_EQ(Got(), Texts{"alice"});
  clock_.Advance(seconds(299));
  Ask("alice");
  EXPECT_EQ(Got(), Texts{"alice"});
  EXPECT_EQ(store_->asked(), Texts{"alice"});
  clock_.Advance(seconds(1));
  Ask("alice");
  EXPECT_EQ(Got(), Texts{});
  EXPECT_EQ(store_->asked(), (Texts{"alice", "alice"}));
  EXPECT_EQ(counters_.hits.value(), 1u);
  EXPECT_EQ(counters_.misses.value(), 2u);
}

TEST_F(CredentialCacheTest, AStormAsksOnceAndEverybodyGetsTheAnswer) {
  for (int i = 0; i < 200; ++i) Ask("alice");
  Ask("alice", "another.realm");
  Ask("bob");
  EXPECT_EQ(store_->asked(), (Texts{"alice", "alice", "bob"}));
  store_->Reply(Known("alice"));
  EXPECT_EQ(Got(), Texts(200, "alice"));
  store_->Reply(Failure{Refusal::kUnknownUser});
  store_->Reply(Failure{Refusal::kBarred});
  EXPECT_EQ(Got(), (Texts{"refused: unknown-user", "refused: barred"}));
  EXPECT_EQ(counters_.joined.value(), 199u);
}

TEST_F(CredentialCacheTest, RefusalsHoldForTwoSeconds) {
  Ask("mallory");
  store_->Reply(Failure{Refusal::kUnknownUser});
  clock_.Advance(seconds(1));
  Ask("mallory");
  EXPECT_EQ(Got(), (Texts{"refused: unknown-user", "refused: unknown-user"}));
  clock_.Advance(seconds(1));
  Ask("mallory");
  EXPECT_EQ(Got(), Texts{});
  EXPECT_EQ(store_->waiting(), 1u);
}

TEST_F(CredentialCacheTest, ARefusalTakesThePlaceOfWhatWasKnownAndTheOtherWayRound) {
  Ask("alice");
  store_->Reply(Known("alice"));
  clock_.Advance(seconds(300));
  Ask("alice");
  store_->Reply(Failure{Refusal::kBarred});
  Ask("alice");
  EXPECT_EQ(Got(), (Texts{"alice", "refused: barred", "refused: barred"}));
  EXPECT_EQ(counters_.entries.value(), 1);
  clock_.Advance(seconds(2));
  Ask("alice");
  store_->Reply(Known("alice"));
  Ask("alice");
  EXPECT_EQ(Got(), (Texts{"alice", "alice"}));
  EXPECT_EQ(counters_.entries.value(), 1);
}

TEST_F(CredentialCacheTest, WhileTheStoreIsDownWhoIsKnownIsServedForAnHour) {
  Ask("alice");
  store_->Reply(Known("alice"));
  clock_.Advance(seconds(3600));
  Ask("alice");
  Ask("bob");
  store_->Reply(Failure{Refusal::kProviderDown});
  store_->Reply(Failure{Refusal::kProviderDown});
  EXPECT_EQ(Got(), (Texts{"alice", "alice", "refused: provider-down"}));
  EXPECT_EQ(counters_.stale.value(), 1u);
  clock_.Advance(seconds(1));
  Ask("alice");
  store_->Reply(Failure{Refusal::kProviderDown});
  EXPECT_EQ(Got(), Texts{"refused: provider-down"});
}

TEST_F(CredentialCacheTest, AStoreThatIsDownIsAskedAgainEveryTime) {
  Ask("alice");
  store_->Reply(Failure{Refusal::kProviderDown});
  Ask("alice");
  store_->Reply(Known("alice"));
  EXPECT_EQ(Got(), (Texts{"refused: provider-down", "alice"}));
}

TEST_F(CredentialCacheTest, NobodyIsServedBeyondTheEndOfTheCredential) {
  Ask("alice");
  store_->Reply(Known("alice", "", clock_.now().wall + seconds(60)));
  clock_.Advance(seconds(59));
  Ask("alice");
  EXPECT_EQ(Got(), (Texts{"alice", "alice"}));
  clock_.Advance(seconds(1));
  Ask("alice");
  EXPECT_EQ(store_->waiting(), 1u);
  store_->Reply(Failure{Refusal::kProviderDown});
  EXPECT_EQ(Got(), Texts{"refused: provider-down"});
}

TEST_F(CredentialCacheTest, AUserWhoHasChangedIsForgottenAndToldOf) {
  Told told;
  cache_->OnChange(
      [&](std::string_view name, std::string_view realm) { told.emplace_back(name, realm); });
  for (const char* name : {"alice", "bob"}) {
    Ask(name);
    store_->Reply(Known(name));
  }
  store_->Change("alice", kRealm);
  store_->Change("bob", "another.realm");
  store_->Change("carol", "");
  Ask("alice");
  Ask("bob");
  EXPECT_EQ(store_->asked(), (Texts{"alice", "bob", "alice"}));
  // What was known before a change is not served when the store cannot be asked what it is now.
  store_->Reply(Failure{Refusal::kProviderDown});
  EXPECT_EQ(Got(), (Texts{"alice", "bob", "bob", "refused: provider-down"}));
  EXPECT_EQ(told, (Told{{"alice", std::string(kRealm)}, {"bob", "another.realm"}, {"carol", ""}}));
}

TEST_F(CredentialCacheTest, AChangeInAnyRealmAndOneOfTheAccountConcernTheUserToo) {
  Ask("sip:alice@home1.net");
  store_->Reply(Known("sip:alice@home1.net", "alice@home1.net"));
  store_->Change("alice@home1.net", kRealm);
  Ask("sip:alice@home1.net");
  store_->Reply(Known("sip:alice@home1.net", "alice@home1.net"));
  store_->Change("sip:alice@home1.net", "");
  Ask("sip:alice@home1.net");
  EXPECT_EQ(store_->asked(), Texts(3, "sip:alice@home1.net"));
}

TEST_F(CredentialCacheTest, AHashIsRememberedByItsNameToo) {
  const UserHash hash{7};
  Question question = QuestionAbout("");
  question.userhash = hash;
  Ask(question);
  store_->Reply(Known("alice"));
  Ask(question);
  EXPECT_EQ(store_->asked(), Texts{"(hash)"});
  store_->Change("alice", kRealm);
  Ask(question);
  EXPECT_EQ(store_->asked(), (Texts{"(hash)", "(hash)"}));
}

TEST_F(CredentialCacheTest, WhoWasRefusedIsAskedForAtOnceWhenTheRecordAppears) {
  Ask("alice");
  store_->Reply(Failure{Refusal::kUnknownUser});
  store_->Change("alice", kRealm);
  Ask("alice");
  EXPECT_EQ(store_->waiting(), 1u);
}

TEST_F(CredentialCacheTest, WhenAnythingMayHaveChangedEverybodyIsAskedForAndKeptForBadTimes) {
  for (const char* name : {"alice", "bob"}) {
    Ask(name);
    store_->Reply(Known(name));
  }
  store_->Change("", "");
  Ask("alice");
  Ask("bob");
  EXPECT_EQ(store_->asked(), (Texts{"alice", "bob", "alice", "bob"}));
  store_->Reply(Failure{Refusal::kProviderDown});
  store_->Reply(Known("bob"));
  Ask("bob");
  EXPECT_EQ(Got(), (Texts{"alice", "bob", "alice", "bob", "bob"}));
}

TEST_F(CredentialCacheTest, AChangeOfARealmConcernsItsUsersOnly) {
  Ask("alice");
  store_->Reply(Known("alice"));
  Ask("bob", "another.realm");
  store_->Reply(Known("bob"));
  store_->Change("", "another.realm");
  Ask("alice");
  Ask("bob", "another.realm");
  EXPECT_EQ(store_->asked(), (Texts{"alice", "bob", "bob"}));
}

TEST_F(CredentialCacheTest, AnAnswerThatAChangeHasOvertakenIsAskedForAgain) {
  Ask("alice");
  store_->Change("alice", kRealm);
  store_->Reply(Known("alice"));
  EXPECT_EQ(Got(), Texts{});
  store_->Change("bob", kRealm);
  store_->Reply(Failure{Refusal::kBarred});
  EXPECT_EQ(Got(), Texts{"refused: barred"});
  EXPECT_EQ(store_->asked(), (Texts{"alice", "alice"}));
}

TEST_F(CredentialCacheTest, AUserWhoChangesAllTheTimeIsServedAndNotRemembered) {
  Ask("alice");
  for (int i = 0; i < 3; ++i) {
    store_->Change("alice", kRealm);
    store_->Reply(Known("alice"));
  }
  EXPECT_EQ(Got(), Texts{"alice"});
  Ask("alice");
  EXPECT_EQ(store_->waiting(), 1u);
}

TEST_F(CredentialCacheTest, TokensPassThrough) {
  Question question = QuestionAbout("key-id");
  const std::vector<uint8_t> token = {1, 2, 3};
  question.access_token = token;
  Ask(question);
  store_->Reply(Known("bearer"));
  Ask(question);
  EXPECT_EQ(store_->waiting(), 1u);
  EXPECT_EQ(counters_.entries.value(), 0);
}

TEST_F(CredentialCacheTest, AWaiterMayEndTheCacheAndTheOthersAreNotCalled) {
  int called = 0;
  for (int i = 0; i < 2; ++i) {
    cache_->Lookup(QuestionAbout("alice"), clock_.now(), [&](const Answer&) {
      ++called;
      cache_.reset();
    });
  }
  store_->Reply(Known("alice"));
  EXPECT_EQ(called, 1);
}

TEST_F(CredentialCacheTest, NameAndOffersAreTheStores) {
  EXPECT_EQ(cache_->name(), "store");
  EXPECT_TRUE(cache_->offers().sha256);
  EXPECT_FALSE(cache_->offers().userhash);
}

class SmallCacheTest : public CredentialCacheTest {
 protected:
  SmallCacheTest()
      : CredentialCacheTest({.most_entries = 2, .most_refusals = 1, .most_waiting = 3}) {}

  void Remember(const std::string& name, const Answer& answer) {
    Ask(name);
    store_->Reply(answer);
    Got();
  }
  bool Remembers(const std::string& name) {
    const uint64_t before = counters_.hits.value();
    const size_t asked = store_->asked().size();
    Ask(name);
    if (store_->asked().size() > asked) store_->Reply(Failure{Refusal::kProviderDown});
    return counters_.hits.value() > before;
  }
};

TEST_F(SmallCacheTest, WhoWasUsedLongestAgoMakesRoom) {
  Remember("alice", Known("alice"));
  Remember("bob", Known("bob"));
  EXPECT_TRUE(Remembers("alice"));
  Remember("carol", Known("carol"));
  EXPECT_TRUE(Remembers("alice"));
  EXPECT_FALSE(Remembers("bob"));
  EXPECT_TRUE(Remembers("carol"));
  EXPECT_EQ(counters_.entries.value(), 2);
}

TEST_F(SmallCacheTest, MadeUpNamesPushOutNobodyWhoIsKnown) {
  Remember("alice", Known("alice"));
  for (int i = 0; i < 10; ++i) {
    Remember("mallory" + std::to_string(i), Failure{Refusal::kUnknownUser});
  }
  EXPECT_TRUE(Remembers("alice"));
  EXPECT_TRUE(Remembers("mallory9"));
  EXPECT_FALSE(Remembers("mallory8"));
}

TEST_F(SmallCacheTest, MoreWaitersThanAreTakenAreToldToComeAgain) {
  for (int i = 0; i < 4; ++i) Ask("alice");
  EXPECT_EQ(Got(), Texts{"refused: provider-down"});
  store_->Reply(Known("alice"));
  EXPECT_EQ(Got(), Texts(3, "alice"));
  Ask("bob");
  EXPECT_EQ(store_->waiting(), 1u);
}

TEST(CredentialTableTest, BytesAreBoundedAndGivenBack) {
  CredentialTable table(1000, 10'000);
  const auto entry = [](const std::string& name, size_t size) {
    CredentialTable::Entry made{.key = name,
                                .realm = "r",
                                .username = name,
                                .account = name + std::string(size, 'x'),
                                .answer = Failure{Refusal::kBarred},
                                .asked_at = Instant()};
    return made;
  };
  for (int i = 0; i < 100; ++i) table.Put(entry("user" + std::to_string(i), 1000));
  EXPECT_LE(table.bytes(), 10'000u);
  EXPECT_GE(table.size(), 4u);
  EXPECT_NE(table.Find("user99"), nullptr);
  EXPECT_EQ(table.Find("user0"), nullptr);
  // One that is larger than all there is stays alone, so that it can be handed out.
  table.Put(entry("giant", 20'000));
  EXPECT_EQ(table.size(), 1u);
  table.Erase("giant");
  EXPECT_EQ(table.bytes(), 0u);
}

}  // namespace
}  // namespace culvert::auth
