// Sessions that run beside what a test does to the relay: each sends numbered bytes both ways
// between a client and its peer, and notices when one is lost, doubled, damaged or out of order.
//
// Owner and thread: whoever made it; handed over to SteadyTraffic as a whole.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/support/turn_client.h"

namespace culvert::testing {

class RunningSession {
 public:
  virtual ~RunningSession() = default;

  // One step of traffic, both ways.
  virtual void Send() = 0;
  // Takes what has arrived, without waiting.
  virtual void Receive() = 0;
  virtual bool AllArrived() const = 0;
  // Refreshes what would expire otherwise.
  virtual void Renew() = 0;
  // Deletes the allocation.
  virtual void End() = 0;
  // Sockets on which something may arrive.
  virtual std::vector<int> sockets() const = 0;

  const std::string& name() const { return name_; }
  // What went wrong first; empty when nothing did. A session with a fault sends no more.
  const std::string& fault() const { return fault_; }
  bool healthy() const { return fault_.empty(); }
  // Packets of media, bytes of streams, both ways together.
  uint64_t sent() const { return sent_; }
  uint64_t received() const { return received_; }

 protected:
  explicit RunningSession(std::string name) : name_(std::move(name)) {}
  void Fail(const std::string& what) {
    if (fault_.empty()) fault_ = name_ + ": " + what;
  }
  template <typename T>
  bool Check(const char* step, const ClientResult<T>& result) {
    if (!result) Fail(std::string(step) + ": " + result.error().ToString());
    return result.ok();
  }

  uint64_t sent_ = 0;
  uint64_t received_ = 0;

 private:
  std::string name_;
  std::string fault_;
};

using RunningSessionPtr = std::unique_ptr<RunningSession>;

// Datagrams between a client and a UDP peer, on a channel; `packets` of them each way a step.
// `flow` tells sessions' bytes apart.
ClientResult<RunningSessionPtr> OpenMedia(const ConnectionSettings& settings,
                                          const ClientCredentials& credentials, uint64_t flow,
                                          size_t packets = 1);

// An RFC 6062 connection between a client and a TCP peer; `bytes` each way a step.
ClientResult<RunningSessionPtr> OpenStream(const ConnectionSettings& settings,
                                           const ClientCredentials& credentials, uint64_t flow,
                                           size_t bytes = 1000);

}  // namespace culvert::testing
