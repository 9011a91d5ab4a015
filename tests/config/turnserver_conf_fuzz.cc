// Whatever a file holds, it is read or refused with a message, and never makes an open relay by
// accident.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "server/config/parse.h"

namespace {

void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

bool IsPrintable(std::string_view text) {
  for (const char c : text) {
    if (c == '\n' || c == '\x1b' || c == '\0') return false;
  }
  return !text.empty();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto outcome = culvert::config::ParseText("fuzz.conf", text);
  if (!outcome) {
    Require(IsPrintable(outcome.error().message), "an error is one line of text");
    return 0;
  }
  const culvert::config::Options& options = outcome->options;
  const bool has_credentials = !options.users.empty() || !options.static_auth_secrets.empty() ||
                               !options.oauth_keys.empty() || !options.redis_userdb.empty() ||
                               !options.auth_plugin.empty();
  Require(options.stun_only || has_credentials || options.no_auth, "TURN is not open by accident");
  Require(!(options.no_auth && has_credentials), "no-auth and credentials exclude each other");
  Require(options.min_port <= options.max_port && options.min_port > 0, "ports are in order");
  for (const std::string& warning : outcome->warnings) {
    Require(IsPrintable(warning), "a warning is one line of text");
  }
  return 0;
}
