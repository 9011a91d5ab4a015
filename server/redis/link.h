// Keeps a connection to one target up and matches answers to calls. Commands are pipelined: all of
// a turn leave together, answers come in the order of the calls.
//
// Down is one of two things. While the first attempt runs, or one right after a loss, calls wait.
// Once an attempt has failed they fail at once, until one succeeds: a Redis that is away costs its
// callers no time. The pauses between attempts double, with jitter, so that the workers of a fleet
// do not come back in step.
//
// On the client's thread. Not to be destroyed from within its own callbacks; Loop::DeferDelete it.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/redis/call.h"
#include "server/redis/connection.h"
#include "server/redis/environment.h"
#include "server/redis/target.h"

namespace culvert::redis {

class Link final : public net::Deletable,
                   private Connection::Observer,
                   private net::TimerWheel::Entry {
 public:
  class Owner {
   public:
    virtual void OnLinkUp(Link& link) = 0;
    // A connection was lost, or an attempt failed; the next is under way or due. May come from
    // within Start, Restart and Reject.
    virtual void OnLinkDown(Link& link, const std::string& why) = 0;
    // Of a subscribed link: ["message", channel, payload]. By value: who overrides it keeps it.
    virtual void OnLinkMessage(Link&, Reply) {}  // NOLINT(performance-unnecessary-value-param)

   protected:
    ~Owner() = default;
  };

  enum class Role : uint8_t {
    kCalls,     // carries callers' commands; asked for life when idle
    kMessages,  // subscribes: arrays that begin with "message" answer nothing
  };

  // `target`, `owner` and what `greeting` points to outlive the link.
  Link(Environment& environment, Target& target, Greeting greeting, Role role, Owner& owner);
  ~Link() override;

  void Start();
  // Sends `commands`, encoded, whose last answer is the result; answers before it are thrown away.
  // `done` is called once, never from within Call, unless the link is destroyed.
  void Call(std::string commands, Instant deadline, CallDone done, int answers = 1);
  // Ends the connection, or the attempt, and makes the next attempt at once.
  void Restart(const std::string& why);
  // Ends the connection as one that is of no use: the next attempt comes after a pause.
  void Reject(const std::string& why);

  bool up() const { return up_; }
  // Calls fail at once.
  bool known_down() const { return known_down_; }
  bool idle() const { return in_flight_.empty() && waiting_.empty(); }
  // Of the connection that is up, or the last one that was tried; without a host before that.
  const ServerName& server() const { return server_; }

 private:
  // One call. Its timer is its deadline.
  class Request;
  using Requests = std::deque<std::unique_ptr<Request>>;

  void OnUp() override;
  void OnReply(Reply reply) override;
  void OnDown(const std::string& why) override;
  void OnTimer(Instant now) override;
  void OnDeadline(Request* request);

  void Attempt();
  void OnTarget(Result<ServerName, std::string> result);
  void CloseConnection();
  // After an end of any kind: fails what must fail, and sees to the next attempt.
  void Recover(const std::string& why, bool at_once);
  Duration NextPause();
  void Ping();

  Environment& environment_;
  Target& target_;
  const Greeting greeting_;
  const Role role_;
  Owner& owner_;
  ServerName server_;
  std::unique_ptr<Connection> connection_;
  Requests in_flight_;  // sent, in the order of their answers
  Requests waiting_;    // for the outcome of an attempt
  bool up_ = false;
  bool known_down_ = false;
  std::string why_down_;
  Instant up_since_ = kNever;
  int failures_ = 0;  // since a connection lasted
};

}  // namespace culvert::redis
