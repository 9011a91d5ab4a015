#include "server/config/consistency.h"

namespace culvert::config {
namespace {

using Complaint = std::optional<std::string>;

// Where the first of `names` that was set stands; the plain first name when none was.
std::string PlaceOf(const Places& places, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    const auto place = places.find(name);
    if (place != places.end()) return place->second;
  }
  return std::string(*names.begin());
}

bool HasCredentials(const Options& options) {
  return !options.users.empty() || !options.static_auth_secrets.empty() ||
         !options.oauth_keys.empty() || !options.redis_userdb.empty() ||
         !options.auth_plugin.empty();
}

Complaint CheckPorts(const Places& places, const Options& options) {
  if (options.min_port <= options.max_port) return std::nullopt;
  return PlaceOf(places, {"min-port", "max-port"}) + ": min-port " +
         std::to_string(options.min_port) + " is above max-port " +
         std::to_string(options.max_port);
}

Complaint CheckListeners(const Places& places, const Options& options) {
  if (options.udp || options.tcp || options.tls || options.dtls) return std::nullopt;
  return PlaceOf(places, {"no-udp", "no-tcp", "no-tls", "no-dtls"}) +
         ": no-udp, no-tcp, no-tls and no-dtls together leave nothing to listen on";
}

Complaint CheckAuthentication(const Places& places, const Options& options) {
  if (options.no_auth && (HasCredentials(options) || options.long_term_credentials ||
                          options.use_auth_secret || options.oauth)) {
    return PlaceOf(places, {"no-auth"}) + ": contradicts " +
           PlaceOf(places, {"user", "user-file", "static-auth-secret", "static-auth-secret-file",
                            "use-auth-secret", "oauth-key", "oauth-key-file", "oauth",
                            "redis-userdb", "auth-plugin", "lt-cred-mech"}) +
           "; anybody may relay with the one, not with the other";
  }
  // Redis may hold secrets for each realm.
  if (options.use_auth_secret && options.static_auth_secrets.empty() &&
      options.redis_userdb.empty()) {
    return PlaceOf(places, {"use-auth-secret"}) +
           ": there is no secret; give static-auth-secret or static-auth-secret-file";
  }
  if (options.secure_stun && !HasCredentials(options)) {
    return PlaceOf(places, {"secure-stun"}) +
           ": there are no credentials to ask for; give user, static-auth-secret or redis-userdb";
  }
  return std::nullopt;
}

Complaint CheckClientCertificates(const Places& places, const Options& options,
                                  std::vector<std::string>& warnings) {
  if (options.client_cert_user == CertificateUser::kNobody) return std::nullopt;
  const std::string place = PlaceOf(places, {"client-cert-user"});
  if (options.ca_file.empty()) {
    return place + ": whose certificates are to be believed? Give CA-file";
  }
  if (options.no_auth) {
    return place + ": contradicts " + PlaceOf(places, {"no-auth"}) +
           "; there is no user whom a certificate could name";
  }
  if (!options.tls && !options.dtls) {
    return place + ": no-tls and no-dtls leave nobody who could show a certificate";
  }
  if (options.udp || options.tcp) {
    warnings.push_back(place +
                       ": clients over plain UDP and TCP have no certificate, so they are refused; "
                       "no-udp and no-tcp do not even listen for them");
  }
  return std::nullopt;
}

Complaint CheckService(const Places& places, const Options& options) {
  if (options.stun_only && options.no_stun) {
    return PlaceOf(places, {"no-stun"}) +
           ": Binding is not answered and TURN is refused, so that nothing is served; give users "
           "or "
           "secrets, or drop no-stun or stun-only";
  }
  if (!options.stun_only && !options.udp_relay && !options.tcp_relay) {
    return PlaceOf(places, {"no-udp-relay"}) +
           ": no-udp-relay and no-tcp-relay together leave nothing to relay; stun-only says that";
  }
  return std::nullopt;
}

// An empty configuration is not an open relay.
void CloseOpenRelay(Options& options, std::vector<std::string>& warnings) {
  if (options.stun_only) return;
  if (options.no_auth) {
    warnings.push_back("no-auth: THIS IS AN OPEN RELAY: anybody may relay without credentials");
    return;
  }
  if (HasCredentials(options)) return;
  options.stun_only = true;
  warnings.push_back(
      "TURN IS REFUSED, only Binding is answered: there are neither users nor secrets. Set "
      "user=NAME:PASSWORD, static-auth-secret=SECRET or redis-userdb (or no-auth for an open "
      "relay)");
}

// An empty database of users is taken for one that has lost them (docs/redis.md), and is not empty
// for long where others are written to.
void WarnOfSharedDatabase(const Places& places, const Options& options,
                          std::vector<std::string>& warnings) {
  const auto warn = [&](const char* name, const std::string& connection) {
    if (connection.empty() || connection != options.redis_userdb) return;
    warnings.push_back(PlaceOf(places, {name}) +
                       ": the same database as redis-userdb: should it lose its data, users are "
                       "taken for removed; give one of the two another dbname");
  };
  warn("redis-quotadb", options.redis_quotadb);
  warn("redis-statsdb", options.redis_statsdb);
}

}  // namespace

std::optional<std::string> MakeConsistent(const Places& places, Options& options,
                                          std::vector<std::string>& warnings) {
  if (auto complaint = CheckPorts(places, options)) return complaint;
  if (auto complaint = CheckListeners(places, options)) return complaint;
  if (auto complaint = CheckAuthentication(places, options)) return complaint;
  if (HasCredentials(options)) options.long_term_credentials = true;
  if (options.bps_capacity != 0 && options.max_bps == 0) {
    warnings.push_back(
        PlaceOf(places, {"bps-capacity"}) +
        ": no effect without max-bps, which is what each allocation takes out of it");
  }
  WarnOfSharedDatabase(places, options, warnings);
  // Redis may hold keys of tokens.
  if (options.oauth && options.oauth_keys.empty() && options.redis_userdb.empty()) {
    options.oauth = false;
    warnings.push_back(PlaceOf(places, {"oauth"}) +
                       ": no effect without a key: give oauth-key, oauth-key-file or redis-userdb");
  }
  if (auto complaint = CheckClientCertificates(places, options, warnings)) return complaint;
  CloseOpenRelay(options, warnings);
  return CheckService(places, options);
}

}  // namespace culvert::config
