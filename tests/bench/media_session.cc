#include "tests/bench/media_session.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "server/stun/protocol.h"

namespace culvert::bench {
namespace {

using testing::ClientError;
using testing::TurnClient;

constexpr uint16_t kChannel = stun::kFirstChannel;

Failure<std::string> Because(const char* step, const ClientError& error) {
  return Failure{std::string(step) + ": " + error.ToString()};
}

Endpoint LocalOf(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return Endpoint::FromSockaddr(reinterpret_cast<sockaddr*>(&address));
}

// The peer hears and speaks to the relayed address only.
Result<net::Fd, std::string> OpenPeer(const Endpoint& relayed, bool gro) {
  net::Fd fd(OpenLoopbackUdp(relayed.ip().is_v4() ? AF_INET : AF_INET6, gro));
  sockaddr_storage address;
  const socklen_t size = relayed.ToSockaddr(&address);
  if (!fd.valid() || connect(fd.get(), reinterpret_cast<sockaddr*>(&address), size) < 0)
    return Failure{std::string("peer socket: ") + std::strerror(errno)};
  return fd;
}

testing::ConnectionSettings ConnectionOf(const Options& options) {
  testing::ConnectionSettings settings;
  settings.transport = options.transport;
  settings.server = options.server;
  settings.tls = LoadTlsContext();
  return settings;
}

}  // namespace

Result<std::unique_ptr<MediaSession>, std::string> MediaSession::Open(const Options& options,
                                                                      uint32_t number,
                                                                      const SharedParts& shared) {
  auto client = TurnClient::Connect(ConnectionOf(options), {options.user, options.password});
  if (!client) return Because("connecting", client.error());
  const auto allocation = client->Allocate({});
  if (!allocation) return Because("allocating", allocation.error());
  auto peer = OpenPeer(allocation->relayed, options.gro);
  if (!peer) return Failure{peer.error()};
  const auto bound = client->ChannelBind(kChannel, LocalOf(peer->get()));
  if (!bound) return Because("binding a channel", bound.error());
  return std::unique_ptr<MediaSession>(
      new MediaSession(options, number, shared, std::move(*client), std::move(*peer)));
}

MediaSession::MediaSession(const Options& options, uint32_t number, const SharedParts& shared,
                           TurnClient client, net::Fd peer_fd)
    : options_(options),
      up_id_{number, true},
      down_id_{number, false},
      shared_(shared),
      client_(std::move(client)),
      peer_fd_(std::move(peer_fd)),
      up_writer_(up_id_, options.payload),
      down_writer_(down_id_, options.payload),
      up_(options.window, options.batch),
      down_(options.window, options.batch) {
  if (!client_.connection().is_stream()) PrepareUdp(client_.connection().fd(), options.gro);
  leg_ = MakeClientLeg(client_, kChannel, shared_, *this);
  shared_.poller.Add(peer_fd_.get(), &peer_);
}

void MediaSession::Saturate() {
  saturated_ = true;
  FillUp();
  FillDown();
}

void MediaSession::FillUp() {
  if (!saturated_ || !options_.up || ended_) return;
  for (size_t burst; leg_->CanSend() && (burst = up_.Burst()) > 0;)
    leg_->SendPackets(up_writer_, up_, burst);
}

void MediaSession::FillDown() {
  if (!saturated_ || !options_.down || ended_) return;
  for (size_t burst; (burst = down_.Burst()) > 0;) SendDown(burst);
}

void MediaSession::SendDown(size_t count) {
  uint8_t* to = shared_.train.Room(count, options_.payload);
  for (size_t i = 0; i < count; ++i, to += options_.payload)
    down_writer_.Write({down_.NextNumber(), shared_.poller.now()}, to);
  shared_.train.Send(peer_fd_.get());
}

void MediaSession::SendOne() {
  if (options_.down) SendDown(1);
  if (!options_.up) return;
  if (leg_->CanSend()) {
    leg_->SendPackets(up_writer_, up_, 1);
  } else {
    up_.NextNumber();
  }
}

void MediaSession::OnClientPacket(ByteView packet) {
  Arrived(packet, down_id_, down_, down_delays_);
}

void MediaSession::OnClientLegReady() {
  FillUp();
  FillDown();
}

void MediaSession::OnPeerReadable() {
  shared_.train.Receive(peer_fd_.get(),
                        [this](ByteView packet) { Arrived(packet, up_id_, up_, up_delays_); });
  FillUp();
}

void MediaSession::Arrived(ByteView packet, FlowId id, Flow& flow, Delays& delays) {
  const auto stamp = ReadPayload(packet, id, options_.payload);
  if (!stamp) return flow.OnCorrupt();
  if (flow.OnArrival(stamp->number)) delays.Add(shared_.poller.now() - stamp->sent_nanoseconds);
}

void MediaSession::OnSilenceCheck() {
  up_.OnSilenceCheck();
  down_.OnSilenceCheck();
  FillUp();
  FillDown();
}

void MediaSession::ForgetDelays() {
  up_delays_.Clear();
  down_delays_.Clear();
}

}  // namespace culvert::bench
