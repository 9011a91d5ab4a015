// The option that somebody probably meant.
#pragma once

#include <cstddef>
#include <string_view>

namespace culvert::config {

// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`, where no part
// is edited twice (optimal string alignment).
size_t EditDistance(std::string_view a, std::string_view b);

// The option name closest to `name`; empty when none is close enough to be worth a word.
std::string_view NearestOptionName(std::string_view name);

}  // namespace culvert::config
