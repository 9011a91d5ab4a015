// Bytes of a client's TCP connection to a TCP connection of its own to the target, and back.
#pragma once

#include <netinet/in.h>

#include "tests/bench/forwarder/splice.h"
#include "tests/bench/forwarder/world.h"

namespace culvert::bench {

class PlainRelay : public Mortal {
 public:
  // Owned by `world` from then on.
  static void Start(World& world, net::Fd client, const sockaddr_in& target);

  PlainRelay(World& world, net::Fd client, net::Fd target);

 private:
  void OnClientReadable() { Move(up_); }
  void OnClientWritable() { Move(down_); }
  void OnTargetReadable() { Move(down_); }
  void OnTargetWritable() { Move(up_); }
  void Move(Splice& splice);
  // Reading stops while what was read cannot leave.
  void WatchBoth();

  World& world_;
  const net::Fd client_;
  const net::Fd target_;
  Splice up_;
  Splice down_;
  bool up_held_ = false, down_held_ = false;  // at the last look
  bool buried_ = false;
  Handler<PlainRelay, &PlainRelay::OnClientReadable, &PlainRelay::OnClientWritable> client_handler_{
      *this};
  Handler<PlainRelay, &PlainRelay::OnTargetReadable, &PlainRelay::OnTargetWritable> target_handler_{
      *this};
};

// A TCP connection that does not block and may not stand yet; invalid when it cannot be made.
net::Fd ConnectTo(const sockaddr_in& target);

}  // namespace culvert::bench
