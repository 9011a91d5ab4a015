#include "tests/bench/forwarder/plain_relay.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>

namespace culvert::bench {

void PlainRelay::Start(World& world, net::Fd client, const sockaddr_in& target) {
  net::Fd fd = ConnectTo(target);
  if (!fd.valid()) return;
  world.Adopt(std::make_unique<PlainRelay>(world, std::move(client), std::move(fd)));
}

PlainRelay::PlainRelay(World& world, net::Fd client, net::Fd target)
    : world_(world),
      client_(std::move(client)),
      target_(std::move(target)),
      up_(client_.get(), target_.get()),
      down_(target_.get(), client_.get()) {
  world_.poller.Add(client_.get(), &client_handler_);
  world_.poller.Add(target_.get(), &target_handler_);
}

void PlainRelay::Move(Splice& splice) {
  if (buried_) return;
  splice.Move();
  if (!splice.ended()) return WatchBoth();
  buried_ = true;
  world_.poller.Remove(client_.get());
  world_.poller.Remove(target_.get());
  world_.Bury(this);
}

void PlainRelay::WatchBoth() {
  const bool up = up_.held() > 0, down = down_.held() > 0;
  if (up == up_held_ && down == down_held_) return;
  up_held_ = up;
  down_held_ = down;
  world_.poller.Watch(client_.get(), &client_handler_, !up, down);
  world_.poller.Watch(target_.get(), &target_handler_, !down, up);
}

net::Fd ConnectTo(const sockaddr_in& target) {
  net::Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const auto* const raw = reinterpret_cast<const sockaddr*>(&target);
  if (connect(fd.get(), raw, sizeof target) < 0 && errno != EINPROGRESS) return net::Fd();
  return fd;
}

}  // namespace culvert::bench
