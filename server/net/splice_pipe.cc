#include "server/net/splice_pipe.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace culvert::net {

std::unique_ptr<SplicePipe> SplicePipe::Open(Syscalls& sys) {
  int ends[2];
  if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) return nullptr;
  // Refused beyond the user's share of pipe memory; then it holds 64 kB.
  fcntl(ends[1], F_SETPIPE_SZ, static_cast<int>(kCapacity));
  return std::unique_ptr<SplicePipe>(new SplicePipe(sys, Fd(ends[0]), Fd(ends[1])));
}

SplicePipe::SplicePipe(Syscalls& sys, Fd out, Fd in)
    : sys_(sys), out_(std::move(out)), in_(std::move(in)) {}

SysResult SplicePipe::Fill(int from, size_t most) {
  const SysResult got = sys_.Splice(from, in_.get(), std::min(most, kCapacity));
  if (got.value > 0) inside_ = static_cast<size_t>(got.value);
  return got;
}

SysResult SplicePipe::Drain(int to) {
  int64_t taken = 0;
  while (inside_ > 0) {
    const SysResult sent = sys_.Splice(out_.get(), to, inside_);
    if (!sent.ok()) {
      if (sent.error == EINTR) continue;
      return taken > 0 ? SysResult{taken, 0} : sent;
    }
    inside_ -= static_cast<size_t>(sent.value);
    taken += sent.value;
  }
  return {taken, 0};
}

std::unique_ptr<SplicePipe> SplicePipePool::Take() {
  if (free_.empty()) return SplicePipe::Open(sys_);
  auto pipe = std::move(free_.back());
  free_.pop_back();
  return pipe;
}

void SplicePipePool::GiveBack(std::unique_ptr<SplicePipe> pipe) {
  if (pipe->inside() == 0 && free_.size() < kKept) free_.push_back(std::move(pipe));
}

}  // namespace culvert::net
