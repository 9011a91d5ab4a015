// A client over plain UDP: how its session's messages leave by the listener it came by.
#pragma once

#include "server/net/loop.h"
#include "server/relay/client_session.h"

namespace culvert::relay {

class UdpListener;

// Identifies a client on one listener: its address, and the one of ours that it uses.
struct UdpPath {
  Endpoint client;
  IpAddress local;
  friend bool operator==(const UdpPath&, const UdpPath&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const UdpPath& path) {
    return H::combine(std::move(h), path.client, path.local);
  }
};

class UdpClient final : public net::Deletable, private ClientLeg {
 public:
  UdpClient(Worker& worker, UdpListener& listener, const UdpPath& path);

  const UdpPath& path() const { return path_; }
  ClientSession& session() { return session_; }
  // Serves one datagram. The listener may drop the client only afterwards.
  void Serve(ByteView datagram);
  bool busy() const { return busy_; }

 private:
  void Send(const OutFrame& frame, bool reply) override;
  void OnSessionChanged() override;
  void JoinConnection(turn::ConnectionId) override {}

  Worker& worker_;
  UdpListener& listener_;
  const UdpPath path_;
  bool busy_ = false;
  ClientSession session_;
};

}  // namespace culvert::relay
