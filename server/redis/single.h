// The routes that lead to one server at a time: a fixed one, or the primary that sentinels know.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "server/redis/environment.h"
#include "server/redis/link.h"
#include "server/redis/route.h"
#include "server/redis/sentinel.h"
#include "server/redis/target.h"

namespace culvert::redis {

class Single final : public Route, private Link::Owner {
 public:
  explicit Single(Environment& environment);

  void Start() override;
  void Call(Command command, Instant deadline, CallDone done) override;
  void Watch(KeyWatch& watch) override;

 private:
  void OnLinkUp(Link& link) override;
  void OnLinkDown(Link& link, const std::string& why) override;
  std::unique_ptr<Target> NewTarget();

  Environment& environment_;
  const bool by_sentinel_;
  const std::unique_ptr<Target> target_;
  Link link_;
  std::optional<FailoverWatch> failovers_;
};

}  // namespace culvert::redis
