// The command line of culvert-admin: what it takes, its --help, and who does it.
#pragma once

#include "auth/admin/console.h"

namespace culvert::auth::admin {

// Reads the command line, does what it asks for, and tells trouble on `console.err`. The exit code.
// Options of turnadmin in front are taken as turnadmin does (turnadmin.h).
int RunCommandLine(int argc, const char* const* argv, Console& console);

}  // namespace culvert::auth::admin
