#include "server/setup.h"

#include <openssl/rand.h>

#include <algorithm>
#include <utility>

#include "server/base/secret_text.h"
#include "server/net/machine.h"
#include "server/stun/integrity.h"

namespace culvert {
namespace {

std::vector<IpAddress> ListeningAddresses(const config::Options& options,
                                          const std::vector<IpAddress>& addresses) {
  if (!options.listening_ips.empty()) return options.listening_ips;
  std::vector<IpAddress> all = {IpAddress::Any(Family::kIPv4)};
  if (std::any_of(addresses.begin(), addresses.end(),
                  [](const IpAddress& ip) { return !ip.is_v4(); })) {
    all.push_back(IpAddress::Any(Family::kIPv6));
  }
  return all;
}

// Adds what is spoken at `wanted.at` to the plan, which has each address once.
void Merge(std::vector<ListenerPlan>* plan, const ListenerPlan& wanted) {
  if (!wanted.udp && !wanted.dtls && !wanted.stream) return;
  const auto found = std::find_if(plan->begin(), plan->end(),
                                  [&](const ListenerPlan& p) { return p.at == wanted.at; });
  if (found == plan->end()) {
    plan->push_back(wanted);
    return;
  }
  found->udp |= wanted.udp;
  found->dtls |= wanted.dtls;
  found->stream |= wanted.stream;
}

std::optional<net::CertificateField> CertifiedBy(config::CertificateUser user) {
  switch (user) {
    case config::CertificateUser::kNobody:
      return std::nullopt;
    case config::CertificateUser::kCommonName:
      return net::CertificateField::kCommonName;
    case config::CertificateUser::kDns:
      return net::CertificateField::kDns;
    case config::CertificateUser::kEmail:
      return net::CertificateField::kEmail;
    case config::CertificateUser::kUri:
      return net::CertificateField::kUri;
  }
  return std::nullopt;
}

}  // namespace

std::vector<ListenerPlan> PlanListeners(const config::Options& options, bool has_certificate,
                                        const std::vector<IpAddress>& addresses) {
  const bool tls = options.tls && has_certificate;
  const bool dtls = options.dtls && has_certificate;
  const bool stream = options.tcp || tls;
  std::vector<ListenerPlan> plan;
  for (const IpAddress& ip : ListeningAddresses(options, addresses)) {
    for (const uint16_t port : {options.listening_port, options.alt_listening_port}) {
      if (port != 0) Merge(&plan, {Endpoint(ip, port), options.udp, dtls, stream});
    }
    for (const uint16_t port : {options.tls_listening_port, options.alt_tls_listening_port}) {
      if (port == 0 || (!tls && !dtls)) continue;
      Merge(&plan, {Endpoint(ip, port), options.udp && dtls, dtls, tls});
    }
    for (const uint16_t port : options.extra_tls_ports) {
      if (tls) Merge(&plan, {Endpoint(ip, port), false, false, true});
    }
    for (const uint16_t port : options.extra_tcp_ports) {
      Merge(&plan, {Endpoint(ip, port), false, false, stream});
    }
  }
  for (const Endpoint& at : options.aux_servers) Merge(&plan, {at, options.udp, dtls, stream});
  return plan;
}

std::vector<Endpoint> OwnEndpoints(const config::Options& options,
                                   const std::vector<ListenerPlan>& plan,
                                   const std::vector<IpAddress>& addresses) {
  std::vector<Endpoint> all;
  const auto add = [&](const Endpoint& at) {
    if (!at.ip().is_unspecified()) return all.push_back(at);
    for (const IpAddress& ip : addresses) {
      if (ip.family() == at.family()) all.emplace_back(ip, at.port());
    }
  };
  for (const ListenerPlan& listener : plan) {
    add(listener.at);
    for (const config::ExternalIp& mapping : options.external_ips) {
      if (mapping.external.family() == listener.at.family()) {
        all.emplace_back(mapping.external, listener.at.port());
      }
    }
  }
  if (options.admin) add(options.admin_address);
  return all;
}

std::string RealmOf(const config::Options& options) {
  if (!options.realm.empty()) return options.realm;
  const std::string domain = net::HostDomain();
  return domain.empty() ? "culvert" : domain;
}

std::string ServerNameOf(const config::Options& options) {
  return options.server_name.empty() ? RealmOf(options) : options.server_name;
}

turn::Settings TurnSettings(const config::Options& options) {
  turn::Settings settings;
  settings.realms = turn::Realms(RealmOf(options));
  for (const config::RealmOf& choice : options.realms_of) {
    settings.realms.Add(choice.origin, choice.realm);
  }
  if (options.oauth) settings.third_party_authorization = ServerNameOf(options);
  settings.least_sha256_integrity = options.least_sha256_integrity;
  if (!options.software_attribute) settings.software.clear();
  settings.max_lifetime = options.max_allocate_lifetime;
  settings.permission_lifetime = options.permission_lifetime;
  settings.channel_lifetime = options.channel_lifetime;
  settings.authenticate = !options.no_auth;
  settings.secure_binding = options.secure_stun;
  settings.udp_relay = options.udp_relay;
  settings.tcp_relay = options.tcp_relay;
  settings.stun_only = options.stun_only;
  settings.no_stun = options.no_stun;
  settings.fingerprint = options.fingerprint;
  if (options.rfc5766_channel_numbers) settings.last_channel = stun::kLastChannelRfc5766;
  settings.max_connections = options.max_connections_per_allocation;
  return settings;
}

auth::SecurityFeatures FeaturesOf(const config::Options& options, const auth::Offers& offers) {
  const bool announced = options.password_algorithms != config::PasswordAlgorithms::kNone;
  const bool best = options.password_algorithms == config::PasswordAlgorithms::kAuto;
  return {.password_algorithms = announced,
          .username_anonymity = options.userhash && offers.userhash,
          .sha256 = best && offers.sha256};
}

turn::PeerRules PeerRulesOf(const config::Options& options) {
  return {options.allowed_peers, options.denied_peers, options.allow_loopback_peers,
          options.allow_multicast_peers};
}

relay::Settings RelaySettings(const config::Options& options,
                              const std::vector<IpAddress>& addresses) {
  relay::Settings settings;
  settings.relay_ips = options.relay_ips;
  for (const IpAddress& ip : addresses) {
    const bool link_local = !ip.is_v4() && ip.bytes()[0] == 0xfe && (ip.bytes()[1] & 0xc0) == 0x80;
    if (!ip.is_loopback() && !link_local) settings.local_ips.push_back(ip);
  }
  for (const config::ExternalIp& mapping : options.external_ips) {
    settings.external.push_back({mapping.external, mapping.relay});
  }
  settings.min_port = options.min_port;
  settings.max_port = options.max_port;
  settings.user_quota = options.user_quota;
  settings.total_quota = options.total_quota;
  settings.max_bytes_per_second = options.max_bps;
  settings.capacity_bytes_per_second = options.bps_capacity;
  settings.keep_withdrawn = options.keep_withdrawn;
  settings.certified_by = CertifiedBy(options.client_cert_user);
  settings.allocate_timeout = options.max_allocate_timeout;
  if (options.unauthorized_ratelimit) {
    settings.unproven_answers_per_source = options.unauthorized_ratelimit_rps;
    // What may be answered must be let in.
    settings.strangers_per_source =
        std::max(settings.strangers_per_source, options.unauthorized_ratelimit_rps);
  } else {
    settings.unproven_answers_per_source = 0;
    settings.strangers_per_source = 0;
    settings.strangers_in_total = 0;
  }
  settings.failures = {options.auth_failures_per_source, options.auth_failures_per_user};
  settings.plain_streams = options.tcp;
  settings.tls_streams = options.tls;
  return settings;
}

net::TlsSettings TlsSettingsOf(const config::Options& options) {
  net::TlsSettings settings;
  settings.cert_file = options.cert;
  settings.pkey_file = options.pkey;
  settings.pkey_password = options.pkey_password;
  settings.cipher_list = options.cipher_list;
  settings.dh_file = options.dh_file;
  settings.ec_curve_name = options.ec_curve_name;
  settings.ca_file = options.ca_file;
  settings.tls_1_2 = options.tls_1_2;
  return settings;
}

observe::LogOptions LogOptionsOf(const config::Options& options) {
  observe::LogOptions log;
  if (options.log_format == config::LogFormat::kJson) {
    log.format = observe::LogOptions::Format::kJson;
  }
  if (options.syslog || options.log_file == "syslog") {
    log.output = observe::LogOptions::Output::kSyslog;
    log.facility = options.syslog_facility;
  } else if (options.log_file != "stdout" && options.log_file != "-") {
    log.output = observe::LogOptions::Output::kFile;
    log.path = options.log_file;
  }
  log.least = observe::LevelForVerbosity(options.verbosity);
  return log;
}

auth::ClusterKey ClusterKeyOf(const config::Options& options) {
  auth::ClusterKey key;
  if (options.cluster_secret.empty()) {
    RAND_bytes(key.data(), static_cast<int>(key.size()));
    return key;
  }
  return stun::HmacSha256(AsBytes(options.cluster_secret), AsBytes("culvert cluster key"));
}

HashKey RandomHashKey() {
  HashKey key;
  RAND_bytes(key.data(), static_cast<int>(key.size()));
  return key;
}

void ForgetSecrets(config::Options* options) {
  for (std::string& user : options->users) Wipe(&user);
  for (std::string& secret : options->static_auth_secrets) Wipe(&secret);
  for (std::string& key : options->oauth_keys) Wipe(&key);
  Wipe(&options->cluster_secret);
  Wipe(&options->redis_userdb);
  Wipe(&options->redis_statsdb);
  Wipe(&options->redis_quotadb);
  Wipe(&options->auth_plugin_config);
  Wipe(&options->admin_token);
}

}  // namespace culvert
