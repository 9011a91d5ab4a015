// Invariants of our own. A broken one is a bug in Culvert, never a peer's doing: debug builds abort
// with its identifier, release builds count it (see BrokenInvariants) and go on.
#pragma once

#include <cstdint>

namespace culvert {

// Number of invariants found broken since the start, over all threads; shown as
// culvert_broken_invariants_total. Anything but 0 is worth a bug report.
uint64_t BrokenInvariants();

// Records a broken invariant: prints identifier, file and line once per identifier, aborts when
// NDEBUG is not defined. Thread-safe.
void ReportBrokenInvariant(const char* identifier, const char* file, int line);

}  // namespace culvert

// Evaluates to `condition`, so that release code can turn back: `if (!CULVERT_CHECK("x", ok))
// return;`
#define CULVERT_CHECK(identifier, condition) \
  ((condition) ? true : (::culvert::ReportBrokenInvariant((identifier), __FILE__, __LINE__), false))
