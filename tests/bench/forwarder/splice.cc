#include "tests/bench/forwarder/splice.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace culvert::bench {
namespace {

// What an unprivileged process may ask for.
constexpr int kPipeSize = 1 << 20;
constexpr unsigned kFlags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;

}  // namespace

Splice::Splice(int from, int to) : from_(from), to_(to) {
  int ends[2];
  if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) < 0) {
    ended_ = true;
    return;
  }
  pipe_out_ = net::Fd(ends[0]);
  pipe_in_ = net::Fd(ends[1]);
  fcntl(ends[1], F_SETPIPE_SZ, kPipeSize);
}

void Splice::Move() {
  if (ended_) return;
  if (held_ > 0) return Push();
  const ssize_t taken = splice(from_, nullptr, pipe_in_.get(), nullptr, kPipeSize, kFlags);
  if (taken > 0) {
    held_ = static_cast<size_t>(taken);
    return Push();
  }
  ended_ = taken == 0 || (errno != EAGAIN && errno != EINTR);
}

void Splice::Push() {
  const ssize_t sent = splice(pipe_out_.get(), nullptr, to_, nullptr, held_, kFlags);
  if (sent > 0) {
    held_ -= static_cast<size_t>(sent);
  } else if (errno != EAGAIN && errno != EINTR) {
    ended_ = true;
  }
}

}  // namespace culvert::bench
