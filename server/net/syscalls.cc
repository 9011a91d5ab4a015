#include "server/net/syscalls.h"

#include <fcntl.h>

namespace culvert::net {
namespace {

SysResult Outcome(int64_t value) {
  return {value, value < 0 ? errno : 0};
}

}  // namespace

SysResult Syscalls::Socket(int domain, int type, int protocol) {
  return Outcome(socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol));
}
SysResult Syscalls::Bind(int fd, const sockaddr* address, socklen_t size) {
  return Outcome(bind(fd, address, size));
}
SysResult Syscalls::Listen(int fd, int backlog) {
  return Outcome(listen(fd, backlog));
}
SysResult Syscalls::Connect(int fd, const sockaddr* address, socklen_t size) {
  return Outcome(connect(fd, address, size));
}
SysResult Syscalls::Accept(int fd, sockaddr* address, socklen_t* size) {
  return Outcome(accept4(fd, address, size, SOCK_NONBLOCK | SOCK_CLOEXEC));
}
SysResult Syscalls::Receive(int fd, void* buffer, size_t size) {
  return Outcome(recv(fd, buffer, size, 0));
}
SysResult Syscalls::Send(int fd, const void* buffer, size_t size) {
  return Outcome(send(fd, buffer, size, MSG_NOSIGNAL));
}
SysResult Syscalls::SendVector(int fd, const iovec* pieces, size_t count) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces);
  message.msg_iovlen = count;
  return Outcome(sendmsg(fd, &message, MSG_NOSIGNAL));
}
SysResult Syscalls::SendMessage(int fd, const msghdr& message) {
  return Outcome(sendmsg(fd, &message, MSG_NOSIGNAL));
}
SysResult Syscalls::SetOption(int fd, int level, int name, const void* value, socklen_t size) {
  return Outcome(setsockopt(fd, level, name, value, size));
}
SysResult Syscalls::Splice(int from, int to, size_t size) {
  return Outcome(splice(from, nullptr, to, nullptr, size, SPLICE_F_MOVE | SPLICE_F_NONBLOCK));
}
SysResult Syscalls::ReceiveBatch(int fd, mmsghdr* messages, unsigned count) {
  return Outcome(recvmmsg(fd, messages, count, MSG_DONTWAIT, nullptr));
}
SysResult Syscalls::SendBatch(int fd, mmsghdr* messages, unsigned count) {
  return Outcome(sendmmsg(fd, messages, count, MSG_NOSIGNAL | MSG_DONTWAIT));
}

Syscalls& Syscalls::Kernel() {
  static Syscalls kernel;
  return kernel;
}

}  // namespace culvert::net
