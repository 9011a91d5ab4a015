// Reads names of servers: as operators write them, and as a cluster does in MOVED and ASK.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "server/redis/settings.h"

namespace culvert::redis {

// "redis.test", "redis.test:6380", "192.0.2.1:6380", "[2001:db8::1]:6380", "2001:db8::1".
std::optional<ServerName> ParseServerName(std::string_view text, uint16_t default_port);

// 1 to 65535, digits only.
std::optional<uint16_t> ParsePort(std::string_view text);

// A name or an address, without brackets and port.
bool IsHost(std::string_view text);

}  // namespace culvert::redis
