// The system calls of the data path and of accepting and connecting, behind one seam: value and
// errno come back together, and a test can put EAGAIN, ENOBUFS or EMFILE where the kernel would
// not.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace culvert::net {

// `value` is what the call returned; `error` is errno where value is negative, else 0.
struct SysResult {
  int64_t value;
  int error;
  bool ok() const { return value >= 0; }
  bool would_block() const { return error == EAGAIN || error == EWOULDBLOCK; }
};

class Syscalls {
 public:
  virtual ~Syscalls() = default;
  virtual SysResult Socket(int domain, int type, int protocol);
  virtual SysResult Bind(int fd, const sockaddr* address, socklen_t size);
  virtual SysResult Listen(int fd, int backlog);
  virtual SysResult Connect(int fd, const sockaddr* address, socklen_t size);
  virtual SysResult Accept(int fd, sockaddr* address, socklen_t* size);
  virtual SysResult Receive(int fd, void* buffer, size_t size);
  virtual SysResult Send(int fd, const void* buffer, size_t size);
  virtual SysResult SendVector(int fd, const iovec* pieces, size_t count);
  virtual SysResult SendMessage(int fd, const msghdr& message);
  virtual SysResult SetOption(int fd, int level, int name, const void* value, socklen_t size);
  // Of one end a pipe; never waits.
  virtual SysResult Splice(int from, int to, size_t size);
  virtual SysResult ReceiveBatch(int fd, mmsghdr* messages, unsigned count);
  virtual SysResult SendBatch(int fd, mmsghdr* messages, unsigned count);

  // The kernel itself; stateless, shared by all threads.
  static Syscalls& Kernel();
};

}  // namespace culvert::net
