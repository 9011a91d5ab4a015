// One setting as it was found, before the table's setter has seen its value: what the reader of
// turnserver.conf and the reader of the command line both produce.
#pragma once

#include <optional>
#include <string>

#include "server/config/option_table.h"

namespace culvert::config {

// `message` is ready for a person and names the place.
struct ParseError {
  std::string message;
};

struct Setting {
  const Option* option = nullptr;    // a row of the table, never null
  std::optional<std::string> value;  // nullopt: none was written
  std::string where;  // "turnserver.conf:12: min-port" or "--min-port" or "-p (listening-port)"
};

}  // namespace culvert::config
