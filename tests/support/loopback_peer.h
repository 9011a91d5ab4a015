// The far side of a relay: sockets on 127.0.0.1 that never block.
#pragma once

#include "server/base/address.h"
#include "server/net/fd.h"
#include "tests/support/client_connection.h"

namespace culvert::testing {

// Bound to a free port of 127.0.0.1; `type` is SOCK_STREAM, which listens, or SOCK_DGRAM.
class LoopbackPeer {
 public:
  explicit LoopbackPeer(int type);

  bool valid() const { return fd_.valid(); }
  int fd() const { return fd_.get(); }
  const Endpoint& address() const { return address_; }
  // The next connection.
  ClientResult<ClientConnection> Accept(milliseconds timeout) const;
  // False when the kernel did not take it.
  bool SendTo(const Endpoint& to, ByteView datagram) const;

 private:
  net::Fd fd_;
  Endpoint address_;
};

}  // namespace culvert::testing
