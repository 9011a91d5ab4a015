// What an operator may set about relaying; immutable while workers run, shared by all of them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "server/base/address.h"
#include "server/base/time.h"
#include "server/net/client_certificate.h"
#include "server/turn/failure_limits.h"

namespace culvert::relay {

// external-ip: clients are told `external` in place of `relay` (any relay address of the family
// when unset).
struct ExternalAddress {
  IpAddress external;
  std::optional<IpAddress> relay;
};

struct Settings {
  // --- addresses and ports of relays
  std::vector<IpAddress> relay_ips;  // empty: the address that the client reached
  // Used when the client reached an address of the other family; the machine's own, first is best.
  std::vector<IpAddress> local_ips;
  std::vector<ExternalAddress> external;
  uint16_t min_port = 49152;  // RFC 8656 section 7.2
  uint16_t max_port = 65535;

  // --- quotas; 0 is no limit
  uint32_t user_quota = 0;
  uint32_t total_quota = 0;
  uint64_t max_bytes_per_second = 0;       // of one allocation and direction
  uint64_t capacity_bytes_per_second = 0;  // handed out over all allocations

  // Allocations of users who were removed or barred go on to their end.
  bool keep_withdrawn = false;

  // client-cert-user: where a client's certificate says who it is; requests of others are 401.
  std::optional<net::CertificateField> certified_by;

  // --- clients' connections
  seconds allocate_timeout{60};  // a connection without an allocation is closed after it
  // TCP_USER_TIMEOUT and keep-alive of all connections.
  seconds dead_after{120};
  bool plain_streams = true;  // TURN over TCP on stream listeners
  bool tls_streams = true;    // TURN over TLS on stream listeners
  // Unsent media of one client: more rides out longer stalls, and makes what arrives then older.
  size_t media_queue_bytes = 256 * 1024;
  // Beyond this age a datagram is worth nothing to a call.
  Duration media_queue_age = milliseconds(500);
  // TCP_NOTSENT_LOWAT of control connections: what the kernel holds unsent can no longer be
  // dropped.
  uint32_t unsent_limit = 64 * 1024;
  // How long a half-closed data connection may be idle, and how long a closing one may take to
  // deliver what it has accepted.
  seconds half_closed_timeout{120};
  seconds linger_timeout{30};

  // --- rations of a worker
  // Handshake steps of one loop turn. More spares turns in a storm of new connections, each of
  // which looks for media first; fewer keeps media punctual: a step of a full handshake takes 0.3
  // to 0.5 ms.
  unsigned handshakes_per_turn = 1;
  // Steps of a worker that relays media which the handshake pool has at a time. More keep the pool
  // busy while the worker has much else to do; fewer make those that wait cost no more than a
  // connection that has said nothing.
  size_t handshakes_aside = 64;
  unsigned accepts_per_turn = 32;
  size_t max_connections = 100000;     // stream connections of a worker
  size_t max_pending_lookups = 10000;  // of a worker; more are answered 500
  // Datagrams a second that clients without a session may send, from one address and to one worker.
  // A client needs two or three to get its allocation; behind a carrier's NAT thousands share an
  // address.
  uint32_t strangers_per_source = 500;
  uint32_t strangers_in_total = 50000;
  // Error answers a second to datagrams from one address, without an allocation and without a right
  // key: what a forged source may draw upon its victim. 0: no limit.
  uint32_t unproven_answers_per_source = 500;
  turn::FailureRates failures;
  // DTLS associations that may begin in one loop turn, and that one listener of a worker holds.
  unsigned dtls_hellos_per_turn = 16;
  size_t max_dtls_clients = 20000;
  // A client's cut message, before and after it has an allocation.
  size_t max_partial_unknown = 8 * 1024;
};

}  // namespace culvert::relay
