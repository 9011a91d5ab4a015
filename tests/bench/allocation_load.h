// Allocations: clients that connect, allocate (with the 401 in between), delete the allocation and
// close, one after the other, on several threads.
#pragma once

#include <cstdint>
#include <string>

#include "server/base/result.h"
#include "tests/bench/delays.h"
#include "tests/bench/options.h"
#include "tests/bench/window_meter.h"

namespace culvert::bench {

struct AllocationResult {
  WindowCost cost;
  uint64_t completed = 0;  // whole cycles within the window
  uint64_t failed = 0;
  std::string first_failure{};
  Delays delays;  // from connecting until the relayed address is known
};

// The failure is a sentence: not one cycle succeeded.
Result<AllocationResult, std::string> RunAllocations(const Options& options);

}  // namespace culvert::bench
