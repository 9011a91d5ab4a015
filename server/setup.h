// From the operator's options to what each room wants to know. Nothing is opened here.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "auth/contract.h"
#include "auth/nonce.h"
#include "server/base/keyed_hash.h"
#include "server/base/result.h"
#include "server/config/options.h"
#include "server/net/tls_context.h"
#include "server/observe/log.h"
#include "server/relay/settings.h"
#include "server/turn/peer_policy.h"
#include "server/turn/settings.h"

namespace culvert {

// An address that clients reach, and what is spoken there.
struct ListenerPlan {
  Endpoint at;
  bool udp = false;  // plain TURN in datagrams
  bool dtls = false;
  bool stream = false;  // TCP, TLS, or both, told apart by the first byte
};

// `has_certificate`: TLS and DTLS can be served. `addresses`: the machine's own.
std::vector<ListenerPlan> PlanListeners(const config::Options& options, bool has_certificate,
                                        const std::vector<IpAddress>& addresses);

// What of ours no peer may be: the listeners, on each of `addresses` where they are wildcards and
// on external addresses, too, and the admin pages.
std::vector<Endpoint> OwnEndpoints(const config::Options& options,
                                   const std::vector<ListenerPlan>& plan,
                                   const std::vector<IpAddress>& addresses);

// The realm to serve: the operator's, the host's domain, or "culvert".
std::string RealmOf(const config::Options& options);
// The name that tokens are sealed for (RFC 7635): server-name, else the realm.
std::string ServerNameOf(const config::Options& options);
turn::Settings TurnSettings(const config::Options& options);
turn::PeerRules PeerRulesOf(const config::Options& options);
relay::Settings RelaySettings(const config::Options& options,
                              const std::vector<IpAddress>& addresses);
net::TlsSettings TlsSettingsOf(const config::Options& options);
observe::LogOptions LogOptionsOf(const config::Options& options);

// From cluster-secret, or random: then nonces and handles are worth nothing after a restart, or on
// another node.
auth::ClusterKey ClusterKeyOf(const config::Options& options);
// For tables whose keys strangers choose.
HashKey RandomHashKey();

// What challenges announce, where the users have it.
auth::SecurityFeatures FeaturesOf(const config::Options& options, const auth::Offers& offers);

// Overwrites passwords and secrets in `options`, once the providers have their keys (RFC 8656
// section 6: a server does not store passwords).
void ForgetSecrets(config::Options* options);

}  // namespace culvert
