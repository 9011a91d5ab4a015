#include "server/redis/courier.h"

#include <utility>

namespace culvert::redis {
namespace {

// Of what Redis complains about; there are few ways to.
constexpr size_t kMostTold = 8;

}  // namespace

Result<std::unique_ptr<Courier>, std::string> Courier::Make(
    net::Loop& loop, net::TimerWheel& wheel, std::shared_ptr<const Settings> settings,
    observe::Log& log, const char* option) {
  auto client = Client::Make(loop, wheel, std::move(settings), log);
  if (!client) return Failure{client.error()};
  return std::unique_ptr<Courier>(new Courier(std::move(client).value(), log, option));
}

void Courier::Send(Command command, CallDone done) {
  ++pending_;
  client_->Call(std::move(command), client_->settings().command_timeout,
                [this, done = std::move(done)](CallResult result) {
                  if (!result) Tell(result.error());
                  if (done) done(std::move(result));
                  if (--pending_ == 0 && finished_) std::exchange(finished_, {})();
                });
}

// A right that is missing, say. That Redis is out of reach the client tells itself.
void Courier::Tell(const CallError& error) {
  if (error.kind != CallError::Kind::kServer || told_.size() >= kMostTold) return;
  if (!told_.insert(error.text).second) return;
  log_.Warning("Redis refuses what it is told", {{"option", option_}, {"why", error.text}});
}

void Courier::Finish(std::function<void()> done) {
  if (pending_ == 0) return done();
  finished_ = std::move(done);
}

}  // namespace culvert::redis
