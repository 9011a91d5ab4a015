#include "server/config/turnserver_conf.h"

#include <string>

#include "server/config/nearest_name.h"
#include "server/config/values.h"

namespace culvert::config {
namespace {

constexpr std::string_view kBlanks = " \t";
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

struct RawLine {
  std::string_view name;
  std::string_view value;  // with quotes and comment, if any
  bool has_value = false;
};

RawLine SplitLine(std::string_view line) {
  RawLine raw;
  const size_t end = line.find_first_of(" \t=");
  raw.name = line.substr(0, end);
  if (raw.name.starts_with("--")) raw.name.remove_prefix(2);
  if (end == std::string_view::npos) return raw;
  std::string_view rest = Trim(line.substr(end));
  if (rest.starts_with('=')) {
    raw.has_value = true;
    rest = Trim(rest.substr(1));
  }
  raw.value = rest;
  raw.has_value = raw.has_value || !rest.empty();
  return raw;
}

// Where a comment begins in an unquoted value: at a '#' that stands first or behind a blank.
size_t FindComment(std::string_view value) {
  for (size_t i = value.find('#'); i != std::string_view::npos; i = value.find('#', i + 1)) {
    if (i == 0 || kBlanks.find(value[i - 1]) != std::string_view::npos) return i;
  }
  return std::string_view::npos;
}

// The closing quote is followed by nothing or by a comment, so that quotes inside need no escape.
size_t FindClosingQuote(std::string_view value) {
  for (size_t i = value.find('"', 1); i != std::string_view::npos; i = value.find('"', i + 1)) {
    const std::string_view rest = value.substr(i + 1);
    const bool comment = !rest.empty() && kBlanks.find(rest.front()) != std::string_view::npos &&
                         Trim(rest).starts_with('#');
    if (rest.empty() || comment) return i;
  }
  return std::string_view::npos;
}

// The value proper, or a clause that says what is wrong with its writing.
Result<std::string, std::string> Unquote(const Option& option, std::string_view value) {
  if (value.starts_with('"')) {
    const size_t end = FindClosingQuote(value);
    if (end == std::string_view::npos) return Failure{std::string("the quote is not closed")};
    return std::string(value.substr(1, end - 1));
  }
  const size_t comment = FindComment(value);
  if (comment != std::string_view::npos && option.secret) {
    return Failure{std::string(
        "is the # part of the value? Then quote the value; else put the comment on its own line")};
  }
  return std::string(Trim(value.substr(0, comment)));
}

std::string NoSuchOption(std::string_view name) {
  std::string message = "no such option";
  std::string_view meant = NearestOptionName(name);
  if (name.size() == 2 && name.front() == '-') {
    if (const Option* option = FindOption(name.back())) meant = option->name;
  }
  if (!meant.empty()) message += "; did you mean " + std::string(meant) + "?";
  return message;
}

Result<Setting, std::string> ReadSetting(const RawLine& raw) {
  const Option* option = FindOption(raw.name);
  if (option == nullptr) return Failure{NoSuchOption(raw.name)};
  if (option->command != Command::kNone) {
    return Failure{std::string("belongs on the command line, not in a file")};
  }
  Setting setting{.option = option, .value = std::nullopt, .where = {}};
  if (!raw.has_value) return setting;
  Result<std::string, std::string> value = Unquote(*option, raw.value);
  if (!value) return Failure{value.error()};
  // "syslog # to the log host" and "syslog=" say no value.
  const bool may_be_left_out = option->argument != Argument::kRequired;
  if (!value->empty() || !may_be_left_out) setting.value = std::move(*value);
  return setting;
}

}  // namespace

Result<std::vector<Setting>, ParseError> ReadTurnserverConf(std::string_view path,
                                                            std::string_view text) {
  std::vector<Setting> settings;
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    const std::string_view line = Trim(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.front() == '#') continue;

    const std::string place = std::string(path) + ":" + std::to_string(number) + ": ";
    if (line.find('\0') != std::string_view::npos) {
      return Failure{ParseError{place + "this is not text"}};
    }
    const RawLine raw = SplitLine(line);
    const std::string where = place + Shown(raw.name);
    Result<Setting, std::string> setting = ReadSetting(raw);
    if (!setting) return Failure{ParseError{where + ": " + setting.error()}};
    setting->where = where;
    settings.push_back(std::move(*setting));
  }
  return settings;
}

}  // namespace culvert::config
