// The tables of one allocation: relayed addresses, permissions, channels (RFC 8656 sections 3, 9,
// 12).
//
// This is what the data path asks, packet by packet, without effects and without virtual calls.
// Every look-up checks deadlines against `now`, so a late timer never extends anything.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "auth/contract.h"
#include "server/base/address.h"
#include "server/base/time.h"
#include "server/stun/protocol.h"
#include "server/turn/effects.h"

namespace culvert::turn {

// RFC 8656 section 9: a peer's IP address and a deadline, nothing else.
struct Permission {
  IpAddress peer;  // key
  Instant expires;
};

// RFC 8656 section 12. Number and peer are both keys; neither may occur twice.
struct Channel {
  uint16_t number;
  PeerAddress peer;
  Instant expires;
  // Copy of the deadline of the peer's permission, kept equal by the table: one look-up per packet.
  Instant permitted_until;
};

// Where a peer's datagram goes.
struct Inbound {
  enum class Kind : uint8_t { kDrop, kIndication, kChannel } kind;
  uint16_t channel;  // for kChannel
};

// One relayed transport address with what hangs on it. A dual allocation has two (RFC 8656 section
// 8: each keeps its own time, permissions and channels).
class RelayTable {
 public:
  RelayTable(RelayedAddress relayed, Instant expires) : relayed_(relayed), expires_(expires) {}

  const RelayedAddress& relayed() const { return relayed_; }
  Instant expires() const { return expires_; }
  void set_expires(Instant at) { expires_ = at; }

  // --- data path
  // The peer bound to `number`, or null with the reason.
  const Channel* RouteChannel(uint16_t number, Instant now, Drop* why) const;
  // Whether a Send indication may go to `peer`.
  bool Permits(const IpAddress& peer, Instant now) const;
  Inbound RouteInbound(const PeerAddress& peer, Instant now) const;

  // --- control
  // Installs or refreshes. False when `limit` entries are live already.
  bool InstallPermission(const IpAddress& peer, Instant now, Instant expires, size_t limit);
  // Whether `number` or `peer` is bound, but not to each other.
  bool Conflicts(uint16_t number, const PeerAddress& peer, Instant now) const;
  enum class BindResult : uint8_t { kBound, kConflict, kFull };
  // Binds or refreshes (RFC 8656 section 12.2); kConflict when number or peer is bound otherwise
  // and not expired.
  BindResult BindChannel(uint16_t number, const PeerAddress& peer, Instant now, Instant expires,
                         size_t limit);
  // Room for one more permission per `count` new peers, without installing any (all or nothing).
  size_t LivePermissions(Instant now) const;

  // Forgets what expired; returns the next deadline among what is left (kNever if none).
  Instant Expire(Instant now);

  const std::vector<Permission>& permissions() const { return permissions_; }
  const std::vector<Channel>& channels() const { return channels_; }

 private:
  RelayedAddress relayed_;
  Instant expires_;
  std::vector<Permission>
      permissions_;                // sorted by peer; few, so a sorted array is smallest and fastest
  std::vector<Channel> channels_;  // sorted by number
};

class TcpConnections;  // tcp_connections.h

// The allocation of one client 5-tuple.
struct Allocation {
  ~Allocation();
  Allocation();

  uint8_t protocol = stun::kTransportUdp;  // of the relayed side: UDP (17) or TCP (6)
  stun::TransactionId created_by{};  // of the Allocate request: a retransmission is answered again
  std::optional<ReservationToken> reservation;        // as in the success answer
  std::optional<stun::ErrorCode> other_family_error;  // as in ADDRESS-ERROR-CODE of the answer
  seconds lifetime{0};                                // as last granted
  auth::CredentialPtr credential;                     // whose allocation it is; null with no-auth
  std::optional<RelayTable> v4;
  std::optional<RelayTable> v6;
  std::unique_ptr<TcpConnections> connections;  // for protocol 6 only

  RelayTable* table(Family family) {
    auto& t = family == Family::kIPv4 ? v4 : v6;
    return t ? &*t : nullptr;
  }
  const RelayTable* table(Family family) const {
    const auto& t = family == Family::kIPv4 ? v4 : v6;
    return t ? &*t : nullptr;
  }
};

}  // namespace culvert::turn
