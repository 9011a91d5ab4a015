// Media over TCP or TLS: ChannelData of a client's stream to the peer's datagrams and back.
#pragma once

#include "tests/bench/forwarder/stream_socket.h"
#include "tests/bench/forwarder/world.h"

namespace culvert::bench {

class StreamMedia : public Mortal {
 public:
  // Owned by `world` from then on.
  static void Start(World& world, net::Fd client, SSL_CTX* tls);

  StreamMedia(World& world, net::Fd client, SSL_CTX* tls);

 private:
  void OnClientReadable();
  void OnClientWritable();
  void OnRelayReadable();
  void Nothing() {}
  // Takes the frames at the front of `bytes`; the rest of it.
  ByteView TakeFrames(ByteView bytes);
  void Greet(ByteView frame);
  void WatchUnsent();
  void End();

  World& world_;
  StreamSocket client_;
  net::Fd relay_;  // once the peer is known
  std::vector<uint8_t> partial_;
  uint16_t channel_ = 0;
  bool watching_ = false;
  bool buried_ = false;
  Handler<StreamMedia, &StreamMedia::OnClientReadable, &StreamMedia::OnClientWritable>
      client_handler_{*this};
  Handler<StreamMedia, &StreamMedia::OnRelayReadable, &StreamMedia::Nothing> relay_handler_{*this};
};

}  // namespace culvert::bench
