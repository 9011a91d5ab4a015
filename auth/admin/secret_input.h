// How passwords, secrets and keys come in without standing on a command line, where everybody on
// the machine can read them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "auth/admin/console.h"
#include "auth/admin/trouble.h"
#include "server/base/secret_text.h"

namespace culvert::auth::admin {

// From the command line at last, if somebody wants it so. Without either a person is asked.
struct SecretSource {
  std::optional<std::string> value;
  std::optional<std::string> file;  // "-": standard input. Its first line.
};

// `what` as in "password of alice". `twice`: a person types it twice, for nobody sees it. Never
// empty.
Result<SecretText, Trouble> ReadSecret(Console& console, const SecretSource& source,
                                       const std::string& what, bool twice);

// A file with NAME=VALUE lines ("-": standard input), empty ones and those that begin with '#' left
// out.
Result<std::map<std::string, std::string>, Trouble> ReadFields(Console& console,
                                                               const std::string& path);

}  // namespace culvert::auth::admin
