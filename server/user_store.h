// The Redis that users are in, as the operator's options have it: what every worker makes a
// provider of its own from. Immutable, shared by all workers; connects to nothing itself.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "auth/contract.h"
#include "auth/credential_cache.h"
#include "auth/providers/redis_answer.h"
#include "server/base/result.h"
#include "server/config/options.h"
#include "server/providers.h"
#include "server/redis/settings.h"

namespace culvert {

class UserStore {
 public:
  // REQUIRES: options.redis_userdb is set. The error names the option, never a secret.
  static Result<std::shared_ptr<const UserStore>, std::string> Load(const config::Options& options);

  // Begins to connect, from the loop. The error is one of TLS files.
  Result<WorkerProvider, std::string> MakeFor(const ProviderParts& parts) const;

 private:
  std::shared_ptr<const redis::Settings> redis_;
  std::shared_ptr<const auth::RedisUserSettings> users_;
  auth::CacheSettings cache_;
  // Whom tokens are sealed for, where they are taken.
  std::optional<std::string> token_server_;
  bool origins_ = true;  // realms of origins are read
};

}  // namespace culvert
