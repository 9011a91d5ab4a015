#include "tests/bench/forwarder/acceptor.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace culvert::bench {

Acceptor::Acceptor(Poller& poller, uint16_t port, Take take)
    : take_(std::move(take)), fd_(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const int on = 1;
  setsockopt(fd_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // Accepted connections inherit it.
  setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) < 0 ||
      listen(fd_.get(), 1024) < 0) {
    fd_ = net::Fd();
    return;
  }
  poller.Add(fd_.get(), this);
}

void Acceptor::OnReadable() {
  // One each turn: whoever waits is met again at once, and nobody asks in vain.
  net::Fd fd(accept4(fd_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (fd.valid()) take_(std::move(fd));
}

}  // namespace culvert::bench
