// The only place that reads clocks. The loop does so once per turn and passes the result down.
#pragma once

#include "server/base/time.h"

namespace culvert::net {

Now ReadClocks();
// The monotonic one alone.
Instant ReadMonotonic();

}  // namespace culvert::net
