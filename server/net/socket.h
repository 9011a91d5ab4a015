// Opening sockets of the kinds a relay needs, with the options that each kind wants. Errors carry
// errno and the step that failed, so that a person can be told what to do.
#pragma once

#include <string>

#include "server/base/address.h"
#include "server/base/result.h"
#include "server/base/time.h"
#include "server/net/fd.h"
#include "server/net/syscalls.h"

namespace culvert::net {

struct SocketError {
  int error;         // errno
  const char* step;  // "socket", "bind", "listen", "connect"
  // "bind 0.0.0.0:443: Permission denied"; for a port below 1024 or one that is taken also what to
  // do.
  std::string Explain(const Endpoint& where) const;
};

// A listener that shares its port with the other workers' (SO_REUSEPORT). A UDP one on
// all addresses reports which of them a datagram hit (IP_PKTINFO); it coalesces runs (UDP_GRO). An
// IPv6 listener takes IPv6 only.
Result<Fd, SocketError> OpenUdpListener(Syscalls& sys, const Endpoint& at);
Result<Fd, SocketError> OpenTcpListener(Syscalls& sys, const Endpoint& at);

// A relayed UDP address. Exclusive: the kernel is the arbiter of who has a port, over all workers
// and processes. Fragments rather than discovers the path's MTU (RFC 8656 section 15), reports ICMP
// errors on its error queue, coalesces runs.
Result<Fd, SocketError> OpenUdpRelay(Syscalls& sys, const Endpoint& at);

// A relayed TCP address, listening (RFC 6062 section 5.1). Exclusive against everybody else, but
// open for OpenPeerConnection from the same address.
Result<Fd, SocketError> OpenTcpRelay(Syscalls& sys, const Endpoint& at);

// Starts connecting from `from`, the address of a TCP relay, to `to`. The result is writable once
// the outcome is known: see ConnectOutcome.
Result<Fd, SocketError> OpenPeerConnection(Syscalls& sys, const Endpoint& from, const Endpoint& to);
// errno of a finished connect, 0 when it succeeded.
int ConnectOutcome(int fd);

// The local address of a bound socket.
Endpoint LocalEndpoint(int fd);

// No Nagle, keep-alive probes, and TCP_USER_TIMEOUT: a dead other side is noticed within
// `dead_after`.
void TuneStream(int fd, seconds dead_after);
// How much unsent data the kernel holds before it stops taking more; 0 is the kernel's own choice.
void SetUnsentLimit(int fd, uint32_t bytes);
// What was sent and not yet acknowledged by the other side's kernel.
size_t UnacknowledgedBytes(int fd);
// Nothing can be sent or received any more: RST came, or both sides have sent FIN.
bool HungUp(int fd);
// The next close sends RST.
void ResetOnClose(int fd);
// DF on what leaves a UDP relay (RFC 8656 section 15): true is "set DF", false "fragment".
void SetDontFragment(int fd, Family family, bool on);

}  // namespace culvert::net
