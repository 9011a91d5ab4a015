// Sentinels: who is the primary now, and word when that changes. What they say is checked: the
// connection that follows refuses a server whose ROLE is not master (Greeting::primary_only).
//
// On the client's thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/redis/connection.h"
#include "server/redis/environment.h"
#include "server/redis/subscription.h"
#include "server/redis/target.h"

namespace culvert::redis {

// Asks the sentinels of the settings one after the other, the one that knew last first; each has
// command_timeout for its answer.
class SentinelTarget final : public Target,
                             private Connection::Observer,
                             private net::TimerWheel::Entry {
 public:
  explicit SentinelTarget(Environment& environment);
  ~SentinelTarget() override;

  void Find(Done done) override;
  void Cancel() override;

 private:
  void OnUp() override;
  void OnReply(Reply reply) override;
  void OnDown(const std::string& why) override;
  void OnTimer(Instant now) override;

  const ServerName& sentinel() const;
  void AskNext();
  void NoAnswer(const std::string& why);
  void Finish(Result<ServerName, std::string> result);
  void CloseConnection();

  Environment& environment_;
  const Greeting greeting_;
  size_t first_ = 0;  // the sentinel to ask first
  size_t asked_ = 0;  // how many were asked in this search
  Done done_;
  std::string failures_;
  std::unique_ptr<Connection> connection_;
};

// Hears +switch-master of one sentinel, and of the next when that one is away. Also tells who is
// the primary whenever the hearing begins.
class FailoverWatch {
 public:
  using OnSwitch = std::function<void(const ServerName& primary)>;

  FailoverWatch(Environment& environment, OnSwitch on_switch);

  void Start() { subscription_.Start(); }

 private:
  class NextSentinel final : public Target {
   public:
    explicit NextSentinel(const std::vector<ServerName>& sentinels) : sentinels_(sentinels) {}
    void Find(Done done) override { done(sentinels_[next_++ % sentinels_.size()]); }
    void Cancel() override {}

   private:
    const std::vector<ServerName>& sentinels_;
    size_t next_ = 0;
  };

  void Probe();
  void OnMessage(const Reply& payload);

  Environment& environment_;
  const OnSwitch on_switch_;
  NextSentinel target_;
  SentinelTarget probe_;  // what was missed while no sentinel was heard
  Subscription subscription_;
};

}  // namespace culvert::redis
