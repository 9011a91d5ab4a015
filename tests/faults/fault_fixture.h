// A relay process that is ill-treated, and sessions that run beside it and must not notice: media
// over UDP, media over TLS, and an RFC 6062 stream over TLS.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/relay_process.h"
#include "tests/support/steady_traffic.h"

namespace culvert::testing {

// No test waits longer for something that must happen.
inline constexpr milliseconds kPatience = seconds(20);

// How many of something: a tenth under a sanitizer, where each costs ten times as much.
constexpr size_t Count(size_t plain) {
  return kInstrumented ? plain / 10 : plain;
}

class FaultTest : public ::testing::Test {
 protected:
  // Starts the relay and the running sessions. `options` are lines of its configuration.
  void StartRelay(const std::vector<std::string>& options = {},
                  std::optional<rlim_t> descriptors = {});
  // Whatever happened: the running sessions lost nothing, all their descriptors are closed, and the
  // relay ends with status 0.
  void TearDown() override;

  RelayProcess& relay() { return relay_; }
  ClientResult<TurnClient> Client(ClientTransport transport) { return relay_.Connect(transport); }

  // The running sessions are alive now: further packets go both ways.
  void ExpectRunning();
  // Descriptors of the relay are again as many as behind StartRelay.
  void ExpectDescriptorsBack();
  // So many more are no loss: what its workers keep for later.
  void AllowKeptDescriptors(size_t count) { kept_descriptors_ = count; }
  // Resident memory has grown by no more than `bytes` since StartRelay. Looked at without
  // sanitizers only: their memory is not the relay's.
  void ExpectGrowthBelow(uint64_t bytes);
  size_t descriptors_before() const { return descriptors_before_; }

 private:
  RelayProcess relay_;
  std::unique_ptr<SteadyTraffic> running_;
  size_t descriptors_at_start_ = 0;
  size_t descriptors_before_ = 0;
  size_t kept_descriptors_ = 0;
  uint64_t resident_before_ = 0;
};

// As many descriptors for this process as it may have; how many that is.
size_t RaiseDescriptorLimit();

}  // namespace culvert::testing
