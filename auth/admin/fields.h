// The fields of a record that is to be written, from options, a file of keys, and a password.
#pragma once

#include <map>
#include <string>

#include "auth/admin/workplace.h"

namespace culvert::auth::admin {

using Fields = std::map<std::string, std::string>;

// Complete, and as the relay reads them. A password is asked for where no key is given.
Result<Fields, Trouble> FieldsToWrite(Workplace& place, const RecordName& record);

// Those that the request names, to be put over what is there; an empty one is to be removed. A
// password only where one is given, or is to be asked for.
Result<Fields, Trouble> FieldsToChange(Workplace& place, const RecordName& record);

// A hash as Redis answers it, and back.
redis::Reply AsHash(const Fields& fields);
Fields FromHash(const redis::Reply& hash);

// "1800000000", or from now on: "+90s", "+15m", "+12h", "+30d". nullopt for anything else.
std::optional<WallTime> ParseDate(std::string_view text, WallTime now);

}  // namespace culvert::auth::admin
