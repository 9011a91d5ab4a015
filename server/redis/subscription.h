// Keeps a connection subscribed to one channel, of a server or of a sentinel; on demand one that
// also has Redis tell it which keys change.
//
// On the client's thread. Not to be destroyed from within its own events.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "server/redis/link.h"

namespace culvert::redis {

class Subscription final : private Link::Owner {
 public:
  struct Events {
    std::function<void()> on_up;  // subscribed; what was published before may have been missed
    std::function<void(const std::string& why)> on_down;
    std::function<void(const Reply& payload)> on_message;
  };

  // `target` and what `greeting` points to outlive it.
  Subscription(Environment& environment, Target& target, Greeting greeting, std::string channel,
               Events events);

  // Changes of keys that begin with one of `prefixes` (none: of all keys) are told on the channel,
  // which is "__redis__:invalidate" then. REQUIRES: before Start.
  void TrackKeys(std::vector<std::string> prefixes);
  void Start() { link_.Start(); }
  bool up() const { return up_; }

 private:
  void OnLinkUp(Link& link) override;
  void OnLinkDown(Link& link, const std::string& why) override;
  void OnLinkMessage(Link& link, Reply message) override;

  // Asks `words`; goes on with the answer, or gives this connection up.
  void Ask(std::vector<std::string> words, std::function<void(const Reply&)> then);
  void Track(int64_t connection_id);
  void Subscribe();

  Environment& environment_;
  const std::string channel_;
  const Events events_;
  bool tracking_ = false;
  std::vector<std::string> prefixes_;
  bool up_ = false;
  Link link_;
};

}  // namespace culvert::redis
