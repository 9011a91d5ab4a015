// Bytes on their way from one plain TCP socket to another inside the kernel, splice(2): they never
// come to user space. Only what its receiver does not take yet keeps a pipe; the others belong to
// the worker, so that idle connections hold none.
//
// Not thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "server/net/fd.h"
#include "server/net/syscalls.h"

namespace culvert::net {

class SplicePipe {
 public:
  // What a pipe holds at the most. Larger means fewer system calls for bulk, and more kernel memory
  // for each slow receiver.
  static constexpr size_t kCapacity = 256 * 1024;

  // Null when the process has no descriptors left.
  static std::unique_ptr<SplicePipe> Open(Syscalls& sys);

  // Takes in what the socket `from` has, `most` bytes of it; 0 is its FIN. REQUIRES: inside() == 0
  // and most > 0.
  SysResult Fill(int from, size_t most = kCapacity);
  // Gives what is inside to the socket `to`, as far as that takes it. The result is the bytes that
  // it took, or its error if it took none.
  SysResult Drain(int to);
  size_t inside() const { return inside_; }

 private:
  SplicePipe(Syscalls& sys, Fd out, Fd in);

  Syscalls& sys_;
  const Fd out_;
  const Fd in_;
  size_t inside_ = 0;
};

class SplicePipePool {
 public:
  explicit SplicePipePool(Syscalls& sys) : sys_(sys) {}
  // Null when the process has no descriptors left.
  std::unique_ptr<SplicePipe> Take();
  // Closes a pipe that still has something inside, and those beyond the few that are worth keeping.
  void GiveBack(std::unique_ptr<SplicePipe> pipe);

 private:
  static constexpr size_t kKept = 4;
  Syscalls& sys_;
  std::vector<std::unique_ptr<SplicePipe>> free_;
};

}  // namespace culvert::net
