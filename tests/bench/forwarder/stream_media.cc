#include "tests/bench/forwarder/stream_media.h"

#include "server/stun/channel_data.h"
#include "tests/bench/bare_protocol.h"
#include "tests/bench/forwarder/relay_socket.h"

namespace culvert::bench {
namespace {

using stun::kChannelHeaderSize;

// A client that does not read loses what its peers send.
constexpr size_t kMostUnsent = size_t{1} << 20;

void AppendFrame(uint16_t channel, ByteView datagram, std::vector<uint8_t>* frames) {
  const size_t at = frames->size();
  frames->resize(at + stun::PaddedSize(kChannelHeaderSize + datagram.size()));
  uint8_t* const to = frames->data() + at;
  stun::StoreChannelHeader(to, channel, static_cast<uint16_t>(datagram.size()));
  std::copy(datagram.begin(), datagram.end(), to + kChannelHeaderSize);
}

}  // namespace

void StreamMedia::Start(World& world, net::Fd client, SSL_CTX* tls) {
  world.Adopt(std::make_unique<StreamMedia>(world, std::move(client), tls));
}

StreamMedia::StreamMedia(World& world, net::Fd client, SSL_CTX* tls)
    : world_(world), client_(std::move(client), tls) {
  world_.poller.Add(client_.fd(), &client_handler_);
}

void StreamMedia::OnClientReadable() {
  ByteView bytes = client_.Receive();
  if (!partial_.empty()) {
    partial_.insert(partial_.end(), bytes.begin(), bytes.end());
    bytes = partial_;
  }
  const ByteView rest = TakeFrames(bytes);
  if (relay_.valid()) world_.sender.Send(relay_.get(), nullptr);
  if (rest.empty()) {
    partial_.clear();
  } else {
    partial_ = std::vector<uint8_t>(rest.begin(), rest.end());
  }
  if (client_.ended()) End();
}

ByteView StreamMedia::TakeFrames(ByteView bytes) {
  while (bytes.size() >= kChannelHeaderSize) {
    const size_t size = kChannelHeaderSize + LoadBig16(bytes.data() + 2);
    const size_t padded = stun::PaddedSize(size);
    if (bytes.size() < padded) break;
    const uint16_t channel = LoadBig16(bytes.data());
    if (channel == kHelloChannel) {
      Greet(bytes.first(size));
    } else if (relay_.valid()) {
      channel_ = channel;
      world_.sender.Add(bytes.subspan(kChannelHeaderSize, size - kChannelHeaderSize));
    }
    bytes = bytes.subspan(padded);
  }
  return bytes;
}

void StreamMedia::Greet(ByteView frame) {
  const auto peer = ParseHello(frame);
  if (!peer) return;
  Hello answer = MakeHello(*peer);
  if (peer->port() != 0) {
    relay_ = OpenRelay(*peer, &answer);
    if (!relay_.valid()) return End();
    world_.poller.Add(relay_.get(), &relay_handler_);
    channel_ = stun::kFirstChannel;
  }
  client_.Send(answer);
}

void StreamMedia::OnRelayReadable() {
  if (buried_) return;
  world_.frames.clear();
  world_.reader.Receive(relay_.get(), [this](const sockaddr_in&, ByteView datagram) {
    AppendFrame(channel_, datagram, &world_.frames);
  });
  if (client_.unsent() > kMostUnsent) return;
  client_.Send(world_.frames);
  WatchUnsent();
}

void StreamMedia::OnClientWritable() {
  if (buried_) return;
  client_.Flush();
  WatchUnsent();
}

void StreamMedia::WatchUnsent() {
  const bool wanted = client_.unsent() > 0;
  if (wanted == watching_) return;
  watching_ = wanted;
  world_.poller.WatchWriting(client_.fd(), &client_handler_, wanted);
}

void StreamMedia::End() {
  if (buried_) return;
  buried_ = true;
  world_.poller.Remove(client_.fd());
  if (relay_.valid()) world_.poller.Remove(relay_.get());
  world_.Bury(this);
}

}  // namespace culvert::bench
