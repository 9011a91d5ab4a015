// Users in a file, as the relay's user-file reads it: NAME:PASSWORD or NAME:0xKEY a line. All lines
// that are not of the user in question stay as they are, comments and order, too.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/admin/workplace.h"

namespace culvert::auth::admin {

Done AddFileUser(Workplace& place);
Done ShowFileUser(Workplace& place);
Done ListFileUsers(Workplace& place);
Done DeleteFileUser(Workplace& place);

// The text of a file, changed. Pure.
// The user of a line; nothing for comments and what is no entry.
std::optional<std::string_view> UserOfLine(std::string_view line);
// Every line of `user` but the last is dropped, the last is replaced by `entry`, or dropped with
// the others where there is none; an entry without a line of its user goes to the end.
std::string WithEntry(std::string_view text, std::string_view user,
                      const std::optional<std::string>& entry);

}  // namespace culvert::auth::admin
