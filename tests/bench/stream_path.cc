#include "tests/bench/stream_path.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "server/stun/protocol.h"
#include "tests/bench/client_settings.h"

namespace culvert::bench {
namespace {

using testing::ClientConnection;
using testing::ClientError;
using testing::TurnClient;

constexpr int kAcceptMilliseconds = 5000;
constexpr int kTargetBacklog = 1024;

Failure<std::string> Because(const char* step, const ClientError& error) {
  return Failure{std::string(step) + ": " + error.ToString()};
}

Failure<std::string> SystemFailure(const char* step) {
  return Failure{std::string(step) + ": " + std::strerror(errno)};
}

IpAddress LoopbackLike(const IpAddress& ip) {
  return ip.is_v4() ? IpAddress::V4(127, 0, 0, 1) : *IpAddress::Parse("::1");
}

Result<StreamPath, std::string> OpenTurn(const Options& options) {
  auto control = TurnClient::Connect(ClientSettings(options), {options.user, options.password});
  if (!control) return Because("connecting", control.error());
  const auto allocation = control->Allocate({.transport = stun::kTransportTcp});
  if (!allocation) return Because("allocating", allocation.error());

  // A listener for each stream: an allocation may connect to an address once.
  Endpoint peer_address(LoopbackLike(allocation->relayed.ip()), 0);
  const net::Fd listener = ListenOn(&peer_address, 1);
  if (!listener.valid()) return SystemFailure("peer's listening socket");
  const auto id = control->ConnectToPeer(peer_address);
  if (!id) return Because("connecting to the peer", id.error());
  net::Fd peer = AcceptWithin5Seconds(listener);
  if (!peer.valid()) return SystemFailure("accepting the relay's connection");
  auto data = control->BindDataConnection(*id, ClientSettings(options));
  if (!data) return Because("binding the data connection", data.error());
  return StreamPath{std::move(*control), std::move(*data), std::move(peer)};
}

Result<StreamPath, std::string> OpenBare(const Options& options, const net::Fd& target) {
  auto data = ClientConnection::Open(ClientSettings(options));
  if (!data) return Because("connecting", data.error());
  net::Fd peer = AcceptWithin5Seconds(target);
  if (!peer.valid()) return SystemFailure("accepting the proxy's connection");
  return StreamPath{std::nullopt, std::move(*data), std::move(peer)};
}

}  // namespace

net::Fd ListenAsTarget(const Options& options) {
  Endpoint address = options.peer;
  return ListenOn(&address, kTargetBacklog);
}

Result<StreamPath, std::string> OpenStreamPath(const Options& options, const net::Fd& target) {
  return options.protocol == Protocol::kTurn ? OpenTurn(options) : OpenBare(options, target);
}

net::Fd AcceptWithin5Seconds(const net::Fd& listener) {
  pollfd waiting = {listener.get(), POLLIN, 0};
  for (;;) {
    net::Fd peer(accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    // Another thread may take what woke this one.
    if (peer.valid() || (errno != EAGAIN && errno != EWOULDBLOCK)) return peer;
    const int ready = poll(&waiting, 1, kAcceptMilliseconds);
    if (ready == 0) errno = ETIMEDOUT;
    if (ready <= 0) return net::Fd();
  }
}

net::Fd ListenOn(Endpoint* address, int backlog) {
  sockaddr_storage storage{};
  socklen_t size = address->ToSockaddr(&storage);
  auto* const raw = reinterpret_cast<sockaddr*>(&storage);
  net::Fd fd(socket(raw->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd.get(), raw, size) < 0 || listen(fd.get(), backlog) < 0) return net::Fd();
  size = sizeof storage;
  getsockname(fd.get(), raw, &size);
  *address = Endpoint::FromSockaddr(raw);
  return fd;
}

}  // namespace culvert::bench
