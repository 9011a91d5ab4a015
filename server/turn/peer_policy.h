// Which peers may be talked to. Built once from the configuration, immutable, shared by all
// workers.
//
// Refused unless the operator allows them: unspecified, loopback, link-local, multicast, broadcast
// and reserved addresses, Teredo and 6to4 (RFC 8656 section 21.4), and the relay's own listeners.
// Every spelling of an IPv4 address inside an IPv6 one (mapped, compatible, NAT64, 6to4) is judged
// as that IPv4 address, too: each spelling must be allowed. For one spelling the first of these
// that names it decides: the user's allowed ranges, the user's denied, allowed-peer-ip,
// denied-peer-ip, the refused kinds of addresses; what none names is allowed (private addresses
// are: an IMS core lives there). The listeners are never allowed.
#pragma once

#include <vector>

#include "auth/contract.h"
#include "server/base/address.h"
#include "server/base/address_range.h"

namespace culvert::turn {

struct PeerRules {
  std::vector<AddressRange> allowed;  // allowed-peer-ip
  std::vector<AddressRange> denied;   // denied-peer-ip
  bool allow_loopback = false;        // allow-loopback-peers
  bool allow_multicast = false;       // the contrary of no-multicast-peers, which is our default
};

// Teredo (2001::/32) and 6to4 (2002::/16): tunnels, whose addresses RFC 8656 section 21.4 forbids
// in requests, as the client's own, too.
bool IsTunnelAddress(const IpAddress& ip);

class PeerPolicy {
 public:
  // `listeners` are the addresses that clients connect to, with 0.0.0.0 or :: expanded to
  // the machine's own addresses by the caller.
  PeerPolicy(PeerRules rules, std::vector<Endpoint> listeners);

  // For rules that know an address only (CreatePermission, incoming peers). `user` may add ranges.
  bool AllowsAddress(const IpAddress& peer, const auth::Policy* user = nullptr) const;
  // For rules that know the port, too (ChannelBind, Send, Connect): AllowsAddress and not a
  // listener.
  bool AllowsEndpoint(const Endpoint& peer, const auth::Policy* user = nullptr) const;
  // AllowsEndpoint's second half alone, for the data path: the address was judged when its
  // permission was made.
  bool IsListener(const Endpoint& peer) const;

 private:
  bool AllowsSpelling(const IpAddress& spelling, const auth::Policy* user) const;

  PeerRules rules_;
  std::vector<AddressRange> refused_;  // the refused kinds, without what the rules lift
  std::vector<Endpoint> listeners_;    // sorted, IPv4-mapped ones as IPv4
};

}  // namespace culvert::turn
