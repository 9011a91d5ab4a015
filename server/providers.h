// Who is asked about users, as the operator's options have it: one chain of providers for each
// worker, made from what all workers share.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "auth/contract.h"
#include "server/base/result.h"
#include "server/config/options.h"
#include "server/net/loop.h"
#include "server/net/timer_wheel.h"
#include "server/observe/counters.h"
#include "server/observe/log.h"
#include "server/redis/statistics.h"

namespace culvert {

// What a worker's provider stands on; outlives it.
struct ProviderParts {
  net::Loop& loop;
  net::TimerWheel& wheel;
  observe::WorkerCounters& counters;
  observe::Log& log;
  // Runs something on the worker's thread, from any.
  std::function<void(std::function<void()> work)> post;
  // Told the realm of each origin that Redis names, on the worker's thread, whenever they change.
  // Null: this worker does not read them.
  std::function<void(const std::map<std::string, std::string>& origins)> on_origins = nullptr;
};

struct WorkerProvider {
  std::unique_ptr<auth::Provider> provider;
  // Of its Redis client, null without one. Lives as the provider does.
  const redis::Statistics* redis = nullptr;
  // There are no users elsewhere.
  bool only_redis = false;
};

// Makes one worker's provider; to be called once per worker. The error is ready for a person.
using ProviderFactory = std::function<Result<WorkerProvider, std::string>(const ProviderParts&)>;

// The error names the option, never a secret.
Result<ProviderFactory, std::string> ProvidersOf(const config::Options& options,
                                                 const std::string& realm);

}  // namespace culvert
