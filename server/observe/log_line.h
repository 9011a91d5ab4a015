// How a log line spells its message and fields, without time and level. Values may come from
// strangers (usernames, reasons): whatever bytes they hold, they stay one value on one line.
#pragma once

#include <string>
#include <string_view>

#include "server/observe/log.h"

namespace culvert::observe {

// message name=value name="value with spaces". Inside quotes " and \ have a backslash before them;
// everything but printable ASCII is \n, \r, \t or \xNN, in names and messages too.
std::string TextLine(std::string_view message, Fields fields);

// "message":"...","name":"value","name":7: the inside of a JSON object. Bytes that are not UTF-8
// become U+FFFD.
std::string JsonLine(std::string_view message, Fields fields);

}  // namespace culvert::observe
