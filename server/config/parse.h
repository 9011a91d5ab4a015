// From argv and turnserver.conf to Options. Used by main at the start and again for a reload; the
// same input gives the same result as long as the files it names stay the same.
//
// Files named by -c are read first, in their order, then the command line goes over them: the last
// value counts, options that may be repeated add up. No file is looked for without -c.
//
// Anything wrong is an error, and nothing but Options is touched: no socket, no certificate.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/result.h"
#include "server/config/options.h"
#include "server/config/setting.h"

namespace culvert::config {

struct ParseOutcome {
  Options options;
  std::vector<std::string> warnings;  // ready for a person, in the order of the settings
  // What --help, --version or --dump-options-md ask for: main prints it and exits with 0.
  std::optional<std::string> print;
};

Result<ParseOutcome, ParseError> ParseCommandLine(int argc, const char* const* argv);

// As if `text` were the only file and the command line empty. `path` is for messages.
Result<ParseOutcome, ParseError> ParseText(std::string_view path, std::string_view text);

}  // namespace culvert::config
