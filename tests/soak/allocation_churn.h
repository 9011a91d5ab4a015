// Allocations that come and go over UDP, TCP and TLS: most are refreshed to 0, some of those over
// streams are dropped with their connection, by FIN or by RST. An error of any kind is a finding.
#pragma once

#include <atomic>
#include <thread>
#include <vector>

#include "tests/soak/findings.h"
#include "tests/soak/pace.h"
#include "tests/support/relay_process.h"

namespace culvert::soak {

class AllocationChurn {
 public:
  // Starts at once; `per_second` over all threads.
  AllocationChurn(const testing::RelayProcess& relay, double per_second, RunEnd& end,
                  Findings& findings);
  ~AllocationChurn() { Join(); }
  // Comes back once the run is over.
  void Join();

  uint64_t done() const { return done_; }

 private:
  void Run(double per_second, unsigned first);
  void ComeAndGo(unsigned number);

  const testing::RelayProcess& relay_;
  RunEnd& end_;
  Findings& findings_;
  std::atomic<uint64_t> done_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace culvert::soak
