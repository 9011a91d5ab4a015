// Cycles: something that clients do again and again, one after the other, on several threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "server/base/result.h"
#include "tests/bench/delays.h"
#include "tests/bench/options.h"
#include "tests/bench/window_meter.h"
#include "tests/support/client_result.h"

namespace culvert::bench {

struct CycleDone {
  std::chrono::nanoseconds delay;  // from the cycle's start until what it is about stood
  bool resumed;                    // its TLS session was
};

// One client. Owned and used by one thread.
class Cycle {
 public:
  virtual ~Cycle() = default;
  virtual testing::ClientResult<CycleDone> Run() = 0;
};
// The failure is a sentence.
using MakeCycle = std::function<Result<std::unique_ptr<Cycle>, std::string>()>;

struct CycleResult {
  WindowCost cost;
  uint64_t completed = 0;  // whole cycles within the window
  uint64_t resumed = 0;    // of these
  uint64_t failed = 0;     // in the whole run
  std::string first_failure{};
  Delays delays;
};

// options.parallel clients at the same time. The failure is a sentence: a client could not be made,
// or not one cycle succeeded.
Result<CycleResult, std::string> RunCycles(const Options& options, const MakeCycle& make);

}  // namespace culvert::bench
