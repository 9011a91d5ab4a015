// RFC 6062 connections over TLS, now and then over plain TCP, that come and go: each moves some 100
// KB both ways at once, all of it compared, and is closed by the client or by the peer.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/soak/findings.h"
#include "tests/soak/pace.h"
#include "tests/support/loopback_peer.h"
#include "tests/support/relay_process.h"

namespace culvert::soak {

class StreamChurn {
 public:
  // Starts at once; `per_second` over all threads.
  StreamChurn(const testing::RelayProcess& relay, double per_second, RunEnd& end,
              Findings& findings);
  ~StreamChurn() { Join(); }
  // Comes back once the run is over.
  void Join();

  uint64_t done() const { return done_; }

 private:
  void Run(double per_second, unsigned thread);

  const testing::RelayProcess& relay_;
  RunEnd& end_;
  Findings& findings_;
  std::atomic<uint64_t> done_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace culvert::soak
