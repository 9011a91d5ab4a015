#include <sys/socket.h>

#include <utility>

#include "tests/support/loopback_peer.h"
#include "tests/support/numbered_bytes.h"
#include "tests/support/running_session.h"

namespace culvert::testing {
namespace {

constexpr uint16_t kChannel = 0x4000;
constexpr uint32_t kLifetime = 600;  // seconds
constexpr size_t kPacketSize = 160;  // 20 ms of G.711

class Media final : public RunningSession {
 public:
  Media(TurnClient client, const Endpoint& relayed, LoopbackPeer peer, uint64_t flow,
        size_t packets, std::string name)
      : RunningSession(std::move(name)),
        client_(std::move(client)),
        relayed_(relayed),
        peer_(std::move(peer)),
        packets_(packets),
        up_{2 * flow},
        down_{2 * flow + 1} {}

  void Send() override {
    uint8_t packet[kPacketSize];
    for (size_t i = 0; i < packets_ && healthy(); ++i) {
      WritePacket(up_.flow, up_.sent++, packet);
      Check("sending", client_.SendChannelData(kChannel, packet));
      WritePacket(down_.flow, down_.sent++, packet);
      if (!peer_.SendTo(relayed_, packet)) Fail("the peer's socket takes no packet");
      sent_ += 2;
    }
  }

  void Receive() override {
    while (healthy()) {
      auto event = client_.NextEvent(milliseconds(0));
      if (!event) {
        if (event.error().failure != ClientFailure::kTimeout) Check("receiving", event);
        break;
      }
      const auto* data = std::get_if<ChannelDataEvent>(&*event);
      if (data == nullptr || data->channel != kChannel) return Fail("what came is not its channel");
      Take(down_, "to the client", data->data);
    }
    uint8_t packet[2 * kPacketSize];
    for (;;) {
      const ssize_t size = recv(peer_.fd(), packet, sizeof packet, 0);
      if (size < 0) break;
      Take(up_, "to the peer", ByteView(packet).first(static_cast<size_t>(size)));
    }
  }

  bool AllArrived() const override { return up_.next == up_.sent && down_.next == down_.sent; }

  void Renew() override {
    if (!healthy() || !Check("refreshing", client_.Refresh(kLifetime))) return;
    Check("renewing the channel", client_.ChannelBind(kChannel, peer_.address()));
  }

  void End() override {
    if (healthy()) Check("ending", client_.Refresh(0));
  }

  std::vector<int> sockets() const override { return {client_fd(), peer_.fd()}; }

 private:
  struct Direction {
    uint64_t flow;
    uint64_t sent = 0;
    uint64_t next = 0;  // the number that comes next
  };

  int client_fd() const { return const_cast<TurnClient&>(client_).connection().fd(); }

  void Take(Direction& direction, const char* where, ByteView packet) {
    const auto number = ReadPacket(direction.flow, packet);
    if (!number) return Fail(std::string("a packet ") + where + " is damaged");
    if (*number != direction.next) {
      return Fail(std::string("packet ") + std::to_string(*number) + " came " + where +
                  " in place of " + std::to_string(direction.next));
    }
    ++direction.next;
    ++received_;
  }

  TurnClient client_;
  const Endpoint relayed_;
  LoopbackPeer peer_;
  const size_t packets_;
  Direction up_;
  Direction down_;
};

}  // namespace

ClientResult<RunningSessionPtr> OpenMedia(const ConnectionSettings& settings,
                                          const ClientCredentials& credentials, uint64_t flow,
                                          size_t packets) {
  LoopbackPeer peer(SOCK_DGRAM);
  auto client = TurnClient::Connect(settings, credentials);
  if (!client) return Failure{client.error()};
  client->set_timeout(settings.timeout);
  auto answer = client->Allocate({.lifetime = kLifetime});
  if (!answer) return Failure{answer.error()};
  if (auto bound = client->ChannelBind(kChannel, peer.address()); !bound) {
    return Failure{bound.error()};
  }
  std::string name = std::string("media over ") + ClientTransportName(settings.transport) + " " +
                     std::to_string(flow);
  return RunningSessionPtr(std::make_unique<Media>(
      std::move(*client), answer->relayed, std::move(peer), flow, packets, std::move(name)));
}

}  // namespace culvert::testing
