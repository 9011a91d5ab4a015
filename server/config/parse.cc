#include "server/config/parse.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

#include "server/config/command_line.h"
#include "server/config/consistency.h"
#include "server/config/help.h"
#include "server/config/turnserver_conf.h"
#include "server/config/values.h"
#include "server/config/version.h"

namespace culvert::config {
namespace {

using Settings = std::vector<Setting>;

// True when a row without effect is asked for what is so anyway.
bool IsFine(const Option& option, std::string_view value) {
  if (option.fine_value.empty()) return false;
  if (option.argument != Argument::kFlag) return value == option.fine_value;
  return ParseBool(value) == ParseBool(option.fine_value);
}

std::string_view ValueWhenLeftOut(const Option& option) {
  switch (option.argument) {
    case Argument::kFlag:
      return "yes";
    case Argument::kOptional:
      return option.default_text;
    case Argument::kRequired:
      break;
  }
  return {};
}

std::string WrongValue(const Setting& setting, std::string_view value, std::string_view why) {
  std::string message = setting.where + ": ";
  if (!setting.option->secret) message += "'" + Shown(value) + "': ";
  return message.append(why);
}

// Applies settings to one outcome and remembers where each option was set last.
class Applier {
 public:
  // The message of what is wrong, or nullopt.
  std::optional<std::string> Apply(const Setting& setting) {
    const Option& option = *setting.option;
    const std::string_view value = setting.value ? *setting.value : ValueWhenLeftOut(option);
    if (option.set != nullptr) {
      if (value.empty()) return setting.where + ": needs a value";
      if (auto why = option.set(outcome_.options, value)) return WrongValue(setting, value, *why);
    } else if (auto wrong = ApplyWithoutEffect(setting, value)) {
      return wrong;
    }
    places_[option.name] = setting.where;
    return std::nullopt;
  }

  std::optional<std::string> ApplyAll(const Settings& settings) {
    for (const Setting& setting : settings) {
      if (setting.option->command != Command::kNone) continue;
      if (auto wrong = Apply(setting)) return wrong;
    }
    return std::nullopt;
  }

  Result<ParseOutcome, ParseError> Finish() {
    if (auto wrong = MakeConsistent(places_, outcome_.options, outcome_.warnings)) {
      return Failure{ParseError{std::move(*wrong)}};
    }
    return std::move(outcome_);
  }

 private:
  std::optional<std::string> ApplyWithoutEffect(const Setting& setting, std::string_view value) {
    const Option& option = *setting.option;
    if (option.argument == Argument::kFlag && !ParseBool(value)) {
      return WrongValue(setting, value, "expected yes or no (also 1/0, on/off, true/false)");
    }
    if (!IsFine(option, value) && !places_.contains(option.name)) {
      outcome_.warnings.push_back(setting.where + ": no effect: " + std::string(option.help));
    }
    return std::nullopt;
  }

  ParseOutcome outcome_;
  Places places_;
};

Result<std::string, ParseError> ReadWholeFile(const std::string& path) {
  const auto cannot_be_read = [&path] {
    return Failure{ParseError{path + ": cannot be read: " + std::strerror(errno)}};
  };
  // Not a stream: a directory opens well and fails when read, which a stream does not report.
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "rbe"), &std::fclose);
  if (file == nullptr) return cannot_be_read();
  std::string text;
  char chunk[4096];
  for (size_t n; (n = std::fread(chunk, 1, sizeof chunk, file.get())) > 0;) text.append(chunk, n);
  if (std::ferror(file.get()) != 0) return cannot_be_read();
  return text;
}

Result<Settings, ParseError> ReadFile(const std::string& path) {
  const Result<std::string, ParseError> text = ReadWholeFile(path);
  if (!text) return Failure{text.error()};
  return ReadTurnserverConf(path, text.value());
}

// What the command line asks of the parser itself.
struct Orders {
  std::vector<std::string> files;
  bool no_file = false;
  bool check_config = false;
  std::optional<std::string> print;
};

Orders CollectOrders(const Settings& settings) {
  Orders orders;
  for (const Setting& setting : settings) {
    switch (setting.option->command) {
      case Command::kNone:
        break;
      case Command::kConfigFile:
        orders.files.push_back(setting.value.value_or(""));
        break;
      case Command::kNoConfigFile:
        orders.no_file = true;
        break;
      case Command::kCheckConfig:
        orders.check_config = true;
        break;
      case Command::kHelp:
        orders.print = HelpText();
        break;
      case Command::kVersion:
        orders.print = "culvert " + std::string(kVersion) + "\n";
        break;
      case Command::kDumpOptions:
        orders.print = OptionsMarkdown();
        break;
    }
  }
  return orders;
}

}  // namespace

Result<ParseOutcome, ParseError> ParseCommandLine(int argc, const char* const* argv) {
  const Result<Settings, ParseError> line = ReadCommandLine(argc, argv);
  if (!line) return Failure{line.error()};
  Orders orders = CollectOrders(line.value());
  if (orders.print) {
    ParseOutcome outcome;
    outcome.print = std::move(orders.print);
    return outcome;
  }
  if (orders.no_file && !orders.files.empty()) {
    return Failure{ParseError{"-n (no-config): contradicts -c " + orders.files.front()}};
  }

  Applier applier;
  for (const std::string& path : orders.files) {
    const Result<Settings, ParseError> file = ReadFile(path);
    if (!file) return Failure{file.error()};
    if (auto wrong = applier.ApplyAll(file.value())) return Failure{ParseError{*wrong}};
  }
  if (auto wrong = applier.ApplyAll(line.value())) return Failure{ParseError{*wrong}};
  Result<ParseOutcome, ParseError> outcome = applier.Finish();
  if (outcome) outcome->options.check_config = orders.check_config;
  return outcome;
}

Result<ParseOutcome, ParseError> ParseText(std::string_view path, std::string_view text) {
  const Result<Settings, ParseError> settings = ReadTurnserverConf(path, text);
  if (!settings) return Failure{settings.error()};
  Applier applier;
  if (auto wrong = applier.ApplyAll(settings.value())) return Failure{ParseError{*wrong}};
  return applier.Finish();
}

}  // namespace culvert::config
