// What one worker counts. Each worker has one WorkerCounters and is the only one to write it; the
// admin pages read all of them and add up (Sum). Meanings for operators: docs/metrics.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "server/observe/counter.h"
#include "server/observe/histogram.h"

namespace culvert::observe {

// Sizes of enums that live in rooms above; their numbers are the indices.
inline constexpr size_t kTransports = 4;        // turn::Transport: udp, tcp, tls, dtls
inline constexpr size_t kRelayedProtocols = 2;  // RelayedProtocol
inline constexpr size_t kEndReasons = 6;        // turn::EndReason
inline constexpr size_t kDropReasons = 17;      // turn::Drop
inline constexpr size_t kParseErrors = 6;       // stun::ParseError

enum class RelayedProtocol : uint8_t { kUdp, kTcp };

enum class TlsVersion : uint8_t { kTls12, kTls13, kDtls12, kUnknown };
inline constexpr size_t kTlsVersions = 4;

enum class AuthResult : uint8_t {
  kOk,
  kUnknownUser,
  kWrongIntegrity,
  kStaleNonce,
  kBarred,
  kExpired,
  kProviderDown,
  kUncertified,
};
inline constexpr size_t kAuthResults = 8;
inline constexpr size_t kAuthLimits = 4;  // turn::AuthLimit

// Upper bounds of how late the loop was, in microseconds: below a millisecond nobody hears it, at
// 20 ms a voice packet is late by its own length, a second is a fault.
inline constexpr std::array<uint64_t, 14> kLoopLagMicros = {
    50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000};

// Packets are datagrams, bytes their payload without any framing of ours.
struct Volume {
  Counter packets;
  Counter bytes;
  void Add(uint64_t size) {
    packets.Add();
    bytes.Add(size);
  }
};

// What came in and what went out again; the difference was dropped, or waits.
struct UdpFlow {
  Volume received;
  Volume sent;
};
struct UdpTraffic {
  UdpFlow client_to_peer;
  UdpFlow peer_to_client;
};

// RFC 6062 data connections: streams, so bytes only.
struct TcpFlow {
  Counter received_bytes;
  Counter sent_bytes;
};
struct TcpTraffic {
  TcpFlow client_to_peer;
  TcpFlow peer_to_client;
};

struct TlsHandshakes {
  Counter full;
  Counter resumed;
  Counter failed;
};

// Answered requests by method and code. Methods are STUN method numbers, 0 is the code of success;
// numbers without a column of their own are shown as "other".
class RequestCounters {
 public:
  static constexpr size_t kMethods = 8;
  static constexpr size_t kCodes = 19;

  void Add(unsigned method, int code);
  uint64_t value(size_t method_row, size_t code_column) const {
    return cells_[method_row][code_column].value();
  }

  // Labels of rows and columns: "allocate"; "success", "401".
  static const char* MethodLabel(size_t method_row);
  static const char* CodeLabel(size_t code_column);

 private:
  Table<Table<Counter, kCodes>, kMethods> cells_;
};

// What is remembered of users that a store knows, and what came of asking it.
struct CredentialCounters {
  Counter hits;         // answered from memory
  Counter misses;       // asked for
  Counter joined;       // waited for the answer to somebody else's question
  Counter stale;        // answered from memory because the store did not answer
  Counter bad_records;  // there, and not usable
  Gauge entries;        // remembered now
};

// On cache lines of its own, so that workers do not slow each other down by counting.
struct alignas(64) WorkerCounters {
  // --- relayed, by the client's transport
  Table<UdpTraffic, kTransports> udp_relayed;
  Table<TcpTraffic, kTransports> tcp_relayed;
  // --- not relayed or not answered
  Table<Counter, kDropReasons> drops;        // by turn::Drop
  Table<Counter, kParseErrors> parse_drops;  // by stun::ParseError

  // --- the loop and its system calls
  Stamp last_turn;  // set every turn, and at least every few seconds: liveness is read from it
  Counter loop_turns;
  Histogram<kLoopLagMicros> loop_lag;  // from when a turn was due until it ran
  Counter tls_writes;
  Counter recvmmsg_calls;
  Counter recvmmsg_packets;
  Counter sendmmsg_calls;
  Counter sendmmsg_packets;
  Counter gso_packets;  // of sendmmsg_packets, those that left in a segmented run

  // --- clients
  Table<Gauge, kTransports> sessions_open;
  Table<Counter, kTransports> connections_accepted;  // tcp, tls; udp, dtls: new 5-tuples
  Counter connections_refused;                       // by a limit
  Table<TlsHandshakes, kTlsVersions> tls_handshakes;
  Counter handshakes_deferred;  // to a later turn, by the ration
  Counter handshakes_aside;     // steps that were given to the handshake pool

  // --- requests and who sends them
  RequestCounters requests;
  Table<Counter, kAuthResults> auth_results;
  Table<Counter, kAuthLimits> auth_limits;  // by turn::AuthLimit
  Gauge lookups_pending;
  CredentialCounters credentials;

  // --- allocations
  Table<Table<Gauge, kTransports>, kRelayedProtocols> allocations_open;
  Table<Counter, kRelayedProtocols> allocations_created;
  Table<Counter, kEndReasons> allocations_ended;  // by turn::EndReason
  Gauge peer_sockets_open;
  Counter port_exhaustion;  // a relay was refused because no port was free

  // --- RFC 6062
  Counter connects_ok;
  Counter connects_refused;
  Counter connects_timed_out;
  Counter connection_attempts;  // peers' connections that were taken in
  Counter connection_binds;
  Counter bind_timeouts;  // nobody bound the connection within 30 s
  Gauge data_connections_open;
  Counter handoffs;            // data connections given to the worker of their allocation
  Counter kernel_tls_streams;  // data connections whose TLS records the kernel makes
};

// The counters of all workers; the pointers outlive whoever is given this.
using AllCounters = std::span<const WorkerCounters* const>;

// Adds up what `pick(const WorkerCounters&)` gives for each worker: a Counter, a Gauge or a number.
template <typename Pick>
auto Sum(AllCounters workers, Pick pick) {
  auto number = [](const auto& cell) {
    if constexpr (requires { cell.value(); }) {
      return cell.value();
    } else {
      return cell;
    }
  };
  decltype(number(pick(*workers[0]))) sum{};
  for (const WorkerCounters* worker : workers) sum += number(pick(*worker));
  return sum;
}

}  // namespace culvert::observe
