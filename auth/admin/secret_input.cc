#include "auth/admin/secret_input.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <istream>
#include <utility>

namespace culvert::auth::admin {
namespace {

constexpr std::string_view kStandardInput = "-";

std::string CannotRead(const std::string& path) {
  return "cannot read " + path + ": " + std::strerror(errno);
}

Result<SecretText, Trouble> FirstLine(std::istream& in, const std::string& from) {
  std::string line;
  std::getline(in, line);
  if (line.ends_with('\r')) line.pop_back();
  if (line.empty()) return CouldNot("the first line of " + from + " is empty");
  return SecretText(std::move(line));
}

Result<SecretText, Trouble> FromFile(Console& console, const std::string& path) {
  if (path == kStandardInput) return FirstLine(console.in, "standard input");
  std::ifstream file(path, std::ios::binary);
  if (!file) return CouldNot(CannotRead(path));
  return FirstLine(file, path);
}

Result<SecretText, Trouble> FromPerson(Console& console, const std::string& what, bool twice) {
  auto first = console.ask_hidden(what);
  if (!first) return first;
  if (first->empty()) return CouldNot("nothing was typed");
  if (!twice) return first;
  const auto second = console.ask_hidden("the same again");
  if (!second) return Failure{second.error()};
  if (first->view() != second->view()) return CouldNot("the two are not the same; nothing is done");
  return first;
}

Done TakeFields(std::istream& in, const std::string& from,
                std::map<std::string, std::string>* fields) {
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty() || line.front() == '#') continue;
    const size_t equals = line.find('=');
    if (equals == std::string::npos || equals == 0) {
      return CouldNot(from + ":" + std::to_string(number) + ": expected NAME=VALUE");
    }
    (*fields)[line.substr(0, equals)] = line.substr(equals + 1);
  }
  return Ok();
}

}  // namespace

Result<SecretText, Trouble> ReadSecret(Console& console, const SecretSource& source,
                                       const std::string& what, bool twice) {
  if (source.value && source.file) {
    return UsedWrongly(what + ": either itself or its file, not both");
  }
  if (source.file) return FromFile(console, *source.file);
  if (!source.value) return FromPerson(console, what, twice);
  if (source.value->empty()) return UsedWrongly(what + ": is empty");
  return SecretText(std::string_view(*source.value));
}

Result<std::map<std::string, std::string>, Trouble> ReadFields(Console& console,
                                                               const std::string& path) {
  std::map<std::string, std::string> fields;
  if (path == kStandardInput) {
    if (const auto done = TakeFields(console.in, "standard input", &fields); !done) {
      return Failure{done.error()};
    }
    return fields;
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) return CouldNot(CannotRead(path));
  if (const auto done = TakeFields(file, path, &fields); !done) return Failure{done.error()};
  return fields;
}

}  // namespace culvert::auth::admin
