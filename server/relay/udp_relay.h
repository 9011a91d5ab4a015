// One relayed UDP address: its socket, and what peers send to it.
#pragma once

#include "server/base/address.h"
#include "server/net/fd.h"
#include "server/net/loop.h"
#include "server/net/udp_batch.h"
#include "server/turn/transport.h"

namespace culvert::relay {

class ClientSession;
class Worker;

class UdpRelay final : public net::Deletable, private net::FdHandler {
 public:
  // Takes a bound socket. `session` owns this.
  UdpRelay(Worker& worker, ClientSession& session, net::Fd socket, const Endpoint& local);
  ~UdpRelay() override;
  UdpRelay(const UdpRelay&) = delete;
  UdpRelay& operator=(const UdpRelay&) = delete;

  int fd() const { return socket_.get(); }
  const Endpoint& local() const { return local_; }
  // Where PeerBatch has gathered for this relay; -1 while it has not.
  int batch_place() const { return batch_place_; }
  void set_batch_place(int place) { batch_place_ = place; }
  // Sends one datagram that must not be fragmented (DONT-FRAGMENT, RFC 8656 section 11.1), at once.
  void SendUnfragmented(const Endpoint& peer, ByteView data);
  void CountSentToPeers(const net::UdpSender::Outcome& outcome);

 private:
  void OnReady(unsigned what) override;
  void Deliver(const net::Received& received);
  // ICMP errors about what we sent (RFC 8656 section 11.5).
  void ReadErrors();

  Worker& worker_;
  ClientSession& session_;
  const turn::Transport transport_;  // the client's
  net::Fd socket_;
  Endpoint local_;
  net::FdWatch watch_;
  int batch_place_ = -1;
  // How many datagrams the next receive asks for: follows what comes, as each unused place costs a
  // little.
  uint8_t expected_ = 1;
};

}  // namespace culvert::relay
