// Values as operators write them: words for yes and no, numbers, small secret files. What all
// setters share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/result.h"

namespace culvert::config {

// 1/on/yes/true/t/y and 0/off/no/false/f/n in any case; nullopt for everything else.
std::optional<bool> ParseBool(std::string_view text);

// Decimal digits only: no sign, no blank, no suffix. nullopt when it is none or out of range.
std::optional<uint64_t> ParseNumber(std::string_view text, uint64_t min, uint64_t max);

// True for one or more bytes without control characters.
bool IsPlainText(std::string_view text);

// Blanks, tabs and carriage returns cut off at both ends.
std::string_view Trim(std::string_view text);

// `text` for a message: control characters become '?', and no more than 256 bytes are shown, for a
// file that is no configuration at all has long "names".
std::string Shown(std::string_view text);

// The lines of a small file that holds secrets, trimmed; empty ones and those that begin with '#'
// are left out. The error is a clause such as "cannot be read: No such file or directory". Only
// regular files up to 1 MiB are read, so that a start never hangs on a pipe.
Result<std::vector<std::string>, std::string> ReadSecretLines(std::string_view path);

}  // namespace culvert::config
