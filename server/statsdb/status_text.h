// Keys, channels and values of the status database, in coturn's layout to the byte (docs/redis.md),
// so that what was built for coturn goes on reading them. No I/O.
#pragma once

#include <string>
#include <string_view>

#include "server/base/time.h"
#include "server/observe/log.h"
#include "server/relay/allocation_observer.h"

namespace culvert::statsdb {

// "turn/realm/<realm>/user/<user>/allocation/<id>", what all keys and channels of an allocation
// begin with; without a realm "turn/user/...". The id has 18 digits. What would make a name end
// early, or a line of redis-cli unreadable, is written as %XX: '/', '%', blanks, quotes,
// backslashes, control characters. coturn has no such users but those with '/' and '%'.
std::string AllocationKey(std::string_view realm, std::string_view user, observe::SessionId id);

// "type=TLS/TCP, local=192.0.2.1:443, remote=198.51.100.7:40000, ssl=TLSv1.3, cipher=...", which
// stays the same for the allocation's life.
std::string PathText(const relay::AllocationFacts& facts);

// "new lifetime=600, " and "refreshed lifetime=600, " before that.
std::string NewText(seconds lifetime, std::string_view path_text);
std::string RefreshedText(seconds lifetime, std::string_view path_text);
inline constexpr std::string_view kDeletedText = "deleted";

// "rcvp=1, rcvb=100, sentp=2, sentb=200".
std::string TrafficText(const relay::SideTraffic& traffic);

// What was counted after `before`, which is no later than `now`.
relay::AllocationTraffic Difference(const relay::AllocationTraffic& now,
                                    const relay::AllocationTraffic& before);

}  // namespace culvert::statsdb
