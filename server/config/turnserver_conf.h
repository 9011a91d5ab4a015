// The syntax of turnserver.conf.
//
//   name            a flag, or an option with a default
//   name=value      blanks around '=' do not count
//   name value
//   name="value"    the quotes are not part of the value; nothing is escaped inside
//   # comment       also after a value, when a blank stands before the '#'
//
// In coturn a '#' behind a value belongs to the value. Here it begins a comment, except in values
// that are secrets: those are refused as ambiguous until they are quoted, for neither half a
// password nor a password with a comment in it should pass in silence.
//
// Lines end with LF or CRLF. Names are the long ones; "--" in front of a name is tolerated.
#pragma once

#include <string_view>
#include <vector>

#include "server/base/result.h"
#include "server/config/setting.h"

namespace culvert::config {

// `path` is for messages only. Values are not yet judged, names are.
Result<std::vector<Setting>, ParseError> ReadTurnserverConf(std::string_view path,
                                                            std::string_view text);

}  // namespace culvert::config
