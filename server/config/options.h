// Everything an operator may set, parsed and checked, in one plain struct. Filled by
// the setters of option_table.h from turnserver.conf and the command line; read by main, which
// hands each room what concerns it. Names and meanings are coturn's where coturn has the option.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/base/address.h"
#include "server/base/address_range.h"
#include "server/base/time.h"

namespace culvert::config {

// external-ip: "public" or "public/private".
struct ExternalIp {
  IpAddress external;
  std::optional<IpAddress> relay;  // none: every relay address of the family

  friend bool operator==(const ExternalIp&, const ExternalIp&) = default;
};

enum class LogFormat : uint8_t { kText, kJson };

// Whom realm-of sends to which realm.
struct RealmOf {
  std::string origin;  // or a TLS server name
  std::string realm;
  friend bool operator==(const RealmOf&, const RealmOf&) = default;
};

// Where users come from, as auth-order names them.
enum class UserSource : uint8_t { kStatic, kSecret, kOauth, kPlugin, kRedis };

// client-cert-user: what of a client's certificate says who it is.
enum class CertificateUser : uint8_t { kNobody, kCommonName, kDns, kEmail, kUri };

enum class PasswordAlgorithms : uint8_t { kAuto, kMd5, kNone };

struct Options {
  // --- listening
  std::vector<IpAddress> listening_ips;  // empty: 0.0.0.0 and, where the machine has it, ::
  uint16_t listening_port = 3478;
  uint16_t tls_listening_port = 5349;
  uint16_t alt_listening_port = 0;      // 0: off. A second port of the same kind
  uint16_t alt_tls_listening_port = 0;  // 0: off
  std::vector<Endpoint> aux_servers;    // further listeners of every enabled kind
  bool udp = true;
  bool tcp = true;
  bool tls = true;
  bool dtls = true;
  std::vector<uint16_t> extra_tls_ports;  // tls-port: further ports for TLS and TCP, such as 443
  std::vector<uint16_t> extra_tcp_ports;  // tcp-port: further ports for TCP and TLS, such as 80

  // --- relaying
  std::vector<IpAddress>
      relay_ips;  // empty: the listening addresses, or the address the client reached
  std::vector<ExternalIp> external_ips;
  uint16_t min_port = 49152;
  uint16_t max_port = 65535;
  uint32_t relay_threads = 0;  // 0: one per usable CPU (affinity and cgroup quota)
  bool udp_relay = true;
  bool tcp_relay = true;
  bool allow_loopback_peers = false;
  bool allow_multicast_peers = false;
  std::vector<AddressRange> allowed_peers;
  std::vector<AddressRange> denied_peers;

  // --- who may
  std::string realm;  // empty: the host's domain name, else "culvert"
  std::vector<RealmOf> realms_of;
  PasswordAlgorithms password_algorithms = PasswordAlgorithms::kAuto;
  bool userhash = true;
  uint32_t least_sha256_integrity = 32;  // bytes
  std::vector<std::string> users;        // "name:password" or "name:0xHA1"
  bool long_term_credentials = false;    // lt-cred-mech; implied by users and secrets
  bool no_auth = false;
  bool use_auth_secret = false;
  std::vector<std::string> static_auth_secrets;
  std::string auth_plugin;         // path of a shared object; empty: none
  std::string auth_plugin_config;  // for it alone to understand; may be secret
  // The first that knows a user answers.
  std::vector<UserSource> auth_order = {UserSource::kStatic, UserSource::kSecret,
                                        UserSource::kOauth, UserSource::kPlugin,
                                        UserSource::kRedis};
  bool oauth = false;
  std::vector<std::string> oauth_keys;  // as oauth-key takes them
  std::string server_name;              // empty: the realm
  char rest_api_separator = ':';
  bool secure_stun = false;
  seconds stale_nonce{600};  // 0: nonces do not age
  bool unauthorized_ratelimit = true;
  uint32_t unauthorized_ratelimit_rps = 500;  // error answers to one source that is not proven
  uint32_t auth_failures_per_source = 10;     // a second; 0: no limit
  uint32_t auth_failures_per_user = 10;       // a minute; 0: no limit
  std::string cluster_secret;  // seals nonces and handles; empty: a random one per process

  // --- users in Redis
  std::string redis_userdb;                // connection string; empty: no Redis
  seconds redis_cache_ttl{300};            // 0: Redis is always asked
  seconds redis_cache_stale{3600};         // 0: nobody is served whom Redis cannot be asked for
  uint32_t redis_cache_entries = 100'000;  // of a worker
  bool redis_userhash = false;
  bool redis_sha256 = false;
  bool redis_impu = false;
  bool dynamic_realms = true;  // no-dynamic-realms
  std::string gba_naf;         // empty: known from the realm only
  std::string gba_ua = "0100000002";
  bool keep_withdrawn = false;

  // --- allocations in Redis
  std::string redis_statsdb;  // connection string; empty: told to nobody

  // --- limits
  std::string redis_quotadb;  // connection string; empty: limits are those of this process
  uint32_t user_quota = 0;    // allocations per user, 0: no limit
  uint32_t total_quota = 0;   // allocations, 0: no limit
  uint64_t max_bps = 0;       // bytes per second of one allocation and direction, 0: no limit
  uint64_t bps_capacity = 0;  // bytes per second of all allocations, 0: no limit
  seconds max_allocate_lifetime{3600};
  seconds channel_lifetime{600};
  seconds permission_lifetime{300};
  seconds max_allocate_timeout{60};  // a connection without an allocation is closed after it
  uint32_t max_connections_per_allocation = 256;  // peer connections of a TCP allocation

  // --- TLS
  std::string cert = "turn_server_cert.pem";
  std::string pkey = "turn_server_pkey.pem";
  bool cert_given = false;  // cert or pkey was set: a file that cannot be read stops the start
  std::string pkey_password;
  std::string cipher_list;
  std::string ca_file;  // clients must show a certificate of this CA
  CertificateUser client_cert_user = CertificateUser::kNobody;
  std::string dh_file;
  std::string ec_curve_name;
  bool tls_1_2 = true;     // no-tlsv1_2
  bool kernel_tls = true;  // no-kernel-tls

  // --- STUN
  bool stun_only = false;
  bool no_stun = false;
  bool fingerprint = false;
  bool rfc5766_channel_numbers = false;  // channels up to 0x7FFF
  bool software_attribute = true;

  // --- process
  std::string log_file = "stdout";
  bool syslog = false;
  int syslog_facility = 3 << 3;  // LOG_DAEMON, in the numbers of syslog(3)
  LogFormat log_format = LogFormat::kText;
  int verbosity = 0;  // 1: verbose, 2: Verbose
  std::string pidfile;
  std::string proc_user;
  std::string proc_group;
  bool daemon = false;
  Endpoint admin_address{IpAddress::V4(127, 0, 0, 1), 9641};
  bool admin_address_given = false;  // by admin-address itself, which outranks prometheus-port
  bool admin = true;
  std::string admin_token;   // empty: nobody may list or end sessions, or drain
  seconds drain_timeout{0};  // 0: until the last allocation has ended
  uint32_t drain_min_allocations = 0;

  // --- what to do instead of serving
  bool check_config = false;

  friend bool operator==(const Options&, const Options&) = default;
};

}  // namespace culvert::config
