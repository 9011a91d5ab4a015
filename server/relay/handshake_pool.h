// Threads that do steps of TLS handshakes for workers that relay media.
//
// A step takes up to half a millisecond, and nothing on its own thread can interrupt it. These
// threads run at a lower priority than workers, so that the kernel takes their CPU away as soon as
// a datagram wakes a worker. They hold nothing between two steps: a connection is its worker's, and
// lends its stream for one step at a time.
//
// Owned by the server: started before the workers run, stopped once they do not. Submit and
// busy_since: any thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "server/net/stream.h"
#include "server/net/tls_context.h"
#include "server/observe/counter.h"

namespace culvert::relay {

// The pool's from Submit until `done`, with everything in it.
struct HandshakeStep {
  std::unique_ptr<net::Stream> stream;
  // For a handshake that begins: what makes its session, and the first bytes from the socket.
  std::shared_ptr<net::TlsContext> context;
  std::vector<uint8_t> received;
  // What came of it: the handshake's own messages have been sent, as far as the socket took them.
  std::vector<uint8_t> opened;  // plaintext from right behind the handshake
  net::StreamEnd end = net::StreamEnd::kOpen;
  // Gets the step back, on a thread of the pool. Never called for what is left at Stop.
  std::function<void(std::unique_ptr<HandshakeStep>)> done;
};

class HandshakePool {
 public:
  explicit HandshakePool(size_t threads);
  ~HandshakePool() { Stop(); }
  HandshakePool(const HandshakePool&) = delete;
  HandshakePool& operator=(const HandshakePool&) = delete;

  void Start();
  // Waits for the steps that are being done and closes the connections of those that wait.
  void Stop();

  // Steps are begun in this order. How many may wait is for the workers to bound.
  void Submit(std::unique_ptr<HandshakeStep> step);

  // Since when the longest of the steps takes that are being done now; nullopt when none is.
  std::optional<Instant> busy_since() const;

 private:
  // One thread's own. Made before it runs, which may be late: it gives way to everybody.
  struct Hand {
    observe::Stamp began;  // set while it does a step
    net::StreamBuffers buffers;
  };

  void Work(Hand& hand);
  // Waits; null when the pool stops.
  std::unique_ptr<HandshakeStep> Next();

  std::vector<Hand> hands_;
  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<std::unique_ptr<HandshakeStep>> waiting_;
  bool stopped_ = false;
};

}  // namespace culvert::relay
