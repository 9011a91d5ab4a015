// The table of options: the one source of parsing, of --help and of docs/options.md. Every name
// that coturn 4.6 to 4.18 takes is in it, and our own. One file per group holds the rows
// (options_listening.cc, ...).
//
// Everything here is constant after start-up; any thread may read it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "server/config/options.h"

namespace culvert::config {

enum class Group : uint8_t {
  kStarting,
  kListening,
  kRelaying,
  kAuthentication,
  kDatabases,
  kLimits,
  kTls,
  kStun,
  kProcess,
  kAdmin,
};
inline constexpr size_t kGroupCount = 10;
std::string_view GroupTitle(Group group);

enum class Argument : uint8_t {
  kFlag,      // may be left out, which means yes; else a word for yes or no
  kRequired,  // a value of its own kind
  kOptional,  // may be left out, which means the default
};

// What the row asks of the parser itself rather than of Options. Such a row belongs on the command
// line only.
enum class Command : uint8_t {
  kNone,
  kConfigFile,
  kNoConfigFile,
  kHelp,
  kVersion,
  kCheckConfig,
  kDumpOptions,
};

// Puts `value` into the options; nullopt when it is fine, else a clause for a person that says what
// is wrong or what is allowed ("expected a port from 0 to 65535"), without the value itself.
using Setter = std::optional<std::string> (*)(Options& options, std::string_view value);

struct Option {
  std::string_view name = {};  // long name, without dashes
  char letter = 0;             // short name, 0: none
  Argument argument = Argument::kFlag;
  std::string_view metavar = {};       // what stands for the value in help; empty for flags
  std::string_view default_text = {};  // as it would be written, or in words
  std::string_view help = {};  // one or two sentences; for a row without effect: why it has none

  // Null: accepted for coturn's sake, without effect and with a warning that repeats `help`.
  Setter set = nullptr;
  // Of a row without effect: the value that asks for what is so anyway, hence needs no warning.
  std::string_view fine_value = {};

  bool secret = false;  // the value is never shown, and a '#' in it is never taken for a comment
  bool repeatable = false;  // each occurrence adds; otherwise the last one counts
  bool hidden = false;      // not in --help
  Command command = Command::kNone;

  bool served() const { return set != nullptr || command != Command::kNone; }
};

// The rows of one group, in the order of help.
std::span<const Option> OptionsOf(Group group);

// Null when there is none. Names are case-sensitive (verbose and Verbose differ).
const Option* FindOption(std::string_view name);
const Option* FindOption(char letter);

}  // namespace culvert::config
