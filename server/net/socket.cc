#include "server/net/socket.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>

namespace culvert::net {
namespace {

// Large enough that a burst of media survives one slow turn of the loop; the kernel caps it at
// net.core.rmem_max.
constexpr int kUdpListenerBuffer = 4 * 1024 * 1024;
constexpr int kUdpRelayBuffer = 512 * 1024;
constexpr int kBacklog = 4096;

void SetOption(int fd, int level, int name, int value) {
  // Every option set through here is an improvement that the relay can do without.
  setsockopt(fd, level, name, &value, sizeof value);
}

int DomainOf(const Endpoint& at) {
  return at.family() == Family::kIPv4 ? AF_INET : AF_INET6;
}

Result<Fd, SocketError> NewSocket(Syscalls& sys, const Endpoint& at, int type) {
  const SysResult made = sys.Socket(DomainOf(at), type, 0);
  if (!made.ok()) return Failure{SocketError{made.error, "socket"}};
  Fd fd(static_cast<int>(made.value));
  if (at.family() == Family::kIPv6) SetOption(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  return fd;
}

std::optional<SocketError> BindTo(Syscalls& sys, int fd, const Endpoint& at) {
  sockaddr_storage storage;
  const socklen_t size = at.ToSockaddr(&storage);
  const SysResult bound = sys.Bind(fd, reinterpret_cast<const sockaddr*>(&storage), size);
  if (!bound.ok()) return SocketError{bound.error, "bind"};
  return std::nullopt;
}

}  // namespace

std::string SocketError::Explain(const Endpoint& where) const {
  std::string text = std::string(step) + " " + where.ToString() + ": " + std::strerror(error);
  if (error == EACCES && where.port() < 1024) {
    text +=
        " (ports below 1024 need root, or the capability: setcap cap_net_bind_service=+ep culvert)";
  } else if (error == EADDRINUSE) {
    text += " (another program has it: see `ss -lntup 'sport = :" + std::to_string(where.port()) +
            "'`; stop that program or choose another port)";
  } else if (error == EADDRNOTAVAIL) {
    text += " (this machine has no such address: see `ip address`)";
  }
  return text;
}

Result<Fd, SocketError> OpenUdpListener(Syscalls& sys, const Endpoint& at) {
  auto fd = NewSocket(sys, at, SOCK_DGRAM);
  if (!fd) return fd;
  SetOption(fd->get(), SOL_SOCKET, SO_REUSEPORT, 1);
  SetOption(fd->get(), SOL_SOCKET, SO_RCVBUF, kUdpListenerBuffer);
  SetOption(fd->get(), SOL_SOCKET, SO_SNDBUF, kUdpListenerBuffer);
  const int reports_address = at.ip().is_unspecified() ? 1 : 0;
  if (at.family() == Family::kIPv4) {
    SetOption(fd->get(), IPPROTO_IP, IP_PKTINFO, reports_address);
    SetOption(fd->get(), IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
  } else {
    SetOption(fd->get(), IPPROTO_IPV6, IPV6_RECVPKTINFO, reports_address);
    SetOption(fd->get(), IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT);
  }
  SetOption(fd->get(), IPPROTO_UDP, UDP_GRO, 1);
  if (auto error = BindTo(sys, fd->get(), at)) return Failure{*error};
  return fd;
}

Result<Fd, SocketError> OpenTcpListener(Syscalls& sys, const Endpoint& at) {
  auto fd = NewSocket(sys, at, SOCK_STREAM);
  if (!fd) return fd;
  SetOption(fd->get(), SOL_SOCKET, SO_REUSEADDR, 1);
  SetOption(fd->get(), SOL_SOCKET, SO_REUSEPORT, 1);
  if (auto error = BindTo(sys, fd->get(), at)) return Failure{*error};
  const SysResult listening = sys.Listen(fd->get(), kBacklog);
  if (!listening.ok()) return Failure{SocketError{listening.error, "listen"}};
  return fd;
}

Result<Fd, SocketError> OpenUdpRelay(Syscalls& sys, const Endpoint& at) {
  auto fd = NewSocket(sys, at, SOCK_DGRAM);
  if (!fd) return fd;
  SetOption(fd->get(), SOL_SOCKET, SO_RCVBUF, kUdpRelayBuffer);
  SetOption(fd->get(), SOL_SOCKET, SO_SNDBUF, kUdpRelayBuffer);
  SetDontFragment(fd->get(), at.family(), false);
  if (at.family() == Family::kIPv4) {
    SetOption(fd->get(), IPPROTO_IP, IP_RECVERR, 1);
  } else {
    SetOption(fd->get(), IPPROTO_IPV6, IPV6_RECVERR, 1);
  }
  SetOption(fd->get(), IPPROTO_UDP, UDP_GRO, 1);
  if (auto error = BindTo(sys, fd->get(), at)) return Failure{*error};
  return fd;
}

Result<Fd, SocketError> OpenTcpRelay(Syscalls& sys, const Endpoint& at) {
  auto fd = NewSocket(sys, at, SOCK_STREAM);
  if (!fd) return fd;
  // SO_REUSEADDR gets past TIME_WAIT of earlier connections; two listeners still exclude each
  // other.
  SetOption(fd->get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (auto error = BindTo(sys, fd->get(), at)) return Failure{*error};
  // Set after the bind: the port was ours alone when we took it, and from now on sockets that set
  // SO_REUSEPORT, too, may share it: OpenPeerConnection's (RFC 6062 section 5.2 wants them to leave
  // from this very port).
  SetOption(fd->get(), SOL_SOCKET, SO_REUSEPORT, 1);
  const SysResult listening = sys.Listen(fd->get(), kBacklog);
  if (!listening.ok()) return Failure{SocketError{listening.error, "listen"}};
  return fd;
}

Result<Fd, SocketError> OpenPeerConnection(Syscalls& sys, const Endpoint& from,
                                           const Endpoint& to) {
  auto fd = NewSocket(sys, from, SOCK_STREAM);
  if (!fd) return fd;
  SetOption(fd->get(), SOL_SOCKET, SO_REUSEADDR, 1);
  SetOption(fd->get(), SOL_SOCKET, SO_REUSEPORT, 1);
  if (auto error = BindTo(sys, fd->get(), from)) return Failure{*error};
  sockaddr_storage storage;
  const socklen_t size = to.ToSockaddr(&storage);
  const SysResult started =
      sys.Connect(fd->get(), reinterpret_cast<const sockaddr*>(&storage), size);
  if (!started.ok() && started.error != EINPROGRESS) {
    return Failure{SocketError{started.error, "connect"}};
  }
  return fd;
}

int ConnectOutcome(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

Endpoint LocalEndpoint(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return {};
  return Endpoint::FromSockaddr(reinterpret_cast<const sockaddr*>(&storage));
}

void TuneStream(int fd, seconds dead_after) {
  constexpr int kProbes = 4;
  const int total = static_cast<int>(dead_after.count());
  SetOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  SetOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  SetOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, total / 2);
  SetOption(fd, IPPROTO_TCP, TCP_KEEPINTVL, std::max(1, total / 2 / kProbes));
  SetOption(fd, IPPROTO_TCP, TCP_KEEPCNT, kProbes);
  SetOption(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, total * 1000);
}

void SetUnsentLimit(int fd, uint32_t bytes) {
  SetOption(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, static_cast<int>(bytes));
}

size_t UnacknowledgedBytes(int fd) {
  int bytes = 0;
  return ioctl(fd, SIOCOUTQ, &bytes) == 0 ? static_cast<size_t>(bytes) : 0;
}

bool HungUp(int fd) {
  pollfd ends = {fd, 0, 0};  // POLLHUP and POLLERR are always told
  return poll(&ends, 1, 0) > 0;
}

void ResetOnClose(int fd) {
  const linger now{1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

void SetDontFragment(int fd, Family family, bool on) {
  if (family == Family::kIPv4) {
    SetOption(fd, IPPROTO_IP, IP_MTU_DISCOVER, on ? IP_PMTUDISC_PROBE : IP_PMTUDISC_DONT);
  } else {
    SetOption(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, on ? IPV6_PMTUDISC_PROBE : IPV6_PMTUDISC_DONT);
    SetOption(fd, IPPROTO_IPV6, IPV6_DONTFRAG, on ? 1 : 0);
  }
}

}  // namespace culvert::net
