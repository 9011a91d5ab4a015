// Bulk: streams of BulkStream as fast as the server takes them.
#pragma once

#include <string>

#include "server/base/result.h"
#include "tests/bench/bulk_stream.h"
#include "tests/bench/options.h"
#include "tests/bench/window_meter.h"

namespace culvert::bench {

struct BulkDirection {
  uint64_t bytes = 0;  // delivered within the window
  BulkCounts all;      // of the whole run, after the drain
};

struct BulkResult {
  WindowCost cost;
  BulkDirection up;
  BulkDirection down;
  size_t ended_sessions = 0;  // connections that were closed before the end
};

// The failure is a sentence.
Result<BulkResult, std::string> RunBulk(const Options& options);

}  // namespace culvert::bench
