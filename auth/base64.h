// Base64 with padding (RFC 4648 section 4), as passwords and keys are written in it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/bytes.h"

namespace culvert::auth {

std::string ToBase64(ByteView bytes);

// nullopt for anything that ToBase64 would not have written, but that bits behind the last byte
// need not be zero.
std::optional<std::vector<uint8_t>> ParseBase64(std::string_view text);

}  // namespace culvert::auth
