// GET /: a page for people: what runs, since when, how much. Plain HTML, no scripts, nothing loaded
// from elsewhere.
#pragma once

#include <string>

#include "server/admin/facts.h"

namespace culvert::admin {

inline constexpr const char* kStatusContentType = "text/html; charset=utf-8";

// REQUIRES: at least one worker.
std::string StatusPage(observe::AllCounters workers, const Facts& facts);

}  // namespace culvert::admin
