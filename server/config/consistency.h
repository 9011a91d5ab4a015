// What single options cannot know: whether they fit together, and whether the whole would be an
// open relay.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/config/options.h"

namespace culvert::config {

// Where each option was set last, by its long name: "turnserver.conf:12: min-port" or "--min-port".
using Places = std::map<std::string_view, std::string>;

// Returns the first contradiction as a message for a person, or nullopt. Without users, secrets and
// no-auth it sets stun_only and adds a warning that says what to set.
std::optional<std::string> MakeConsistent(const Places& places, Options& options,
                                          std::vector<std::string>& warnings);

}  // namespace culvert::config
