// Ports held for EVEN-PORT with R = 1 (RFC 8656 section 7.2): the odd one of a pair, bound, for 30
// s, until an Allocate brings its token. Server-wide: the client may come back over another
// transport, on another worker. Thread-safe.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "server/base/address.h"
#include "server/base/time.h"
#include "server/net/fd.h"
#include "server/relay/port_pool.h"
#include "server/turn/effects.h"

namespace culvert::relay {

struct ReservedPort {
  net::Fd socket;
  Endpoint local;
  std::string subject;  // whose it is; nobody else may redeem it
  Instant expires;
};

class Reservations {
 public:
  static constexpr seconds kHeld{30};

  // Ports that nobody came for go back to `ports`.
  explicit Reservations(PortPool& ports) : ports_(ports) {}

  // The token is random: 64 bits that cannot be guessed.
  turn::ReservationToken Hold(ReservedPort port);
  // nullopt when unknown, expired, or another subject's (then it stays).
  std::optional<ReservedPort> Redeem(turn::ReservationToken token, std::string_view subject,
                                     Instant now);
  // Drops what has expired.
  void Expire(Instant now);

 private:
  PortPool& ports_;
  std::mutex mutex_;
  std::unordered_map<turn::ReservationToken, ReservedPort> held_;
};

}  // namespace culvert::relay
