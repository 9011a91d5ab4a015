// An example of an authentication plug-in: users from a file with one `name:password` a line, read
// anew at every question by a thread of its own. A real one would ask a database there; what
// matters is that the worker never waits, and that the answer comes on the worker's thread.
//
//     culvert --auth-plugin=/path/libfile_users.so --auth-plugin-config=/etc/culvert/users
//
// Build it with the headers of the relay that loads it (see BUILD).

#include <condition_variable>
#include <deque>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "auth/keys.h"
#include "auth/plugin.h"

namespace {

using culvert::Failure;
using culvert::Result;
namespace auth = culvert::auth;

// The password of `name`; empty for none.
std::string PasswordOf(const std::string& name, const std::string& path) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(':');
    if (colon != std::string::npos && line.compare(0, colon, name) == 0) {
      return line.substr(colon + 1);
    }
  }
  return {};
}

// What is on its way from the worker to the thread and back.
struct Errand {
  std::string username;
  std::string realm;
  std::function<void(auth::Answer)> done;
};

class FileUsers final : public auth::Provider {
 public:
  explicit FileUsers(const auth::PluginWorker& worker)
      : path_(worker.config), post_(worker.post), thread_([this] { Run(); }) {}

  ~FileUsers() override {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stop_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

  std::string_view name() const override { return "file_users"; }

  void Lookup(const auth::Question& question, const culvert::Now&,
              std::function<void(auth::Answer)> done) override {
    if (question.username.empty() || !question.access_token.empty()) {
      return done(Failure{auth::Refusal::kUnknownUser});
    }
    {
      // The question's views live only until this returns.
      const std::lock_guard<std::mutex> lock(mutex_);
      errands_.push_back(
          {std::string(question.username), std::string(question.realm), std::move(done)});
    }
    wake_.notify_one();
  }

  // Passwords are known, so both keys are.
  auth::Offers offers() const override { return {.sha256 = true, .userhash = false}; }

 private:
  void Run() {
    for (;;) {
      std::unique_lock<std::mutex> lock(mutex_);
      wake_.wait(lock, [this] { return stop_ || !errands_.empty(); });
      if (stop_) return;
      Errand errand = std::move(errands_.front());
      errands_.pop_front();
      lock.unlock();
      Answer(std::move(errand));
    }
  }

  void Answer(Errand errand) {
    const std::string password = PasswordOf(errand.username, path_);
    auth::Answer answer = Failure{auth::Refusal::kUnknownUser};
    if (!password.empty()) {
      auto credential = std::make_shared<auth::Credential>();
      credential->username = credential->subject = errand.username;
      credential->realm = errand.realm;
      credential->keys = auth::DeriveKeys(errand.username, errand.realm, password);
      answer = auth::CredentialPtr(std::move(credential));
    }
    // `done` is the worker's: it is called there, and only while this provider lives.
    post_([alive = std::weak_ptr<int>(alive_), done = std::move(errand.done),
           answer = std::move(answer)] {
      if (!alive.expired()) done(answer);
    });
  }

  const std::string path_;
  const std::function<void(std::function<void()>)> post_;
  const std::shared_ptr<int> alive_ = std::make_shared<int>();
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Errand> errands_;
  bool stop_ = false;
  std::thread thread_;
};

Result<std::unique_ptr<auth::Provider>, std::string> Make(const auth::PluginWorker& worker) {
  if (!std::ifstream(std::string(worker.config))) {
    return Failure{"cannot read '" + std::string(worker.config) +
                   "'; auth-plugin-config names a file with one name:password a line"};
  }
  return std::unique_ptr<auth::Provider>(std::make_unique<FileUsers>(worker));
}

}  // namespace

extern "C" const culvert::auth::Plugin* culvert_auth_plugin() {
  static constexpr culvert::auth::Plugin kPlugin{culvert::auth::kPluginAbi, "file_users", Make};
  return &kPlugin;
}
