// The syntax of the command line: that of getopt_long, but nothing is passed over in silence.
//
//   --name=value, --name value    long options; an unambiguous beginning of a name will do
//   --flag, --flag=no             flags; "--flag no" works, too, as nothing else can follow
//   -p 3478, -p3478, -vf          short options; flags may be joined
#pragma once

#include <vector>

#include "server/base/result.h"
#include "server/config/setting.h"

namespace culvert::config {

// argv[0] is the program. Values are not yet judged, names are. Reading stops behind --help and
// --version: nobody who asks for help is told first what else is wrong.
Result<std::vector<Setting>, ParseError> ReadCommandLine(int argc, const char* const* argv);

}  // namespace culvert::config
