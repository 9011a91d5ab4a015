// Bytes as hexadecimal digits, as stores and options spell keys.
#pragma once

#include <string>
#include <string_view>

#include "server/base/bytes.h"

namespace culvert::auth {

// Fills `bytes` from two digits each, in either case. False when `text` is anything else, or of
// another length; `bytes` may be half written then.
bool ParseHex(std::string_view text, MutableBytes bytes);

// Lower case.
std::string Hex(ByteView bytes);

}  // namespace culvert::auth
