// What a client counts. Written by the client's thread, read by any.
#pragma once

#include <array>
#include <cstdint>

#include "server/observe/counter.h"
#include "server/observe/histogram.h"
#include "server/redis/call.h"

namespace culvert::redis {

// Microseconds from the call to its result.
inline constexpr std::array<uint64_t, 14> kLatencyBounds = {
    100,    250,    500,     1'000,   2'500,   5'000,     10'000,
    25'000, 50'000, 100'000, 250'000, 500'000, 1'000'000, 2'500'000};

struct Statistics {
  observe::Counter commands;                                   // calls taken, also failed ones
  observe::Table<observe::Counter, CallError::kKinds> errors;  // by CallError::Kind
  observe::Counter connects;                                   // connections that came up
  observe::Counter failed_connects;                            // attempts that did not
  observe::Counter redirects;                                  // MOVED and ASK of a cluster
  observe::Counter invalidations;                              // what Watch was told
  observe::Histogram<kLatencyBounds> latency;                  // of calls that Redis answered
  // 1 while calls are sent at once: to the server, or to the primary of every slot of a cluster.
  observe::Gauge connected;
  observe::Stamp changed;  // when `connected` last changed
};

}  // namespace culvert::redis
