// The version that --version, SOFTWARE and the build-info metric tell.
#pragma once

#include <string_view>

namespace culvert::config {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace culvert::config
