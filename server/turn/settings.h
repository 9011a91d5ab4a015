// What an operator may set about the protocol; immutable while a session runs, shared by all
// workers.
#pragma once

#include <string>

#include "auth/nonce.h"
#include "server/base/time.h"
#include "server/stun/integrity.h"
#include "server/stun/protocol.h"
#include "server/turn/realms.h"

namespace culvert::turn {

struct Settings {
  Realms realms;
  // SOFTWARE in answers (RFC 8489 section 14.14); empty leaves it out.
  std::string software = "Culvert";

  seconds default_lifetime{600};     // RFC 8656 section 3.2
  seconds max_lifetime{3600};        // RFC 8656 section 7.2 recommends at most an hour
  seconds permission_lifetime{300};  // RFC 8656 section 9
  seconds channel_lifetime{600};     // RFC 8656 section 12

  bool authenticate = true;     // false: no-auth, an open relay by the operator's word
  bool secure_binding = false;  // secure-stun: Binding wants credentials, too
  // What every challenge announces (RFC 8489 section 9.2): only what holds for all users.
  auth::SecurityFeatures features;
  // A shorter MESSAGE-INTEGRITY-SHA256 is 401. RFC 8489 section 14.6 wants all 32 bytes unless the
  // usage says otherwise, and TURN does not; 16 is the least that there is.
  size_t least_sha256_integrity = stun::kSha256Size;
  // THIRD-PARTY-AUTHORIZATION in challenges (RFC 7635 section 6.1): the name that an authorization
  // server knows this relay by; empty where no tokens are taken.
  std::string third_party_authorization;
  bool udp_relay = true;  // no-udp-relay
  bool tcp_relay = true;  // no-tcp-relay
  bool ipv4_relay = true;
  bool ipv6_relay = true;
  bool stun_only = false;
  bool no_stun = false;      // Binding is not answered
  bool fingerprint = false;  // always; otherwise mirrored from the request

  // Highest channel number that may be bound: RFC 8656's, or stun::kLastChannelRfc5766 for older
  // clients.
  uint16_t last_channel = stun::kLastChannel;

  // Bounds per allocation (508 beyond). Permissions are per peer IP; ICE needs one per remote
  // candidate.
  size_t max_permissions = 256;
  size_t max_channels = 256;
  // Peer connections of a TCP allocation, in every state.
  size_t max_connections = 256;

  // RFC 6062 sections 5.2 and 5.3: at least 30 s, and below the 39.5 s after which a client gives
  // up.
  seconds connect_timeout{32};
  seconds bind_timeout{30};
};

}  // namespace culvert::turn
