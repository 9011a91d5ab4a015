// The only place that reads clocks. The loop does so once per turn and passes the result down.
#pragma once

#include "server/base/time.h"

namespace culvert::net {

Now ReadClocks();

}  // namespace culvert::net
