// Results as JSON. Keys and their meaning: README.md.
#pragma once

#include <string>

#include "tests/bench/bulk_load.h"
#include "tests/bench/cycle_load.h"
#include "tests/bench/idle_load.h"
#include "tests/bench/media_load.h"
#include "tests/bench/options.h"

namespace culvert::bench {

// A run's outcome: what is printed, and whether every byte that arrived was right.
struct Report {
  std::string json;
  bool clean;
};

Report ReportOn(const Options& options, const MediaResult& result);
Report ReportOn(const Options& options, const BulkResult& result);
Report ReportOn(const Options& options, const CycleResult& result);
Report ReportOn(const Options& options, const IdleResult& result);

}  // namespace culvert::bench
