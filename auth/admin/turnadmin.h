// The options of coturn's turnadmin, for scripts that call it: what they mean for Redis is done,
// and printed as turnadmin prints it (without its log lines). What is for other databases, or for
// administrators of coturn's web page, is refused with what to do in its place.
#pragma once

#include "auth/admin/console.h"

namespace culvert::auth::admin {

// The program is called turnadmin, or the first argument is an option of turnadmin's.
bool IsForTurnadmin(int argc, const char* const* argv);

Done RunAsTurnadmin(int argc, const char* const* argv, Console& console);

}  // namespace culvert::auth::admin
