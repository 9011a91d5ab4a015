#include "server/redis/subscription.h"

#include <utility>

#include "server/redis/encode.h"

namespace culvert::redis {

Subscription::Subscription(Environment& environment, Target& target, Greeting greeting,
                           std::string channel, Events events)
    : environment_(environment),
      channel_(std::move(channel)),
      events_(std::move(events)),
      link_(environment, target, std::move(greeting), Link::Role::kMessages,
            static_cast<Link::Owner&>(*this)) {}

void Subscription::TrackKeys(std::vector<std::string> prefixes) {
  tracking_ = true;
  prefixes_ = std::move(prefixes);
}

void Subscription::OnLinkUp(Link&) {
  if (!tracking_) return Subscribe();
  Ask({"CLIENT", "ID"}, [this](const Reply& id) { Track(id.integer()); });
}

void Subscription::Ask(std::vector<std::string> words, std::function<void(const Reply&)> then) {
  const std::string what = words[0] + (words.size() > 1 ? " " + words[1] : "");
  const Instant deadline = environment_.now() + environment_.settings.command_timeout;
  link_.Call(Encode(words), deadline, [this, what, then = std::move(then)](CallResult result) {
    if (result) return then(result.value());
    // The link sees to every other kind itself.
    if (result.error().kind == CallError::Kind::kServer) {
      link_.Reject(link_.server().ToString() + ": " + what + " is refused: " + result.error().text);
    }
  });
}

// The connection is told by itself: a RESP2 connection may redirect to its own number, and get the
// messages once it has subscribed. So the tracking and its ear live and die together, and no
// message is lost without the subscription being lost.
void Subscription::Track(int64_t connection_id) {
  std::vector<std::string> words = {
      "CLIENT", "TRACKING", "ON", "REDIRECT", std::to_string(connection_id), "BCAST"};
  for (const std::string& prefix : prefixes_) {
    words.emplace_back("PREFIX");
    words.push_back(prefix);
  }
  Ask(std::move(words), [this](const Reply&) { Subscribe(); });
}

void Subscription::Subscribe() {
  Ask({"SUBSCRIBE", channel_}, [this](const Reply&) {
    up_ = true;
    events_.on_up();
  });
}

void Subscription::OnLinkDown(Link&, const std::string& why) {
  up_ = false;
  events_.on_down(why);
}

void Subscription::OnLinkMessage(Link&, Reply message) {
  constexpr size_t kPayload = 2;  // behind "message" and the channel
  if (message.elements().size() <= kPayload) return;
  events_.on_message(message.elements()[kPayload]);
}

}  // namespace culvert::redis
