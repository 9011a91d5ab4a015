// Where a command reads and writes, so that it can be run by a test as by a person.
#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

#include "auth/admin/trouble.h"
#include "server/base/secret_text.h"
#include "server/base/time.h"

namespace culvert::auth::admin {

struct Console {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  // Asks a person, without showing what is typed.
  std::function<Result<SecretText, Trouble>(const std::string& question)> ask_hidden;
  std::function<std::optional<std::string>(const char* name)> environment;
  WallTime now;
};

}  // namespace culvert::auth::admin
