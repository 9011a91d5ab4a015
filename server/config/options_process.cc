// The log, and the process around the server.

#include <syslog.h>

#include <algorithm>
#include <array>

#include "server/config/option_groups.h"
#include "server/config/option_row.h"
#include "server/config/setters.h"

namespace culvert::config {
namespace {

struct Facility {
  std::string_view name;
  int number;
};
constexpr std::array kFacilities = {
    Facility{"LOG_DAEMON", LOG_DAEMON}, Facility{"LOG_USER", LOG_USER},
    Facility{"LOG_AUTH", LOG_AUTH},     Facility{"LOG_SYSLOG", LOG_SYSLOG},
    Facility{"LOG_LOCAL0", LOG_LOCAL0}, Facility{"LOG_LOCAL1", LOG_LOCAL1},
    Facility{"LOG_LOCAL2", LOG_LOCAL2}, Facility{"LOG_LOCAL3", LOG_LOCAL3},
    Facility{"LOG_LOCAL4", LOG_LOCAL4}, Facility{"LOG_LOCAL5", LOG_LOCAL5},
    Facility{"LOG_LOCAL6", LOG_LOCAL6}, Facility{"LOG_LOCAL7", LOG_LOCAL7},
};

std::optional<std::string> SetSyslogFacility(Options& options, std::string_view value) {
  const auto facility = std::find_if(kFacilities.begin(), kFacilities.end(),
                                     [value](const Facility& f) { return f.name == value; });
  if (facility == kFacilities.end()) {
    return std::string(
        "expected LOG_DAEMON, LOG_USER, LOG_AUTH, LOG_SYSLOG or LOG_LOCAL0 to LOG_LOCAL7");
  }
  options.syslog_facility = facility->number;
  return std::nullopt;
}

std::optional<std::string> SetLogFile(Options& options, std::string_view value) {
  if (!IsPlainText(value)) return std::string(kExpectedText);
  if (value == "syslog") {
    options.syslog = true;
    return std::nullopt;
  }
  options.log_file = std::string(value == "-" ? "stdout" : value);
  return std::nullopt;
}

std::optional<std::string> SetLogFormat(Options& options, std::string_view value) {
  if (value != "text" && value != "json") return std::string("expected text or json");
  options.log_format = value == "json" ? LogFormat::kJson : LogFormat::kText;
  return std::nullopt;
}

// verbose and Verbose share one scale; switching one off does not silence the other.
template <int kLevel>
std::optional<std::string> SetVerbosity(Options& options, std::string_view value) {
  const std::optional<bool> flag = ParseBool(value);
  if (!flag) return std::string(kExpectedBool);
  if (*flag) {
    options.verbosity = std::max(options.verbosity, kLevel);
  } else if (options.verbosity == kLevel) {
    options.verbosity = 0;
  }
  return std::nullopt;
}

constexpr std::array kOptions = {
    Value("log-file", 'l', "FILE", "stdout", SetLogFile,
          "Where the log goes: a file (opened again on SIGHUP), stdout or -, or syslog."),
    Value("log-format", kNoLetter, "text|json", "text", SetLogFormat,
          "Lines for people, or one JSON object a line."),
    Flag("syslog", kNoLetter, "no", SetFlag<&Options::syslog>, "Log to syslog in place of a file."),
    Value("syslog-facility", kNoLetter, "NAME", "LOG_DAEMON", SetSyslogFacility,
          "Facility of syslog messages, such as LOG_LOCAL1."),
    Flag("verbose", 'v', "no", SetVerbosity<1>, "Log more: sessions and their ends."),
    Flag("Verbose", 'V', "no", SetVerbosity<2>, "Log much more: requests. Not for production."),
    Value("pidfile", kNoLetter, "FILE", "none", SetText<&Options::pidfile>,
          "Write the process id to this file."),
    Value("proc-user", kNoLetter, "NAME", "unchanged", SetText<&Options::proc_user>,
          "Become this user when the ports are open."),
    Value("proc-group", kNoLetter, "NAME", "unchanged", SetText<&Options::proc_group>,
          "Become this group when the ports are open."),
    Flag("daemon", 'o', "no", SetFlag<&Options::daemon>,
         "Detach from the terminal and run in the background."),

    Value(
        "drain-timeout", kNoLetter, "SECONDS", "0",
        SetNumber<&Options::drain_timeout, 0, kMaxSeconds>,
        "How long a draining relay (SIGUSR1, POST /drain) waits for its allocations to end; 0: for "
        "as long as it takes."),
    Value("drain-min-allocations", kNoLetter, "NUMBER", "0",
          SetNumber<&Options::drain_min_allocations, 0, kMax32>,
          "A draining relay ends when no more allocations than these are left."),

    NoEffectFlag("no-stdout-log", "yes", "the log goes to one place, which log-file names"),
    NoEffectFlag("simple-log", "yes", "the log file has exactly the name that log-file gives it"),
    NoEffectValue("log-min-level", "LEVEL", "", "verbose and Verbose say how much is logged"),
    NoEffectFlag("new-log-timestamp", "yes", "time stamps are always full dates (ISO 8601)"),
    NoEffectValue("new-log-timestamp-format", "FORMAT", "",
                  "time stamps are always full dates (ISO 8601)"),
    NoEffectFlag("log-binding", "no", "Binding requests are counted, not logged"),
    NoEffectValue("ne", "NUMBER", "", "obsolete: there is one way of handling the network"),
};

}  // namespace

std::span<const Option> ProcessOptions() {
  return kOptions;
}

}  // namespace culvert::config
