#include "server/redis/link.h"

#include <algorithm>
#include <random>
#include <utility>

#include "server/redis/encode.h"

namespace culvert::redis {
namespace {

// A connection that lived for so long proves the server sound: the next attempt needs no pause.
constexpr seconds kSound{1};

CallError Down(const std::string& why) {
  return {CallError::Kind::kDown, why};
}

}  // namespace

class Link::Request final : public net::TimerWheel::Entry {
 public:
  Request(Link& link, std::string its_commands, CallDone its_done, int its_answers)
      : commands(std::move(its_commands)),
        done(std::move(its_done)),
        answers(its_answers),
        link_(link) {}

  std::string commands;  // until they are sent
  CallDone done;
  int answers;  // still to come

 private:
  void OnTimer(Instant) override { link_.OnDeadline(this); }

  Link& link_;
};

Link::Link(Environment& environment, Target& target, Greeting greeting, Role role, Owner& owner)
    : environment_(environment),
      target_(target),
      greeting_(std::move(greeting)),
      role_(role),
      owner_(owner) {
  server_.host.clear();
}

Link::~Link() {
  target_.Cancel();
}

void Link::Start() {
  Attempt();
}

void Link::Call(std::string commands, Instant deadline, CallDone done, int answers) {
  if (known_down_) {
    environment_.Later([done = std::move(done), why = why_down_] { done(Failure{Down(why)}); });
    return;
  }
  auto request = std::make_unique<Request>(*this, std::move(commands), std::move(done), answers);
  environment_.wheel.Arm(request.get(), deadline);
  if (up_) {
    connection_->Send(request->commands);
    request->commands = {};
    in_flight_.push_back(std::move(request));
  } else {
    waiting_.push_back(std::move(request));
  }
}

void Link::Attempt() {
  environment_.wheel.Disarm(this);
  target_.Find([this](auto result) { OnTarget(std::move(result)); });
}

void Link::OnTarget(Result<ServerName, std::string> result) {
  if (!result) return OnDown(result.error());
  server_ = std::move(result.value());
  connection_ = std::make_unique<Connection>(environment_, server_, greeting_,
                                             static_cast<Connection::Observer&>(*this));
  connection_->Start();
}

void Link::OnUp() {
  up_ = true;
  known_down_ = false;
  up_since_ = environment_.now();
  environment_.statistics.connects.Add();
  environment_.wheel.Arm(this, up_since_ + environment_.settings.ping_interval);
  for (auto& request : waiting_) {
    connection_->Send(request->commands);
    request->commands = {};
    in_flight_.push_back(std::move(request));
  }
  waiting_.clear();
  owner_.OnLinkUp(*this);
}

void Link::OnReply(Reply reply) {
  if (role_ == Role::kMessages && reply.is_array() && !reply.elements().empty() &&
      reply.elements()[0].text() == "message") {
    return owner_.OnLinkMessage(*this, std::move(reply));
  }
  if (in_flight_.empty())
    return Reject(server_.ToString() + ": an answer came that nobody asked for");
  if (--in_flight_.front()->answers > 0) return;
  const std::unique_ptr<Request> request = std::move(in_flight_.front());
  in_flight_.pop_front();
  if (!reply.is_error()) return request->done(std::move(reply));
  // The primary became a replica under us; the next attempt asks who is the primary now.
  const bool demoted = greeting_.primary_only && reply.text().starts_with("READONLY");
  request->done(Failure{CallError{CallError::Kind::kServer, reply.TakeText()}});
  if (demoted) Restart("the primary became a replica");
}

void Link::OnDown(const std::string& why) {
  if (!up_) environment_.statistics.failed_connects.Add();
  CloseConnection();
  const bool lasted = up_ && environment_.now() - up_since_ >= kSound;
  Recover(why, lasted);
}

void Link::Restart(const std::string& why) {
  CloseConnection();
  Recover(why, true);
}

void Link::Reject(const std::string& why) {
  CloseConnection();
  up_ = false;
  Recover(why, false);
}

void Link::CloseConnection() {
  target_.Cancel();
  if (!connection_) return;
  connection_->Close();
  environment_.loop.DeferDelete(std::move(connection_));
}

void Link::Recover(const std::string& why, bool at_once) {
  why_down_ = why;
  Requests failed = std::exchange(in_flight_, {});
  const bool was_up = std::exchange(up_, false);
  if (at_once) {
    failures_ = 0;
  } else if (!was_up) {
    known_down_ = true;
    std::move(waiting_.begin(), waiting_.end(), std::back_inserter(failed));
    waiting_.clear();
  }
  if (!at_once) environment_.wheel.Arm(this, environment_.now() + NextPause());
  owner_.OnLinkDown(*this, why);
  if (at_once) Attempt();
  for (const auto& request : failed) {
    const bool late = request->armed() && request->deadline() <= environment_.now();
    environment_.wheel.Disarm(request.get());
    request->done(Failure{late ? CallError{CallError::Kind::kTimeout, why} : Down(why)});
  }
}

Duration Link::NextPause() {
  constexpr int kMostDoublings = 16;
  const Settings& settings = environment_.settings;
  const Duration whole = std::min<Duration>(
      settings.first_backoff * (1 << std::min(failures_, kMostDoublings)), settings.last_backoff);
  ++failures_;
  std::uniform_int_distribution<int64_t> jitter(whole.count() / 2, whole.count());
  return Duration(jitter(environment_.random));
}

void Link::OnTimer(Instant) {
  if (up_) return Ping();
  Attempt();
}

// A server that is gone without a word is noticed by this, also when nothing is called.
void Link::Ping() {
  const Instant now = environment_.now();
  environment_.wheel.Arm(this, now + environment_.settings.ping_interval);
  if (!in_flight_.empty()) return;
  constexpr auto kIgnore = [](const CallResult&) {};
  const std::string ping = "PING";
  Call(Encode({&ping, 1}), now + environment_.settings.command_timeout, kIgnore);
}

// The answers of a pipeline come in order, so one that does not come holds up all that follow: the
// connection ends. A call that was not sent yet just fails.
void Link::OnDeadline(Request* request) {
  const auto same = [request](const auto& other) { return other.get() == request; };
  const auto it = std::find_if(waiting_.begin(), waiting_.end(), same);
  if (it != waiting_.end()) {
    const std::unique_ptr<Request> late = std::move(*it);
    waiting_.erase(it);
    late->done(Failure{CallError{CallError::Kind::kTimeout, "no connection in time"}});
    return;
  }
  const auto sent = std::find_if(in_flight_.begin(), in_flight_.end(), same);
  const std::unique_ptr<Request> late = std::move(*sent);
  in_flight_.erase(sent);
  const std::string why = server_.ToString() + ": no answer in time";
  // The server may be frozen while its kernel still takes connections: calls do not wait for that.
  Reject(why);
  late->done(Failure{CallError{CallError::Kind::kTimeout, why}});
}

}  // namespace culvert::redis
