#include "tests/support/loopback_peer.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "server/net/socket.h"

namespace culvert::testing {
namespace {

constexpr int kBacklog = 64;

}  // namespace

LoopbackPeer::LoopbackPeer(int type)
    : fd_(socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
  sockaddr_storage storage;
  const socklen_t size = Endpoint(IpAddress::V4(127, 0, 0, 1), 0).ToSockaddr(&storage);
  if (bind(fd(), reinterpret_cast<sockaddr*>(&storage), size) != 0 ||
      (type == SOCK_STREAM && listen(fd(), kBacklog) != 0)) {
    fd_.Close();
    return;
  }
  address_ = net::LocalEndpoint(fd());
}

ClientResult<ClientConnection> LoopbackPeer::Accept(milliseconds timeout) const {
  pollfd waiting = {fd(), POLLIN, 0};
  if (poll(&waiting, 1, static_cast<int>(timeout.count())) <= 0) {
    return Failure{ClientError{ClientFailure::kTimeout, 0, "no connection came"}};
  }
  net::Fd accepted(accept4(fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!accepted.valid()) return Failure{ClientError{ClientFailure::kSystem, errno, "accept"}};
  return ClientConnection::Adopt(std::move(accepted));
}

bool LoopbackPeer::SendTo(const Endpoint& to, ByteView datagram) const {
  sockaddr_storage storage;
  const socklen_t size = to.ToSockaddr(&storage);
  return sendto(fd(), datagram.data(), datagram.size(), 0, reinterpret_cast<sockaddr*>(&storage),
                size) == static_cast<ssize_t>(datagram.size());
}

}  // namespace culvert::testing
