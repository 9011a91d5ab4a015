// Connect, allocate (with the 401 in between), delete the allocation, close. With --protocol=bare:
// connect, one message and its answer, close.
#pragma once

#include "tests/bench/cycle_load.h"

namespace culvert::bench {

Result<std::unique_ptr<Cycle>, std::string> MakeAllocationCycle(const Options& options);

}  // namespace culvert::bench
