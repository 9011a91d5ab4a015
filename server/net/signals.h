// Signals as something to read. They are blocked in every thread and come out of one descriptor, so
// that no handler ever runs in the middle of anything.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "server/base/result.h"
#include "server/net/fd.h"

namespace culvert::net {

enum class Signal : uint8_t {
  kStop,    // SIGTERM, SIGINT
  kHangup,  // SIGHUP
  kUser1,   // SIGUSR1
  kUser2,   // SIGUSR2
};

class SignalSet {
 public:
  // Blocks the signals above in this thread and ignores SIGPIPE. Call it before any other thread is
  // started: threads inherit what is blocked.
  static Result<SignalSet, std::string> Open();

  // Readable when a signal is waiting; give it to the loop of the thread that calls Next.
  int fd() const { return fd_.get(); }

  // The next signal that arrived, none when there is none. Never blocks.
  std::optional<Signal> Next();

 private:
  explicit SignalSet(Fd fd) : fd_(std::move(fd)) {}

  Fd fd_;
};

}  // namespace culvert::net
