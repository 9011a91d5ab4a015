// Media: sessions of MediaSession, saturated or at a fixed rate.
#pragma once

#include <optional>
#include <string>

#include "server/base/result.h"
#include "tests/bench/delays.h"
#include "tests/bench/flow.h"
#include "tests/bench/options.h"
#include "tests/bench/storm.h"
#include "tests/bench/window_meter.h"

namespace culvert::bench {

struct MediaDirection {
  uint64_t packets = 0;  // delivered within the window
  FlowCounts all;        // of the whole run; what is missing after the drain is lost
  Delays delays;         // of the window's packets
};

// Delays of both directions before and in a storm of new connections.
struct StormResult {
  Delays quiet;
  Delays stormy;
  StormCounts counts;
};

struct MediaResult {
  WindowCost cost;
  MediaDirection up;
  MediaDirection down;
  std::optional<StormResult> storm{};
  size_t ended_sessions = 0;  // connections that the server closed
};

// The failure is a sentence. Takes as long as warm-up and window, and the time to set up and to
// drain.
Result<MediaResult, std::string> RunMedia(const Options& options);

}  // namespace culvert::bench
