// Whatever text comes as a connection string: it is refused with a text that shows no password, or
// makes settings that hold what they promise.

#include <cstdlib>
#include <string>
#include <string_view>

#include "server/base/bytes.h"
#include "server/redis/connection_string.h"
#include "server/redis/server_name.h"

namespace {

using culvert::redis::ParseConnectionString;
using culvert::redis::ServerName;
using culvert::redis::Settings;

void Require(bool holds) {
  if (!holds) std::abort();
}

void CheckServer(const ServerName& server) {
  if (!server.path.empty()) return Require(server.path.starts_with('/'));
  Require(culvert::redis::IsHost(server.host) && server.port != 0);
  Require(culvert::redis::ParseServerName(server.ToString(), 1) == server);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = culvert::AsText({data, size});
  const auto result = ParseConnectionString(text);
  if (result) {
    const Settings& settings = *result.value();
    Require(!settings.servers.empty() && settings.database >= 0);
    for (const ServerName& server : settings.servers) CheckServer(server);
    Require(settings.connect_timeout.count() > 0 && settings.command_timeout.count() > 0);
    Require((settings.shape == Settings::Shape::kSentinel) == !settings.master_name.empty());
  }
  // The same words behind a password with a blank in it: not one of its letters is shown.
  const auto secret = ParseConnectionString("password=QZ ZQ=ZQ " + std::string(text));
  Require(!secret && secret.error().find("ZQ") == std::string::npos);
  return 0;
}
