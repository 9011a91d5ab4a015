#include "tests/bench/media_session.h"

#include <utility>

#include "server/stun/protocol.h"

namespace culvert::bench {
namespace {

constexpr uint16_t kChannel = stun::kFirstChannel;

}  // namespace

Result<std::unique_ptr<MediaSession>, std::string> MediaSession::Open(const Options& options,
                                                                      uint32_t number,
                                                                      const SharedParts& shared) {
  auto path = OpenMediaPath(options, kChannel);
  if (!path) return Failure{path.error()};
  return std::unique_ptr<MediaSession>(new MediaSession(options, number, shared, std::move(*path)));
}

MediaSession::MediaSession(const Options& options, uint32_t number, const SharedParts& shared,
                           MediaPath path)
    : options_(options),
      up_id_{number, true},
      down_id_{number, false},
      shared_(shared),
      path_(std::move(path)),
      up_writer_(up_id_, options.payload),
      down_writer_(down_id_, options.payload),
      up_(options.window, options.batch),
      down_(options.window, options.batch) {
  if (!path_.client.is_stream()) PrepareUdp(path_.client.fd(), options.gro);
  leg_ = MakeClientLeg(path_.client, kChannel, shared_, *this);
  shared_.poller.Add(path_.peer.get(), &peer_);
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
  shared_.train.Send(path_.peer.get());
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
  shared_.train.Receive(path_.peer.get(),
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
