// Where a Redis is, how it is spoken to, and what it may cost us. Made by connection_string.h from
// the operator's text; immutable afterwards, so that the clients of all workers share one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "server/base/secret_text.h"
#include "server/base/time.h"

namespace culvert::redis {

inline constexpr uint16_t kRedisPort = 6379;
inline constexpr uint16_t kSentinelPort = 26379;

// A server as the operator, a sentinel or a cluster names it.
struct ServerName {
  std::string host = "127.0.0.1";  // a name, or an address without brackets
  uint16_t port = kRedisPort;
  std::string path;  // of a unix socket; where it is given, host and port mean nothing

  // "redis.test:6379", "[::1]:6379", or the path.
  std::string ToString() const;
  friend bool operator==(const ServerName&, const ServerName&) = default;
};

// Nothing is sent when both are empty; a password alone is for the user "default".
struct Credentials {
  std::string user;
  SecretText password;

  bool empty() const { return user.empty() && password.empty(); }
};

// Files are PEM; an empty string means: not given.
struct TlsOptions {
  bool on = false;
  bool verify = true;       // the server's certificate: authority and name
  std::string ca_file;      // neither of the two: the system's authorities
  std::string ca_path;      // a folder of them, by hash
  std::string cert_file;    // our own certificate
  std::string key_file;     // empty: in cert_file
  std::string server_name;  // expected in the certificate; empty: the host that was connected to
};

// Beyond these a call fails with kBusy, or a connection is closed that brings too much.
struct Limits {
  // Calls without an answer yet. More survives a longer stall of Redis, and keeps more callers
  // waiting.
  size_t pending_calls = 10'000;
  size_t pending_bytes = 8 * 1024 * 1024;
  // Of one reply, as it comes on the wire, and how many values are in it.
  size_t reply_bytes = 16 * 1024 * 1024;
  size_t reply_values = 256 * 1024;
};

struct Settings {
  enum class Shape : uint8_t {
    kSingle,    // servers[0]
    kSentinel,  // servers are the sentinels that know who is the primary of `master_name`
    kCluster,   // servers are some nodes of a cluster
  };

  Shape shape = Shape::kSingle;
  std::vector<ServerName> servers{ServerName{}};
  std::string master_name;
  Credentials credentials;
  Credentials sentinel_credentials;
  TlsOptions tls;  // holds for sentinels, too
  int database = 0;
  std::string client_name = "culvert";  // what CLIENT LIST shows

  // From the first packet to a connection that has logged in.
  milliseconds connect_timeout{5000};
  // For the commands that the client sends itself; callers may take it for theirs.
  milliseconds command_timeout{1000};
  // A connection that is idle for so long is asked whether it lives.
  milliseconds ping_interval{5000};
  // Between attempts to connect: doubling from the first to the second, with jitter.
  milliseconds first_backoff{100};
  milliseconds last_backoff{5000};
  // How often a cluster is asked for its slots when nothing else made us ask.
  milliseconds cluster_refresh{15000};

  Limits limits;
};

}  // namespace culvert::redis
