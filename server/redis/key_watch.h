// Which keys change, told by every server that may hold them (Client::Watch).
//
// On the client's thread. Not to be destroyed from within its callback.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/redis/environment.h"
#include "server/redis/subscription.h"
#include "server/redis/target.h"

namespace culvert::redis {

class KeyWatch {
 public:
  using OnChange = std::function<void(std::optional<std::string_view> key)>;

  KeyWatch(Environment& environment, std::vector<std::string> prefixes, OnChange changed);

  // One server, wherever `target` leads. Started at once.
  void Follow(std::unique_ptr<Target> target, bool primary_only);
  // Exactly these, as fixed servers; those that are watched already go on.
  void FollowAll(const std::vector<ServerName>& servers);

  // Every change is seen now.
  bool complete() const;

 private:
  struct Source {
    std::unique_ptr<Target> target;
    std::unique_ptr<Subscription> subscription;  // goes before target
  };

  Source Listen(std::unique_ptr<Target> target, bool primary_only);
  void Tell(std::optional<std::string_view> key);
  void OnMessage(const Reply& payload);

  Environment& environment_;
  const std::vector<std::string> prefixes_;
  const OnChange changed_;
  std::map<std::string, Source> sources_;  // by server; "" is the one of Follow
};

}  // namespace culvert::redis
