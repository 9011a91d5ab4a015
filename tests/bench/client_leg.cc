#include "tests/bench/client_leg.h"

#include <algorithm>
#include <cstring>

#include "server/stun/channel_data.h"
#include "server/stun/framer.h"

namespace culvert::bench {
namespace {

using stun::kChannelHeaderSize;

void WriteFrame(const PayloadWriter& writer, Flow& flow, uint64_t now, uint16_t channel,
                uint8_t* to) {
  stun::StoreChannelHeader(to, channel, static_cast<uint16_t>(writer.size()));
  writer.Write({flow.NextNumber(), now}, to + kChannelHeaderSize);
}

class UdpLeg : public ClientLeg {
 public:
  UdpLeg(int fd, uint16_t channel, const SharedParts& shared, LegOwner& owner)
      : fd_(fd), channel_(channel), shared_(shared), owner_(owner) {
    shared_.poller.Add(fd_, this);
  }

  bool CanSend() const override { return true; }

  void SendPackets(const PayloadWriter& writer, Flow& flow, size_t count) override {
    const size_t size = kChannelHeaderSize + writer.size();
    uint8_t* to = shared_.train.Room(count, size);
    for (size_t i = 0; i < count; ++i, to += size)
      WriteFrame(writer, flow, shared_.poller.now(), channel_, to);
    shared_.train.Send(fd_);
  }

  void OnReadable() override {
    shared_.train.Receive(fd_, [this](ByteView datagram) {
      const auto frame = stun::ParseChannelData(datagram);
      if (frame && frame->channel == channel_) owner_.OnClientPacket(frame->data);
    });
    owner_.OnClientLegReady();
  }

 private:
  const int fd_;
  const uint16_t channel_;
  const SharedParts shared_;
  LegOwner& owner_;
};

class StreamLeg : public ClientLeg {
 public:
  StreamLeg(StreamIo io, uint16_t channel, const SharedParts& shared, LegOwner& owner)
      : io_(io), channel_(channel), shared_(shared), owner_(owner) {
    shared_.poller.Add(io_.fd(), this);
  }

  bool CanSend() const override { return unsent_.empty() && !ended_; }

  void SendPackets(const PayloadWriter& writer, Flow& flow, size_t count) override {
    const size_t size = stun::PaddedSize(kChannelHeaderSize + writer.size());
    unsent_.assign(count * size, 0);
    for (size_t i = 0; i < count; ++i)
      WriteFrame(writer, flow, shared_.poller.now(), channel_, unsent_.data() + i * size);
    sent_ = 0;
    Flush();
  }

  void OnWritable() override {
    Flush();
    if (CanSend()) owner_.OnClientLegReady();
  }

  void OnReadable() override {
    // Until the socket is dry: TLS may hold records that epoll does not see.
    std::vector<uint8_t>& room = shared_.stream_room;
    while (!ended_) {
      std::copy(partial_.begin(), partial_.end(), room.begin());
      const size_t had = partial_.size();
      const IoResult read = io_.Read(MutableBytes(room).subspan(had));
      if (read.state == IoState::kWouldBlock) break;
      if (read.state == IoState::kEnded) return End();
      TakeFrames(ByteView(room).first(had + read.size));
    }
    owner_.OnClientLegReady();
  }

 private:
  void Flush() {
    while (sent_ < unsent_.size()) {
      const IoResult written = io_.Write(ByteView(unsent_).subspan(sent_));
      if (written.state == IoState::kEnded) return End();
      if (written.state == IoState::kWouldBlock) return WatchWriting(true);
      sent_ += written.size;
    }
    unsent_.clear();
    WatchWriting(false);
  }

  void TakeFrames(ByteView bytes) {
    for (;;) {
      const stun::Frame frame = stun::NextFrame(bytes);
      if (frame.kind == stun::FrameKind::kGarbage) return End();
      if (frame.kind == stun::FrameKind::kIncomplete) break;
      const auto data = stun::ParseChannelData(bytes.first(frame.size));
      if (frame.kind == stun::FrameKind::kChannelData && data && data->channel == channel_)
        owner_.OnClientPacket(data->data);
      bytes = bytes.subspan(frame.size);
    }
    partial_.assign(bytes.begin(), bytes.end());
  }

  void WatchWriting(bool watch) {
    if (watch == watching_) return;
    watching_ = watch;
    shared_.poller.WatchWriting(io_.fd(), this, watch);
  }

  void End() {
    if (ended_) return;
    ended_ = true;
    shared_.poller.Remove(io_.fd());
    owner_.OnClientLegEnded();
  }

  const StreamIo io_;
  const uint16_t channel_;
  const SharedParts shared_;
  LegOwner& owner_;
  std::vector<uint8_t> unsent_;
  size_t sent_ = 0;  // of unsent_
  std::vector<uint8_t> partial_;
  bool watching_ = false;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<ClientLeg> MakeClientLeg(testing::ClientConnection& connection, uint16_t channel,
                                         const SharedParts& shared, LegOwner& owner) {
  if (!connection.is_stream())
    return std::make_unique<UdpLeg>(connection.fd(), channel, shared, owner);
  const StreamIo io(connection.fd(), connection.ssl());
  return std::make_unique<StreamLeg>(io, channel, shared, owner);
}

}  // namespace culvert::bench
