#include "server/base/check.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>

namespace culvert {
namespace {
std::atomic<uint64_t> broken_invariants{0};
// Beyond this many, lines on standard error tell nothing new.
constexpr uint64_t kMostReports = 100;
}  // namespace

uint64_t BrokenInvariants() {
  return broken_invariants.load(std::memory_order_relaxed);
}

void ReportBrokenInvariant(const char* identifier, const char* file, int line) {
  if (broken_invariants.fetch_add(1, std::memory_order_relaxed) < kMostReports) {
    std::fprintf(stderr, "broken invariant %s at %s:%d\n", identifier, file, line);
  }
#ifndef NDEBUG
  std::abort();
#endif
}

}  // namespace culvert
