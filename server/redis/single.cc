#include "server/redis/single.h"

#include <utility>

#include "server/redis/encode.h"

namespace culvert::redis {
namespace {

Greeting MakeGreeting(const Settings& settings) {
  return {.credentials = &settings.credentials,
          .database = settings.database,
          .name = settings.client_name,
          .primary_only = settings.shape == Settings::Shape::kSentinel};
}

}  // namespace

Single::Single(Environment& environment)
    : environment_(environment),
      by_sentinel_(environment.settings.shape == Settings::Shape::kSentinel),
      target_(NewTarget()),
      link_(environment, *target_, MakeGreeting(environment.settings), Link::Role::kCalls,
            static_cast<Link::Owner&>(*this)) {
  if (!by_sentinel_) return;
  failovers_.emplace(environment, [this](const ServerName& primary) {
    const ServerName& current = link_.server();
    if (!current.host.empty() && current != primary)
      link_.Restart("the sentinels chose another primary");
  });
}

std::unique_ptr<Target> Single::NewTarget() {
  if (by_sentinel_) return std::make_unique<SentinelTarget>(environment_);
  return std::make_unique<FixedTarget>(environment_.settings.servers.front());
}

void Single::Start() {
  link_.Start();
  if (failovers_) failovers_->Start();
}

void Single::Call(Command command, Instant deadline, CallDone done) {
  link_.Call(Encode(command.words), deadline, std::move(done));
}

void Single::Watch(KeyWatch& watch) {
  watch.Follow(NewTarget(), by_sentinel_);
}

void Single::OnLinkUp(Link& link) {
  environment_.health.Up(link.server().ToString(), environment_.now());
}

void Single::OnLinkDown(Link&, const std::string& why) {
  environment_.health.Down(why, environment_.now());
}

}  // namespace culvert::redis
