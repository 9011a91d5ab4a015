#include "tests/bench/forwarder/udp_media.h"

#include "server/stun/channel_data.h"
#include "tests/bench/bare_protocol.h"
#include "tests/bench/forwarder/relay_socket.h"

namespace culvert::bench {
namespace {

using stun::kChannelHeaderSize;

uint64_t KeyOf(const sockaddr_in& address) {
  return uint64_t{address.sin_addr.s_addr} << 16 | address.sin_port;
}

sockaddr_in LoopbackPort(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

}  // namespace

// One client and its relay socket.
class UdpMedia::Path : public Pollable {
 public:
  Path(World& world, int front, const sockaddr_in& client, net::Fd relay)
      : world_(world), front_(front), client_(client), relay_(std::move(relay)) {
    world_.poller.Add(relay_.get(), this);
  }

  int relay() const { return relay_.get(); }

  void OnReadable() override {
    std::vector<uint8_t>& frames = world_.frames;
    frames.clear();
    sizes_.clear();
    world_.reader.Receive(relay_.get(), [this, &frames](const sockaddr_in&, ByteView datagram) {
      const size_t at = frames.size();
      frames.resize(at + kChannelHeaderSize + datagram.size());
      stun::StoreChannelHeader(frames.data() + at, stun::kFirstChannel,
                               static_cast<uint16_t>(datagram.size()));
      std::copy(datagram.begin(), datagram.end(), frames.data() + at + kChannelHeaderSize);
      sizes_.push_back(kChannelHeaderSize + datagram.size());
    });
    ByteView rest = frames;
    for (const size_t size : sizes_) {
      world_.sender.Add(rest.first(size));
      rest = rest.subspan(size);
    }
    world_.sender.Send(front_, &client_);
  }

 private:
  World& world_;
  const int front_;
  const sockaddr_in client_;
  const net::Fd relay_;
  std::vector<size_t> sizes_;
};

UdpMedia::UdpMedia(World& world, uint16_t port)
    : world_(world), front_(OpenUdp(LoopbackPort(port))) {
  if (valid()) world_.poller.Add(front_.get(), &handler_);
}

UdpMedia::~UdpMedia() = default;

void UdpMedia::OnFrontReadable() {
  world_.reader.Receive(front_.get(), [this](const sockaddr_in& from, ByteView datagram) {
    TakeDatagram(from, datagram);
  });
  SendGathered();
}

void UdpMedia::TakeDatagram(const sockaddr_in& from, ByteView datagram) {
  if (datagram.size() < kChannelHeaderSize) return;
  if (LoadBig16(datagram.data()) == kHelloChannel) return Greet(from, datagram);
  const uint64_t key = KeyOf(from);
  if (gathered_ == nullptr || key != gathered_key_) {
    SendGathered();
    const auto path = paths_.find(key);
    if (path == paths_.end()) return;
    gathered_ = path->second.get();
    gathered_key_ = key;
  }
  world_.sender.Add(datagram.subspan(kChannelHeaderSize));
}

void UdpMedia::SendGathered() {
  if (gathered_ != nullptr) world_.sender.Send(gathered_->relay(), nullptr);
  gathered_ = nullptr;
}

void UdpMedia::Greet(const sockaddr_in& from, ByteView hello) {
  SendGathered();
  const auto peer = ParseHello(hello);
  if (!peer) return;
  Hello answer = MakeHello(*peer);
  if (peer->port() != 0) {
    net::Fd relay = OpenRelay(*peer, &answer);
    if (!relay.valid()) return;
    paths_[KeyOf(from)] = std::make_unique<Path>(world_, front_.get(), from, std::move(relay));
  }
  sendto(front_.get(), answer.data(), answer.size(), MSG_NOSIGNAL,
         reinterpret_cast<const sockaddr*>(&from), sizeof from);
}

}  // namespace culvert::bench
