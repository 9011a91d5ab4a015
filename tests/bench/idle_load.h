// Idle: allocations that only exist, and the memory that the server holds for each.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "server/base/result.h"
#include "tests/bench/options.h"
#include "tests/bench/window_meter.h"

namespace culvert::bench {

struct IdleResult {
  WindowCost cost;           // of the time during which they were held
  size_t held = 0;           // options.sessions
  size_t ended = 0;          // connections that the server closed meanwhile
  uint64_t resident_before;  // bytes, of the server: with no allocation
  uint64_t resident_after;   // with all of them, at the end of the window
};

// Opens options.sessions paths with a bound channel each, one after the other, and holds them for
// options.seconds. The failure is a sentence.
Result<IdleResult, std::string> RunIdle(const Options& options);

// "Pss:" of a /proc/<pid>/smaps_rollup in bytes; nullopt when there is none in `text`.
std::optional<uint64_t> ParseResidentBytes(const std::string& text);

}  // namespace culvert::bench
