// How rows of the option table are written: one call per option, arguments in the order in which a
// reader asks for them.
#pragma once

#include <string_view>

#include "server/config/option_table.h"

namespace culvert::config {

inline constexpr char kNoLetter = 0;

constexpr Option Flag(std::string_view name, char letter, std::string_view default_text, Setter set,
                      std::string_view help) {
  return {.name = name, .letter = letter, .default_text = default_text, .help = help, .set = set};
}

constexpr Option Value(std::string_view name, char letter, std::string_view metavar,
                       std::string_view default_text, Setter set, std::string_view help) {
  return {.name = name,
          .letter = letter,
          .argument = Argument::kRequired,
          .metavar = metavar,
          .default_text = default_text,
          .help = help,
          .set = set};
}

// Without a value it means `default_text`.
constexpr Option OptionalValue(std::string_view name, std::string_view metavar,
                               std::string_view default_text, Setter set, std::string_view help) {
  Option option = Value(name, kNoLetter, metavar, default_text, set, help);
  option.argument = Argument::kOptional;
  return option;
}

constexpr Option Repeatable(Option option) {
  option.repeatable = true;
  return option;
}

constexpr Option Secret(Option option) {
  option.secret = true;
  return option;
}

// Accepted, without effect. `fine_value` asks for what is so anyway (empty: there is no such
// value).
constexpr Option NoEffectFlag(std::string_view name, std::string_view fine_value,
                              std::string_view why, char letter = kNoLetter) {
  return {.name = name, .letter = letter, .help = why, .fine_value = fine_value};
}

constexpr Option NoEffectValue(std::string_view name, std::string_view metavar,
                               std::string_view fine_value, std::string_view why,
                               char letter = kNoLetter) {
  return {.name = name,
          .letter = letter,
          .argument = Argument::kRequired,
          .metavar = metavar,
          .help = why,
          .fine_value = fine_value};
}

}  // namespace culvert::config
