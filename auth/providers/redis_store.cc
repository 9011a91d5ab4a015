#include "auth/providers/redis_store.h"

#include <utility>

#include "auth/providers/redis_keys.h"

namespace culvert::auth {
namespace {

using redis::CallError;
using redis::CallResult;
using redis::Command;
using redis::Reply;

// More distinct complaints than a person reads; beyond them some are repeated.
constexpr size_t kMostTold = 1000;

}  // namespace

RedisStore::RedisStore(std::unique_ptr<redis::Client> client, observe::Log& log,
                       observe::Counter& bad_records)
    : log_(log), bad_records_(bad_records), client_(std::move(client)) {}

RedisStore::~RedisStore() = default;

void RedisStore::Ask(Command command, redis::CallDone done) {
  client_->Call(std::move(command), client_->settings().command_timeout, std::move(done));
}

void RedisStore::AskAll(std::vector<Command> commands,
                        std::function<void(std::optional<std::vector<Reply>>)> done) {
  struct Gathering {
    std::vector<Reply> replies;
    size_t awaited;
    bool failed = false;
    std::function<void(std::optional<std::vector<Reply>>)> done;
  };
  const auto all = std::make_shared<Gathering>();
  all->replies.resize(commands.size());
  all->awaited = commands.size();
  all->done = std::move(done);
  for (size_t i = 0; i < commands.size(); ++i) {
    Ask(std::move(commands[i]), [this, all, i](CallResult result) {
      if (result) {
        all->replies[i] = std::move(result).value();
      } else if (Understood(result.error())) {
        all->replies[i] = Reply::Text(Reply::Type::kError, result.error().text);
      } else {
        all->failed = true;
      }
      if (--all->awaited > 0) return;
      if (all->failed) return all->done(std::nullopt);
      all->done(std::move(all->replies));
    });
  }
}

bool RedisStore::Understood(const CallError& error) {
  if (error.kind != CallError::Kind::kServer) return false;
  if (error.text.starts_with("WRONGTYPE")) return true;
  if (told_.size() < kMostTold && told_.insert(error.text).second) {
    log_.Warning("Redis refuses to say who the users are", {{"why", error.text}});
  }
  return false;
}

void RedisStore::Tell(const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) {
    if (finding.bad) bad_records_.Add();
    if (told_.size() >= kMostTold) told_.clear();
    if (!told_.insert(finding.key).second) continue;
    const observe::Fields fields = {{"key", finding.key}, {"why", finding.what}};
    if (finding.bad) {
      log_.Warning("a record in Redis cannot be used", fields);
    } else {
      log_.Info("a record in Redis is over", fields);
    }
  }
}

void RedisStore::Watch(redis::Client::OnChange changed) {
  watchers_.push_back(std::move(changed));
  if (watchers_.size() > 1) return;
  client_->Watch(WatchedPrefixes(), [this](std::optional<std::string_view> key) { OnKey(key); });
}

void RedisStore::OnKey(std::optional<std::string_view> key) {
  if (!key) {
    told_.clear();
  } else if (const auto told = told_.find(*key); told != told_.end()) {
    told_.erase(told);
  }
  for (const auto& changed : watchers_) changed(key);
}

}  // namespace culvert::auth
