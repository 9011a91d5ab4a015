#include "server/admin/metrics_page.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "server/admin/coturn_metrics.h"
#include "server/admin/families.h"
#include "server/admin/redis_metrics.h"
#include "server/base/time.h"

namespace culvert::admin {
namespace {

using observe::AllCounters;
using observe::UdpFlow;
using observe::UdpTraffic;
using observe::WorkerCounters;

// In the order of turn::Transport.
constexpr std::array<const char*, observe::kTransports> kTransportNames = {"udp", "tcp", "tls",
                                                                           "dtls"};
constexpr std::array<const char*, observe::kTlsVersions> kTlsVersionNames = {"1.2", "1.3",
                                                                             "dtls1.2", "unknown"};
constexpr std::array<const char*, observe::kAuthResults> kAuthResultNames = {
    "ok",     "unknown_user", "wrong_integrity", "stale_nonce",
    "barred", "expired",      "provider_down",   "uncertified"};

// In the order of turn::AuthLimit.
constexpr std::array<const char*, observe::kAuthLimits> kAuthLimitNames = {
    "source_and_user", "user", "source", "nonce"};

constexpr double kMicrosPerSecond = 1e6;

double Seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

double UnixSeconds(WallTime time) {
  return static_cast<double>(time.time_since_epoch().count());
}

// One number per named index of a table of cells.
template <typename Cell, size_t kCells, typename Names>
void AddTable(Family family, const char* label, AllCounters workers,
              observe::Table<Cell, kCells> WorkerCounters::*table, const Names& names) {
  for (size_t i = 0; i < names.size() && i < kCells; ++i) {
    family.With({{label, names[i]}},
                Total(workers, [&](const WorkerCounters& w) { return (w.*table)[i].value(); }));
  }
}

struct Direction {
  const char* name;
  UdpFlow UdpTraffic::*udp;
  observe::TcpFlow observe::TcpTraffic::*tcp;
};
constexpr std::array<Direction, 2> kDirections = {
    {{"client_to_peer", &UdpTraffic::client_to_peer, &observe::TcpTraffic::client_to_peer},
     {"peer_to_client", &UdpTraffic::peer_to_client, &observe::TcpTraffic::peer_to_client}}};

struct Stage {
  const char* name;
  observe::Volume UdpFlow::*udp;
  observe::Counter observe::TcpFlow::*tcp;
};
constexpr std::array<Stage, 2> kStages = {
    {{"received", &UdpFlow::received, &observe::TcpFlow::received_bytes},
     {"sent", &UdpFlow::sent, &observe::TcpFlow::sent_bytes}}};

void AddUdpVolume(Family family, bool with_protocol, AllCounters workers,
                  observe::Counter observe::Volume::*number) {
  for (size_t t = 0; t < observe::kTransports; ++t) {
    for (const Direction& direction : kDirections) {
      for (const Stage& stage : kStages) {
        LabelList labels = {{"transport", kTransportNames[t]},
                            {"direction", direction.name},
                            {"stage", stage.name}};
        if (with_protocol) labels.insert(labels.begin(), {"protocol", "udp"});
        family.With(std::move(labels), Total(workers, [&](const WorkerCounters& w) {
                      return (w.udp_relayed[t].*direction.udp.*stage.udp.*number).value();
                    }));
      }
    }
  }
}

void AddTraffic(Families& page, AllCounters workers) {
  AddUdpVolume(page.Counter("culvert_relayed_packets_total",
                            "Datagrams between clients and peers, without TURN's own messages."),
               false, workers, &observe::Volume::packets);
  Family bytes = page.Counter("culvert_relayed_bytes_total",
                              "Payload between clients and peers, without any framing.");
  AddUdpVolume(bytes, true, workers, &observe::Volume::bytes);
  for (const size_t t : kStreamTransports) {
    for (const Direction& direction : kDirections) {
      for (const Stage& stage : kStages) {
        bytes.With({{"protocol", "tcp"},
                    {"transport", kTransportNames[t]},
                    {"direction", direction.name},
                    {"stage", stage.name}},
                   Total(workers, [&](const WorkerCounters& w) {
                     return (w.tcp_relayed[t].*direction.tcp.*stage.tcp).value();
                   }));
      }
    }
  }
}

void AddDrops(Families& page, AllCounters workers, const Labels& labels) {
  AddTable(page.Counter("culvert_drops_total", "What was not relayed or not answered, and why."),
           "reason", workers, &WorkerCounters::drops, labels.drops);
  AddTable(page.Counter("culvert_unparsed_messages_total", "What was no STUN message, and why."),
           "reason", workers, &WorkerCounters::parse_drops, labels.parse_errors);
}

double OldestTurnAge(AllCounters workers, Instant now) {
  double oldest = 0;
  for (const WorkerCounters* worker : workers) {
    if (!worker->last_turn.is_set()) continue;
    oldest = std::max(oldest, Seconds(now - worker->last_turn.value()));
  }
  return oldest;
}

double GreatestLag(AllCounters workers) {
  uint64_t greatest = 0;
  for (const WorkerCounters* worker : workers) {
    greatest = std::max(greatest, worker->loop_lag.max());
  }
  return static_cast<double>(greatest) / kMicrosPerSecond;
}

void AddLoop(Families& page, AllCounters workers, Instant now) {
  page.Gauge("culvert_workers", "Worker threads.").Value(static_cast<double>(workers.size()));
  page.Counter("culvert_loop_turns_total", "Turns of the workers' loops.")
      .Value(Total(workers, &WorkerCounters::loop_turns));
  page.Histogram("culvert_loop_lag_seconds", "How late loops served what was due.", workers,
                 &WorkerCounters::loop_lag, kMicrosPerSecond);
  page.Gauge("culvert_loop_lag_max_seconds", "Greatest lag since the start.")
      .Value(GreatestLag(workers));
  page.Gauge("culvert_loop_turn_age_seconds", "Time since the last turn of the slowest loop.")
      .Value(OldestTurnAge(workers, now));
  page.Counter("culvert_tls_writes_total", "TLS writes to clients.")
      .Value(Total(workers, &WorkerCounters::tls_writes));
  page.Counter("culvert_recvmmsg_calls_total", "recvmmsg calls.")
      .Value(Total(workers, &WorkerCounters::recvmmsg_calls));
  page.Counter("culvert_recvmmsg_packets_total", "Datagrams that recvmmsg returned.")
      .Value(Total(workers, &WorkerCounters::recvmmsg_packets));
  page.Counter("culvert_sendmmsg_calls_total", "sendmmsg calls.")
      .Value(Total(workers, &WorkerCounters::sendmmsg_calls));
  page.Counter("culvert_sendmmsg_packets_total", "Datagrams that sendmmsg took.")
      .Value(Total(workers, &WorkerCounters::sendmmsg_packets));
  page.Counter("culvert_gso_packets_total", "Datagrams that left in a segmented run.")
      .Value(Total(workers, &WorkerCounters::gso_packets));
}

void AddHandshakes(Families& page, AllCounters workers) {
  Family family = page.Counter("culvert_tls_handshakes_total", "TLS and DTLS handshakes.");
  struct Result {
    const char* name;
    observe::Counter observe::TlsHandshakes::*counter;
  };
  constexpr Result kResults[] = {{"full", &observe::TlsHandshakes::full},
                                 {"resumed", &observe::TlsHandshakes::resumed},
                                 {"failed", &observe::TlsHandshakes::failed}};
  for (size_t version = 0; version < observe::kTlsVersions; ++version) {
    for (const Result& result : kResults) {
      family.With({{"version", kTlsVersionNames[version]}, {"result", result.name}},
                  Total(workers, [&](const WorkerCounters& w) {
                    return (w.tls_handshakes[version].*result.counter).value();
                  }));
    }
  }
}

void AddClients(Families& page, AllCounters workers, const Facts& facts) {
  AddTable(page.Gauge("culvert_sessions_open", "Client connections and UDP 5-tuples."), "transport",
           workers, &WorkerCounters::sessions_open, kTransportNames);
  AddTable(page.Counter("culvert_connections_accepted_total", "Clients that came."), "transport",
           workers, &WorkerCounters::connections_accepted, kTransportNames);
  page.Counter("culvert_connections_refused_total", "Clients that a limit turned away.")
      .Value(Total(workers, &WorkerCounters::connections_refused));
  AddHandshakes(page, workers);
  page.Counter("culvert_tls_handshakes_deferred_total", "Handshakes put off to a later turn.")
      .Value(Total(workers, &WorkerCounters::handshakes_deferred));
  page.Counter("culvert_tls_handshake_steps_aside_total",
               "Steps of handshakes done by threads that give way to media.")
      .Value(Total(workers, &WorkerCounters::handshakes_aside));
  if (facts.certificate_expiry) {
    page.Gauge("culvert_tls_certificate_expiry_timestamp_seconds",
               "When the certificate in use expires.")
        .Value(UnixSeconds(*facts.certificate_expiry));
  }
}

void AddRequests(Families& page, AllCounters workers) {
  Family family = page.Counter("culvert_requests_total", "Answered requests.");
  for (size_t row = 0; row < observe::RequestCounters::kMethods; ++row) {
    for (size_t column = 0; column < observe::RequestCounters::kCodes; ++column) {
      family.With(
          {{"method", observe::RequestCounters::MethodLabel(row)},
           {"code", observe::RequestCounters::CodeLabel(column)}},
          Total(workers, [&](const WorkerCounters& w) { return w.requests.value(row, column); }));
    }
  }
  AddTable(page.Counter("culvert_auth_results_total", "Authentications of requests."), "result",
           workers, &WorkerCounters::auth_results, kAuthResultNames);
  AddTable(page.Counter("culvert_auth_limited_total",
                        "Requests with credentials that a limit of failures held back."),
           "limit", workers, &WorkerCounters::auth_limits, kAuthLimitNames);
  page.Gauge("culvert_credential_lookups_pending", "Requests that wait for a credential.")
      .Value(Total(workers, &WorkerCounters::lookups_pending));
}

void AddAllocations(Families& page, AllCounters workers, const Facts& facts, const Labels& labels) {
  Family open = page.Gauge("culvert_allocations_open", "Allocations.");
  for (size_t t = 0; t < observe::kTransports; ++t) {
    open.With({{"protocol", "udp"}, {"transport", kTransportNames[t]}},
              AllocationsOpen(workers, observe::RelayedProtocol::kUdp, t));
  }
  for (const size_t t : kStreamTransports) {
    open.With({{"protocol", "tcp"}, {"transport", kTransportNames[t]}},
              AllocationsOpen(workers, observe::RelayedProtocol::kTcp, t));
  }
  AddTable(page.Counter("culvert_allocations_created_total", "Allocations made."), "protocol",
           workers, &WorkerCounters::allocations_created, std::array{"udp", "tcp"});
  AddTable(page.Counter("culvert_allocations_ended_total", "Allocations that ended, and why."),
           "reason", workers, &WorkerCounters::allocations_ended, labels.end_reasons);
  page.Gauge("culvert_peer_sockets_open", "Sockets towards peers.")
      .Value(Total(workers, &WorkerCounters::peer_sockets_open));
  page.Gauge("culvert_relay_ports", "Ports there are to relay from.")
      .Value(static_cast<double>(facts.relay_ports));
  page.Counter("culvert_relay_port_exhaustions_total", "Relays refused for want of a port.")
      .Value(Total(workers, &WorkerCounters::port_exhaustion));
}

void AddDataConnections(Families& page, AllCounters workers) {
  page.Counter("culvert_tcp_connects_total", "Connections to peers that clients asked for.")
      .With({{"result", "ok"}}, Total(workers, &WorkerCounters::connects_ok))
      .With({{"result", "refused"}}, Total(workers, &WorkerCounters::connects_refused))
      .With({{"result", "timeout"}}, Total(workers, &WorkerCounters::connects_timed_out));
  page.Counter("culvert_tcp_connection_attempts_total", "Connections from peers, taken in.")
      .Value(Total(workers, &WorkerCounters::connection_attempts));
  page.Counter("culvert_tcp_connection_binds_total", "Peer connections bound to a client's.")
      .Value(Total(workers, &WorkerCounters::connection_binds));
  page.Counter("culvert_tcp_bind_timeouts_total", "Peer connections that nobody bound in time.")
      .Value(Total(workers, &WorkerCounters::bind_timeouts));
  page.Gauge("culvert_tcp_data_connections_open", "Bound data connections.")
      .Value(Total(workers, &WorkerCounters::data_connections_open));
  page.Counter("culvert_tcp_handoffs_total", "Data connections given to another worker.")
      .Value(Total(workers, &WorkerCounters::handoffs));
  page.Counter("culvert_tcp_kernel_tls_total", "Data connections whose records the kernel makes.")
      .Value(Total(workers, &WorkerCounters::kernel_tls_streams));
}

void AddProcess(Families& page, const Facts& facts) {
  page.Gauge("culvert_build_info", "1; the version is in the label.")
      .With({{"version", facts.version}}, 1);
  Family states = page.Gauge("culvert_state", "1 for the state the relay is in.");
  for (int i = 0; i < kStateCount; ++i) {
    const auto state = static_cast<State>(i);
    states.With({{"state", StateName(state)}}, facts.state == state ? 1 : 0);
  }
  page.Counter("culvert_broken_invariants_total", "Bugs that were noticed and survived.")
      .Value(static_cast<double>(facts.broken_invariants));
  page.Counter("culvert_log_lines_lost_total", "Log lines given up because the output stalled.")
      .Value(static_cast<double>(facts.lost_log_lines));
  page.Counter("process_cpu_seconds_total", "User and system CPU time.")
      .Value(facts.process.cpu_seconds);
  page.Gauge("process_resident_memory_bytes", "Resident memory.")
      .Value(static_cast<double>(facts.process.resident_bytes));
  page.Gauge("process_virtual_memory_bytes", "Virtual memory.")
      .Value(static_cast<double>(facts.process.virtual_bytes));
  page.Gauge("process_open_fds", "Open file descriptors.")
      .Value(static_cast<double>(facts.process.open_fds));
  page.Gauge("process_max_fds", "Most file descriptors this process may open.")
      .Value(static_cast<double>(facts.process.max_fds));
  page.Gauge("process_start_time_seconds", "When the process started.")
      .Value(UnixSeconds(facts.started));
}

}  // namespace

std::string MetricsPage(AllCounters workers, const Facts& facts, const Labels& labels) {
  Families page;
  AddProcess(page, facts);
  AddClients(page, workers, facts);
  AddRequests(page, workers);
  if (!facts.redis.empty()) AddRedisMetrics(page, workers, facts.redis);
  if (!facts.statsdb.empty()) AddStatsdbMetrics(page, facts.statsdb);
  if (!facts.quotadb.empty()) AddQuotadbMetrics(page, facts.quotadb);
  AddAllocations(page, workers, facts, labels);
  AddTraffic(page, workers);
  AddDrops(page, workers, labels);
  AddDataConnections(page, workers);
  AddLoop(page, workers, facts.now.instant);
  AddCoturnMetrics(page, workers);
  return page.ToText();
}

}  // namespace culvert::admin
