// Where to connect: always the same server, or what somebody has to be asked for (sentinel.h).
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "server/base/result.h"
#include "server/redis/settings.h"

namespace culvert::redis {

class Target {
 public:
  using Done = std::function<void(Result<ServerName, std::string>)>;

  virtual ~Target() = default;
  // Asked before each attempt to connect. `done` is called once, maybe from within Find, unless
  // Cancel comes first.
  virtual void Find(Done done) = 0;
  virtual void Cancel() = 0;
};

class FixedTarget final : public Target {
 public:
  explicit FixedTarget(ServerName server) : server_(std::move(server)) {}
  void Find(Done done) override { done(server_); }
  void Cancel() override {}

 private:
  const ServerName server_;
};

}  // namespace culvert::redis
