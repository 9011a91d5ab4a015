// GET /metrics: everything that is counted, in Prometheus' text format 0.0.4. Names, labels and
// meanings: docs/metrics.md, which a test holds against this page.
#pragma once

#include <string>

#include "server/admin/facts.h"

namespace culvert::admin {

inline constexpr const char* kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

// REQUIRES: at least one worker.
std::string MetricsPage(observe::AllCounters workers, const Facts& facts, const Labels& labels);

}  // namespace culvert::admin
