// What the admin pages show besides the workers' counters. Filled by main for each request, on the
// main thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "server/base/time.h"
#include "server/observe/counters.h"
#include "server/redis/statistics.h"

namespace culvert::admin {

// Serving is the only state that is ready. Draining: no new allocations, the old ones go on.
enum class State : uint8_t { kStarting, kServing, kDraining, kStopping };
inline constexpr int kStateCount = 4;
// "starting", "serving", "draining", "stopping".
const char* StateName(State state);

// Names for indices of counter tables whose enums live in rooms that this one does not know. One
// name per enumerator, in its order; at most as many as the table is long.
struct Labels {
  std::span<const char* const> drops;         // turn::DropName
  std::span<const char* const> parse_errors;  // stun::ParseErrorName
  std::span<const char* const> end_reasons;   // turn::EndReasonName
};

// Of this process, as the kernel tells.
struct ProcessFacts {
  double cpu_seconds = 0;  // user and system
  uint64_t resident_bytes = 0;
  uint64_t virtual_bytes = 0;
  uint64_t open_fds = 0;
  uint64_t max_fds = 0;  // RLIMIT_NOFILE, soft
};
// Zeros where /proc says nothing.
ProcessFacts ReadProcessFacts();

struct Facts {
  std::string version;
  State state = State::kStarting;
  WallTime started;
  Now now;
  ProcessFacts process;
  uint64_t broken_invariants = 0;
  uint64_t lost_log_lines = 0;
  std::optional<WallTime> certificate_expiry;  // of the one that expires first
  uint64_t relay_ports = 0;                    // how many ports there are to relay from
  // Of each worker's client where users are in Redis, else none.
  std::span<const redis::Statistics* const> redis;
  // The same where allocations are told to one (redis-statsdb).
  std::span<const redis::Statistics* const> statsdb;
  // And where quotas hold for all nodes (redis-quotadb).
  std::span<const redis::Statistics* const> quotadb;
};

}  // namespace culvert::admin
