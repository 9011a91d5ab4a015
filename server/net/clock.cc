#include "server/net/clock.h"

#include <chrono>

namespace culvert::net {

Now ReadClocks() {
  return {ReadMonotonic(), std::chrono::floor<seconds>(std::chrono::system_clock::now())};
}

Instant ReadMonotonic() {
  const auto monotonic = std::chrono::steady_clock::now().time_since_epoch();
  return Instant(std::chrono::duration_cast<Duration>(monotonic));
}

}  // namespace culvert::net
