// The example plug-in, built and loaded as an operator's own would be.

#include "auth/providers/shared_object.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <fstream>
#include <mutex>
#include <string>

#include "auth/keys.h"
#include "tests/auth/questions.h"

namespace culvert::auth {
namespace {

constexpr const char* kExample = "auth/example_plugin/libfile_users.so";

// The test's thread as a worker's: runs what is posted when it waits.
class Worker {
 public:
  explicit Worker(std::string config) : config_(std::move(config)) {}

  PluginWorker parts() {
    return {config_, [this](std::function<void()> work) {
              const std::lock_guard<std::mutex> lock(mutex_);
              posted_.push_back(std::move(work));
              arrived_.notify_one();
            }};
  }
  // Runs the next thing that is posted.
  void RunOne() {
    std::unique_lock<std::mutex> lock(mutex_);
    ASSERT_TRUE(
        arrived_.wait_for(lock, std::chrono::seconds(20), [this] { return !posted_.empty(); }));
    const std::function<void()> work = std::move(posted_.front());
    posted_.pop_front();
    lock.unlock();
    work();
  }

 private:
  const std::string config_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::function<void()>> posted_;
};

class SharedObjectTest : public ::testing::Test {
 protected:
  SharedObjectTest() { std::ofstream(users_) << "alice:wonderland\nbob:builder\n"; }

  std::unique_ptr<Provider> Example(Worker& worker) {
    const auto loaded = SharedObject::Load(kExample);
    EXPECT_TRUE(loaded.ok()) << (loaded.ok() ? "" : loaded.error());
    if (!loaded) return nullptr;
    auto made = (*loaded)->MakeFor(worker.parts());
    EXPECT_TRUE(made.ok()) << (made.ok() ? "" : made.error());
    return made.ok() ? std::move(*made) : nullptr;
  }

  const std::string users_ = ::testing::TempDir() + "/users";
};

TEST_F(SharedObjectTest, TheExampleAnswersLaterOnTheWorkersThread) {
  Worker worker(users_);
  const auto provider = Example(worker);
  ASSERT_NE(provider, nullptr);
  EXPECT_EQ(provider->name(), "file_users");
  EXPECT_TRUE(provider->offers().sha256);
  std::optional<Answer> answer;
  provider->Lookup(QuestionAbout("alice"), At(1700000000),
                   [&answer](Answer got) { answer = std::move(got); });
  EXPECT_FALSE(answer.has_value());
  worker.RunOne();
  ASSERT_TRUE(answer && answer->ok());
  EXPECT_EQ((**answer)->username, "alice");
  EXPECT_EQ((**answer)->keys, DeriveKeys("alice", kRealm, "wonderland"));
}

TEST_F(SharedObjectTest, OtherUsersAreUnknownToTheExample) {
  Worker worker(users_);
  const auto provider = Example(worker);
  ASSERT_NE(provider, nullptr);
  for (const std::string_view name : {"mallory", "ali", "alice:", "bob:builder"}) {
    std::optional<Answer> answer;
    provider->Lookup(QuestionAbout(name), At(1700000000),
                     [&answer](Answer got) { answer = std::move(got); });
    worker.RunOne();
    EXPECT_EQ(RefusalOf(answer), Refusal::kUnknownUser) << name;
  }
}

TEST_F(SharedObjectTest, NoAnswerComesAfterTheProvidersEnd) {
  Worker worker(users_);
  auto provider = Example(worker);
  ASSERT_NE(provider, nullptr);
  bool answered = false;
  provider->Lookup(QuestionAbout("alice"), At(1700000000),
                   [&answered](Answer) { answered = true; });
  provider->Lookup(QuestionAbout("bob"), At(1700000000), [&answered](Answer) { answered = true; });
  provider.reset();
  EXPECT_FALSE(answered);
}

TEST_F(SharedObjectTest, EachWorkerHasItsOwnProvider) {
  Worker first(users_), second(users_);
  const auto one = Example(first);
  const auto other = Example(second);
  ASSERT_NE(one, nullptr);
  EXPECT_NE(one, other);
}

TEST_F(SharedObjectTest, AProviderThatCannotBeMadeSaysWhy) {
  Worker worker("/nonexistent/users");
  const auto loaded = SharedObject::Load(kExample);
  ASSERT_TRUE(loaded.ok());
  const auto made = (*loaded)->MakeFor(worker.parts());
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error(),
            "file_users: cannot read '/nonexistent/users'; auth-plugin-config names a file with "
            "one name:password a line");
}

TEST_F(SharedObjectTest, WhatIsNoPlugInIsNotLoaded) {
  const auto error = [](const std::string& path) {
    const auto loaded = SharedObject::Load(path);
    return loaded.ok() ? std::string("no error") : loaded.error();
  };
  EXPECT_EQ(error("libfile_users.so"),
            "'libfile_users.so' is not a path: give it with its folder, such as "
            "./libfile_users.so");
  EXPECT_NE(error("./missing.so").find("missing.so"), std::string::npos);
  EXPECT_EQ(error("tests/auth/libno_plugin.so"),
            "tests/auth/libno_plugin.so has no function culvert_auth_plugin: it is no "
            "authentication plug-in");
  EXPECT_EQ(error("tests/auth/libother_version.so"),
            std::string("tests/auth/libother_version.so was built for 'culvert-auth-0 gcc-4', this "
                        "relay is '") +
                kPluginAbi + "': build it again with this version's headers");
}

}  // namespace
}  // namespace culvert::auth
