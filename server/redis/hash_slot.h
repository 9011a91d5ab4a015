// Which of a cluster's 16384 slots a key belongs to (Redis cluster specification, "Key distribution
// model" and "Hash tags").
#pragma once

#include <cstdint>
#include <string_view>

namespace culvert::redis {

inline constexpr uint16_t kSlots = 16384;

// Of the text between the first { and the next }, where there is any; else of the whole key.
uint16_t HashSlot(std::string_view key);

}  // namespace culvert::redis
