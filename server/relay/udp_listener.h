// A UDP port that clients send to, and the sessions behind it: one per source address (and local
// address, on a wildcard listener). A datagram that opens nothing leaves nothing: a session is kept
// only while it has an allocation or waits for a credential. DTLS comes in by the same port, told
// apart by the first byte (RFC 7983).
#pragma once

#include <absl/container/flat_hash_map.h>

#include <memory>

#include "server/base/address.h"
#include "server/net/dtls.h"
#include "server/net/fd.h"
#include "server/net/loop.h"
#include "server/net/udp_batch.h"
#include "server/relay/dtls_client.h"
#include "server/relay/udp_client.h"

namespace culvert::relay {

class Worker;

class UdpListener final : private net::FdHandler {
 public:
  // `plain`, `dtls`: what is served here.
  UdpListener(Worker& worker, net::Fd socket, const Endpoint& at, bool plain, bool dtls);
  ~UdpListener();

  int fd() const { return socket_.get(); }
  net::UdpSender& sender() { return sender_; }
  // Bound to 0.0.0.0 or ::, so that answers must name their source address.
  bool any_address() const { return at_.ip().is_unspecified(); }

  // The DTLS context was replaced; handshakes in progress go on with the old one.
  void ReloadTls();
  // Newcomers are not served any more.
  void StopReading() { watch_.Stop(); }

 private:
  friend class UdpClient;
  friend class DtlsClient;

  void OnReady(unsigned what) override;
  void Receive(const net::Received& received);
  void Serve(const UdpPath& path, ByteView datagram);
  void ServePlain(const UdpPath& path, ByteView datagram);
  void ServeDtls(const UdpPath& path, ByteView datagram);
  void CountStranger();
  // Drops a client that has neither an allocation nor a pending request.
  void Settle(UdpClient& client);
  void Remove(DtlsClient& client);
  turn::Path TurnPath(const UdpPath& path, turn::Transport transport) const {
    return {transport, ClientAddress(path.client), ServerAddress(path.local, at_.port())};
  }

  Worker& worker_;
  net::Fd socket_;
  const Endpoint at_;
  const bool plain_;
  const bool dtls_;
  net::FdWatch watch_;
  net::UdpSender sender_;
  std::unique_ptr<net::DtlsListener> dtls_listener_;
  absl::flat_hash_map<UdpPath, std::unique_ptr<UdpClient>> clients_;
  absl::flat_hash_map<UdpPath, std::unique_ptr<DtlsClient>> dtls_clients_;
};

}  // namespace culvert::relay
