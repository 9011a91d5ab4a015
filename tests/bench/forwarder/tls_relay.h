// Bytes of a client's TLS connection to a TCP connection of its own to the target, and back.
#pragma once

#include <netinet/in.h>

#include <optional>

#include "tests/bench/forwarder/stream_socket.h"
#include "tests/bench/forwarder/world.h"

namespace culvert::bench {

class TlsRelay : public Mortal {
 public:
  // Owned by `world` from then on.
  static void Start(World& world, net::Fd client, SSL_CTX* tls, const sockaddr_in& target);

  TlsRelay(World& world, net::Fd client, SSL_CTX* tls, const sockaddr_in& target);

 private:
  void OnClientReadable();
  void OnClientWritable();
  void OnTargetReadable();
  void OnTargetWritable();
  bool ConnectToTarget();
  // Reading stops while what was read cannot leave.
  void WatchBoth();
  void End();

  World& world_;
  StreamSocket client_;
  const sockaddr_in address_;
  std::optional<StreamSocket> target_;
  bool watched_[2] = {false, false};  // client, target: unsent at the last look
  bool buried_ = false;
  Handler<TlsRelay, &TlsRelay::OnClientReadable, &TlsRelay::OnClientWritable> client_handler_{
      *this};
  Handler<TlsRelay, &TlsRelay::OnTargetReadable, &TlsRelay::OnTargetWritable> target_handler_{
      *this};
};

}  // namespace culvert::bench
