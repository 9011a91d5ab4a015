#include "server/net/thread_priority.h"

#include <sys/resource.h>

#include <algorithm>

namespace culvert::net {
namespace {

// Ten steps are a tenth of the weight: with less, threads that want all CPUs would leave nothing,
// with more, they would have to wait.
constexpr int kNicer = 10;
constexpr int kNicest = 19;

}  // namespace

void YieldToOthers() {
  // 0 is the calling thread, not the process as POSIX has it. -1 is a priority, or a failure that
  // is as good a guess.
  const int now = getpriority(PRIO_PROCESS, 0);
  setpriority(PRIO_PROCESS, 0, std::min(now + kNicer, kNicest));
}

}  // namespace culvert::net
