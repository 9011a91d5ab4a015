#include "tests/bench/forwarder/relay_socket.h"

#include "tests/bench/forwarder/datagrams.h"

namespace culvert::bench {

net::Fd OpenRelay(const Endpoint& peer, Hello* answer) {
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  net::Fd fd(OpenUdp(any));
  sockaddr_storage address{};
  socklen_t size = peer.ToSockaddr(&address);
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  if (!fd.valid() || connect(fd.get(), raw, size) < 0) return net::Fd();
  size = sizeof address;
  getsockname(fd.get(), raw, &size);
  *answer = MakeHello(Endpoint::FromSockaddr(raw));
  return fd;
}

}  // namespace culvert::bench
