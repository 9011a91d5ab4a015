// Media over UDP: datagrams of all clients at one port, each with its ChannelData header, to the
// peers' datagrams without it, and back.
#pragma once

#include <netinet/in.h>

#include <unordered_map>

#include "server/net/fd.h"
#include "tests/bench/forwarder/world.h"

namespace culvert::bench {

class UdpMedia {
 public:
  // `port` in host order. Invalid, and errno, on failure: see valid().
  UdpMedia(World& world, uint16_t port);
  ~UdpMedia();

  bool valid() const { return front_.valid(); }

 private:
  class Path;

  void OnFrontReadable();
  void Nothing() {}
  void TakeDatagram(const sockaddr_in& from, ByteView datagram);
  // Sends what was gathered for the path of the datagrams before.
  void SendGathered();
  void Greet(const sockaddr_in& from, ByteView hello);

  World& world_;
  net::Fd front_;
  std::unordered_map<uint64_t, std::unique_ptr<Path>> paths_;  // by client's address and port
  Path* gathered_ = nullptr;
  uint64_t gathered_key_ = 0;
  Handler<UdpMedia, &UdpMedia::OnFrontReadable, &UdpMedia::Nothing> handler_{*this};
};

}  // namespace culvert::bench
