// A storm: new TLS connections at a fixed rate, each with a full handshake, then closed. The
// threads run at idle priority: when the media thread has something to do, they wait.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include "tests/bench/options.h"

namespace culvert::bench {

struct StormCounts {
  uint64_t connections = 0;  // whole handshakes
  uint64_t failed = 0;
  double seconds = 0;
};

class Storm {
 public:
  // Begins at once; `options` outlives it.
  explicit Storm(const Options& options);

  // Ends it, and waits until its last connection is closed.
  StormCounts Stop();

 private:
  void Run();

  const Options& options_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::atomic<bool> over_ = false;
  std::atomic<uint64_t> begun_ = 0;
  std::atomic<uint64_t> connections_ = 0;
  std::atomic<uint64_t> failed_ = 0;
  std::vector<std::thread> threads_;
};

// When connection `number` of a storm is due, from its start.
std::chrono::nanoseconds DueInStorm(uint64_t number, double rate);

}  // namespace culvert::bench
