#include "server/config/option_table.h"

#include "server/config/option_groups.h"

namespace culvert::config {

std::string_view GroupTitle(Group group) {
  switch (group) {
    case Group::kStarting:
      return "Starting";
    case Group::kListening:
      return "Listening";
    case Group::kRelaying:
      return "Relaying";
    case Group::kAuthentication:
      return "Authentication";
    case Group::kDatabases:
      return "Databases";
    case Group::kLimits:
      return "Limits";
    case Group::kTls:
      return "TLS";
    case Group::kStun:
      return "STUN";
    case Group::kProcess:
      return "Logging and process";
    case Group::kAdmin:
      return "Admin";
  }
  return {};
}

std::span<const Option> OptionsOf(Group group) {
  switch (group) {
    case Group::kStarting:
      return StartingOptions();
    case Group::kListening:
      return ListeningOptions();
    case Group::kRelaying:
      return RelayingOptions();
    case Group::kAuthentication:
      return AuthenticationOptions();
    case Group::kDatabases:
      return DatabaseOptions();
    case Group::kLimits:
      return LimitOptions();
    case Group::kTls:
      return TlsOptions();
    case Group::kStun:
      return StunOptions();
    case Group::kProcess:
      return ProcessOptions();
    case Group::kAdmin:
      return AdminOptions();
  }
  return {};
}

namespace {

template <typename Predicate>
const Option* FindFirst(Predicate matches) {
  for (size_t i = 0; i < kGroupCount; ++i) {
    for (const Option& option : OptionsOf(static_cast<Group>(i))) {
      if (matches(option)) return &option;
    }
  }
  return nullptr;
}

}  // namespace

const Option* FindOption(std::string_view name) {
  return FindFirst([name](const Option& option) { return option.name == name; });
}

const Option* FindOption(char letter) {
  if (letter == 0) return nullptr;
  return FindFirst([letter](const Option& option) { return option.letter == letter; });
}

}  // namespace culvert::config
