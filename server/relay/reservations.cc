#include "server/relay/reservations.h"

#include <openssl/rand.h>

#include <utility>

namespace culvert::relay {

turn::ReservationToken Reservations::Hold(ReservedPort port) {
  const std::lock_guard lock(mutex_);
  turn::ReservationToken token = 0;
  do {
    RAND_bytes(reinterpret_cast<unsigned char*>(&token), sizeof token);
  } while (held_.contains(token));
  held_.emplace(token, std::move(port));
  return token;
}

std::optional<ReservedPort> Reservations::Redeem(turn::ReservationToken token,
                                                 std::string_view subject, Instant now) {
  const std::lock_guard lock(mutex_);
  const auto found = held_.find(token);
  if (found == held_.end() || found->second.expires <= now || found->second.subject != subject) {
    return std::nullopt;
  }
  ReservedPort port = std::move(found->second);
  held_.erase(found);
  return port;
}

void Reservations::Expire(Instant now) {
  const std::lock_guard lock(mutex_);
  for (auto it = held_.begin(); it != held_.end();) {
    if (it->second.expires > now) {
      ++it;
      continue;
    }
    const Endpoint local = it->second.local;
    it = held_.erase(it);
    ports_.Release(local.ip(), stun::kTransportUdp, local.port());
  }
}

}  // namespace culvert::relay
