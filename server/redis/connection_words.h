// The words of a connection string: their names, what they take, and what they set. Used by
// connection_string.cc alone.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/redis/settings.h"

namespace culvert::redis {

// Settings in the making. The ways to name a server are kept apart, for they exclude each other.
struct Draft {
  std::optional<std::string> host;
  std::optional<uint16_t> port;
  std::string path;
  std::vector<ServerName> sentinels;
  std::vector<ServerName> cluster;
  Settings settings;
};

// False when `value` is not what the word allows.
using Setter = bool (*)(Draft& draft, std::string_view value);

struct Word {
  std::vector<std::string_view> names;  // coturn's, and its other names for the same
  std::string_view allowed;             // completes "... takes "
  Setter set;
  bool secret = false;
};

// Null for a name that no word has.
const Word* FindWord(std::string_view name);
// The first name of each word, with commas.
std::string AllNames();

// Setters that URLs need, too.
bool SetPath(Draft& draft, std::string_view value);
bool SetDatabase(Draft& draft, std::string_view value);

}  // namespace culvert::redis
