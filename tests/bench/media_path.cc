#include "tests/bench/media_path.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "tests/bench/bare_client.h"
#include "tests/bench/client_settings.h"
#include "tests/bench/udp_train.h"
#include "tests/support/turn_client.h"

namespace culvert::bench {
namespace {

using testing::ClientConnection;
using testing::ClientError;
using testing::TurnClient;

Failure<std::string> Because(const char* step, const ClientError& error) {
  return Failure{std::string(step) + ": " + error.ToString()};
}

Failure<std::string> PeerFailure() {
  return Failure{std::string("peer socket: ") + std::strerror(errno)};
}

Endpoint LocalOf(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return Endpoint::FromSockaddr(reinterpret_cast<sockaddr*>(&address));
}

// The peer hears and speaks to the relayed address only.
bool ConnectPeer(const net::Fd& peer, const Endpoint& relayed) {
  sockaddr_storage address;
  const socklen_t size = relayed.ToSockaddr(&address);
  return connect(peer.get(), reinterpret_cast<sockaddr*>(&address), size) == 0;
}

Result<MediaPath, std::string> OpenTurn(const Options& options, uint16_t channel) {
  auto client = TurnClient::Connect(ClientSettings(options), {options.user, options.password});
  if (!client) return Because("connecting", client.error());
  const auto allocation = client->Allocate({});
  if (!allocation) return Because("allocating", allocation.error());
  const int family = allocation->relayed.ip().is_v4() ? AF_INET : AF_INET6;
  net::Fd peer(OpenLoopbackUdp(family, options.gro));
  if (!peer.valid() || !ConnectPeer(peer, allocation->relayed)) return PeerFailure();
  const auto bound = client->ChannelBind(channel, LocalOf(peer.get()));
  if (!bound) return Because("binding a channel", bound.error());
  return MediaPath{std::move(client->connection()), std::move(peer)};
}

Result<MediaPath, std::string> OpenBare(const Options& options) {
  auto client = ClientConnection::Open(ClientSettings(options));
  if (!client) return Because("connecting", client.error());
  net::Fd peer(OpenLoopbackUdp(AF_INET, options.gro));
  if (!peer.valid()) return PeerFailure();
  const auto relayed = OpenBarePath(*client, LocalOf(peer.get()));
  if (!relayed) return Because("opening a path", relayed.error());
  if (!ConnectPeer(peer, *relayed)) return PeerFailure();
  return MediaPath{std::move(*client), std::move(peer)};
}

}  // namespace

Result<MediaPath, std::string> OpenMediaPath(const Options& options, uint16_t channel) {
  return options.protocol == Protocol::kTurn ? OpenTurn(options, channel) : OpenBare(options);
}

}  // namespace culvert::bench
