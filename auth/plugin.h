// An authentication plug-in: a shared object of the operator's own that knows the users.
//
// It defines one function,
//
//     extern "C" const culvert::auth::Plugin* culvert_auth_plugin();
//
// and is named by `auth-plugin`. It speaks the contract of contract.h and nothing else of the
// relay. Since C++ objects cross the border, it must be built with the contract's headers of the
// very version that loads it, by a compiler with the same conventions: kPluginAbi says what that
// is, and what says otherwise is not loaded. auth/example_plugin is a complete one.
//
// A plug-in runs inside the relay: it must not block, must not throw, and must be trusted as the
// relay is. It stays loaded until the process ends.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "auth/contract.h"
#include "server/base/result.h"

namespace culvert::auth {

#define CULVERT_AUTH_TEXT_OF(x) #x
#define CULVERT_AUTH_TEXT(x) CULVERT_AUTH_TEXT_OF(x)
// The number changes whenever this file or contract.h does.
inline constexpr const char* kPluginAbi =
    "culvert-auth-1 gcc-" CULVERT_AUTH_TEXT(__GNUC__) " cxx11-abi-" CULVERT_AUTH_TEXT(
        _GLIBCXX_USE_CXX11_ABI) " c++-" CULVERT_AUTH_TEXT(__cplusplus);
#undef CULVERT_AUTH_TEXT
#undef CULVERT_AUTH_TEXT_OF

// The worker that a provider is made for. Outlives the provider.
struct PluginWorker {
  // The text of `auth-plugin-config`; lives as long as the process.
  std::string_view config;
  // Runs `work` on the worker's thread, soon; to be called from any thread. What a provider answers
  // later it answers from there.
  std::function<void(std::function<void()> work)> post;
};

struct Plugin {
  const char* abi = kPluginAbi;
  const char* name = "";  // one word, for logs
  // Called once for each worker, before it runs. An error stops the start.
  Result<std::unique_ptr<Provider>, std::string> (*make)(const PluginWorker& worker) = nullptr;
};

// The name of the function.
inline constexpr const char* kPluginEntry = "culvert_auth_plugin";

}  // namespace culvert::auth
