// A storm: clients at a fixed rate. Each makes a new TLS connection with a full handshake and
// closes it; or, with options.storm_users, allocates as one of so many users in turn and deletes
// the allocation. The threads run at idle priority: when the media thread has something to do, they
// wait.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/options.h"

namespace culvert::bench {

struct StormCounts {
  uint64_t clients = 0;  // that did all they came for
  uint64_t failed = 0;
  uint64_t users = 0;  // different ones that came, also in vain
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
  // False when it could not do what it came for.
  bool Client(uint64_t number) const;

  const Options& options_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::atomic<bool> over_ = false;
  std::atomic<uint64_t> begun_ = 0;
  std::atomic<uint64_t> clients_ = 0;
  std::atomic<uint64_t> failed_ = 0;
  std::vector<std::thread> threads_;
};

// When client `number` of a storm is due, from its start.
std::chrono::nanoseconds DueInStorm(uint64_t number, double rate);
// The name of client `number` of a storm of so many users.
std::string StormUser(uint64_t number, size_t users);

}  // namespace culvert::bench
