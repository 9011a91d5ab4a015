#include "server/config/command_line.h"

#include <string>
#include <string_view>

#include "server/config/nearest_name.h"
#include "server/config/values.h"

namespace culvert::config {
namespace {

std::vector<const Option*> OptionsBeginningWith(std::string_view prefix) {
  std::vector<const Option*> found;
  for (size_t group = 0; group < kGroupCount; ++group) {
    for (const Option& option : OptionsOf(static_cast<Group>(group))) {
      if (option.name.starts_with(prefix)) found.push_back(&option);
    }
  }
  return found;
}

Result<const Option*, ParseError> FindLong(std::string_view name) {
  const std::string shown = "--" + Shown(name);
  if (const Option* exact = FindOption(name)) return exact;
  const std::vector<const Option*> candidates = OptionsBeginningWith(name);
  if (candidates.size() == 1) return candidates.front();
  if (candidates.empty()) {
    const std::string_view nearest = NearestOptionName(name);
    std::string message = shown + ": no such option";
    if (!nearest.empty()) message += "; did you mean --" + std::string(nearest) + "?";
    return Failure{ParseError{std::move(message)}};
  }
  std::string message = shown + ": which one is meant?";
  constexpr size_t kShownNames = 5;
  for (size_t i = 0; i < candidates.size() && i < kShownNames; ++i) {
    message += " --" + std::string(candidates[i]->name);
  }
  if (candidates.size() > kShownNames) message += " ...";
  return Failure{ParseError{std::move(message)}};
}

class CommandLineReader {
 public:
  CommandLineReader(int argc, const char* const* argv) : words_(argv + (argc > 0), argv + argc) {}

  Result<std::vector<Setting>, ParseError> Read() {
    while (next_ < words_.size() && !stopped_) {
      const std::string_view word = words_[next_++];
      if (word.size() > 2 && word.starts_with("--")) {
        ReadLong(word.substr(2));
      } else if (word.size() > 1 && word.front() == '-' && word != "--") {
        ReadShort(word.substr(1));
      } else {
        Fail("'" + Shown(word) + "' is not expected: options begin with - or --");
      }
      if (!error_.empty()) return Failure{ParseError{std::move(error_)}};
    }
    return std::move(settings_);
  }

 private:
  void Fail(std::string message) { error_ = std::move(message); }

  void Add(const Option& option, std::optional<std::string_view> value, std::string where) {
    Setting setting{.option = &option, .value = std::nullopt, .where = std::move(where)};
    // "--flag=" is "--flag".
    const bool may_be_left_out = option.argument != Argument::kRequired;
    if (value && !(value->empty() && may_be_left_out)) setting.value = std::string(*value);
    stopped_ = option.command == Command::kHelp || option.command == Command::kVersion;
    settings_.push_back(std::move(setting));
  }

  // `body` is "name" or "name=value".
  void ReadLong(std::string_view body) {
    const size_t equals = body.find('=');
    const Result<const Option*, ParseError> option = FindLong(body.substr(0, equals));
    if (!option) return Fail(option.error().message);
    const Option& row = **option;
    std::string where = "--" + std::string(row.name);
    if (equals != std::string_view::npos) {
      const bool takes_one = row.command == Command::kNone || row.argument == Argument::kRequired;
      if (!takes_one) return Fail(where + ": takes no value");
      return Add(row, body.substr(equals + 1), where);
    }
    if (row.argument != Argument::kRequired) {
      // As no word stands alone here, one that follows can only be the value.
      const bool value_follows =
          next_ < words_.size() && !words_[next_].starts_with('-') && row.command == Command::kNone;
      if (!value_follows) return Add(row, std::nullopt, where);
      return Add(row, words_[next_++], where);
    }
    if (next_ == words_.size() || words_[next_].starts_with("--")) {
      return Fail(where + ": needs a value: " + where + "=" + std::string(row.metavar));
    }
    Add(row, words_[next_++], std::move(where));
  }

  // `letters` are flags, or flags and at the end an option with its value.
  void ReadShort(std::string_view letters) {
    while (!letters.empty() && !stopped_) {
      const std::string dashed = {'-', letters.front()};
      const Option* option = FindOption(letters.front());
      letters.remove_prefix(1);
      if (option == nullptr) return Fail(Shown(dashed) + ": no such option");
      const std::string where = dashed + " (" + std::string(option->name) + ")";
      if (letters.starts_with('=')) {
        return Fail(where + ": no = after a short option: write --" + std::string(option->name) +
                    "=" +
                    std::string(option->argument == Argument::kFlag ? "yes" : option->metavar));
      }
      if (option->argument != Argument::kRequired) {
        Add(*option, std::nullopt, where);
        continue;
      }
      if (!letters.empty()) return Add(*option, letters, where);
      if (next_ == words_.size() || words_[next_].starts_with("--")) {
        return Fail(where + ": needs a value: " + dashed + " " + std::string(option->metavar));
      }
      return Add(*option, words_[next_++], where);
    }
  }

  const std::vector<std::string_view> words_;
  size_t next_ = 0;
  bool stopped_ = false;
  std::string error_;
  std::vector<Setting> settings_;
};

}  // namespace

Result<std::vector<Setting>, ParseError> ReadCommandLine(int argc, const char* const* argv) {
  return CommandLineReader(argc, argv).Read();
}

}  // namespace culvert::config
