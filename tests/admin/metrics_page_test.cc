#include "server/admin/metrics_page.h"

#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <memory>
#include <set>
#include <string>

#include "tests/admin/exposition.h"

namespace culvert::admin {
namespace {

using observe::RelayedProtocol;
using observe::WorkerCounters;

constexpr std::array<const char*, 2> kDrops = {"malformed", "no_permission"};
constexpr std::array<const char*, 1> kParseErrors = {"too_short"};
constexpr std::array<const char*, 2> kEndReasons = {"deleted", "expired"};
constexpr Labels kLabels{kDrops, kParseErrors, kEndReasons};

class MetricsPageTest : public testing::Test {
 protected:
  MetricsPageTest() {
    facts_.version = "1.2.3";
    facts_.started = WallTime(seconds(1000));
    facts_.now = {Instant(seconds(50)), WallTime(seconds(2000))};
    facts_.certificate_expiry = WallTime(seconds(3000));
    facts_.redis = clients_;
    facts_.statsdb = clients_;
    facts_.quotadb = clients_;
  }

  Exposition Page() const {
    const std::array<const WorkerCounters*, 2> workers = {first_.get(), second_.get()};
    Exposition page = ParseExposition(MetricsPage(workers, facts_, kLabels));
    EXPECT_EQ(page.error, "");
    return page;
  }
  double Value(const std::string& sample) const {
    const auto value = Page().Value(sample);
    EXPECT_TRUE(value.has_value()) << sample;
    return value.value_or(-1);
  }

  Facts facts_;
  std::unique_ptr<redis::Statistics> redis_ = std::make_unique<redis::Statistics>();
  const std::array<const redis::Statistics*, 1> clients_ = {redis_.get()};
  std::unique_ptr<WorkerCounters> first_ = std::make_unique<WorkerCounters>();
  std::unique_ptr<WorkerCounters> second_ = std::make_unique<WorkerCounters>();
};

TEST_F(MetricsPageTest, NamesFollowTheConventions) {
  for (const auto& [name, metric] : Page().metrics) {
    if (name.rfind("turn_", 0) == 0 || name.rfind("stun_", 0) == 0) continue;  // coturn's own
    EXPECT_TRUE(name.rfind("culvert_", 0) == 0 || name.rfind("process_", 0) == 0) << name;
    const bool total = name.size() > 6 && name.compare(name.size() - 6, 6, "_total") == 0;
    EXPECT_EQ(total, metric.type == "counter") << name;
    EXPECT_EQ(metric.help.back(), '.') << name;
    EXPECT_FALSE(metric.samples.empty()) << name;
  }
}

TEST_F(MetricsPageTest, WorkersAreAddedUp) {
  first_->connections_refused.Add(2);
  second_->connections_refused.Add(3);
  EXPECT_EQ(Value("culvert_connections_refused_total"), 5);
  EXPECT_EQ(Value("culvert_workers"), 2);
}

TEST_F(MetricsPageTest, RelayedTrafficKnowsTransportDirectionAndStage) {
  first_->udp_relayed[2].client_to_peer.received.Add(160);
  first_->udp_relayed[2].client_to_peer.sent.Add(150);
  second_->udp_relayed[2].peer_to_client.sent.Add(140);
  second_->tcp_relayed[1].peer_to_client.received_bytes.Add(7);
  EXPECT_EQ(Value(R"(culvert_relayed_packets_total{transport="tls",direction="client_to_peer",)"
                  R"(stage="received"})"),
            1);
  EXPECT_EQ(Value(R"(culvert_relayed_bytes_total{protocol="udp",transport="tls",)"
                  R"(direction="client_to_peer",stage="sent"})"),
            150);
  EXPECT_EQ(Value(R"(culvert_relayed_bytes_total{protocol="udp",transport="tls",)"
                  R"(direction="peer_to_client",stage="sent"})"),
            140);
  EXPECT_EQ(Value(R"(culvert_relayed_bytes_total{protocol="tcp",transport="tcp",)"
                  R"(direction="peer_to_client",stage="received"})"),
            7);
}

TEST_F(MetricsPageTest, DropsAndEndsAreNamedByTheirReasons) {
  first_->drops[1].Add(4);
  first_->parse_drops[0].Add(5);
  first_->allocations_ended[1].Add(6);
  EXPECT_EQ(Value(R"(culvert_drops_total{reason="no_permission"})"), 4);
  EXPECT_EQ(Value(R"(culvert_drops_total{reason="malformed"})"), 0);
  EXPECT_EQ(Value(R"(culvert_unparsed_messages_total{reason="too_short"})"), 5);
  EXPECT_EQ(Value(R"(culvert_allocations_ended_total{reason="expired"})"), 6);
}

TEST_F(MetricsPageTest, RequestsHaveMethodAndCode) {
  first_->requests.Add(0x003, 0);
  first_->requests.Add(0x003, 486);
  EXPECT_EQ(Value(R"(culvert_requests_total{method="allocate",code="success"})"), 1);
  EXPECT_EQ(Value(R"(culvert_requests_total{method="allocate",code="486"})"), 1);
  EXPECT_EQ(Value(R"(culvert_requests_total{method="refresh",code="success"})"), 0);
}

TEST_F(MetricsPageTest, ClientsHandshakesAndAuthenticationsAreThere) {
  first_->sessions_open[3].Up(9);
  first_->connections_accepted[2].Add(8);
  first_->tls_handshakes[observe::TlsVersion::kTls13].resumed.Add(7);
  first_->tls_handshakes[observe::TlsVersion::kUnknown].failed.Add(6);
  first_->handshakes_deferred.Add(5);
  first_->auth_results[observe::AuthResult::kWrongIntegrity].Add(4);
  first_->auth_limits[1].Add(6);
  first_->lookups_pending.Up(3);
  EXPECT_EQ(Value(R"(culvert_sessions_open{transport="dtls"})"), 9);
  EXPECT_EQ(Value(R"(culvert_connections_accepted_total{transport="tls"})"), 8);
  EXPECT_EQ(Value(R"(culvert_tls_handshakes_total{version="1.3",result="resumed"})"), 7);
  EXPECT_EQ(Value(R"(culvert_tls_handshakes_total{version="unknown",result="failed"})"), 6);
  EXPECT_EQ(Value("culvert_tls_handshakes_deferred_total"), 5);
  EXPECT_EQ(Value(R"(culvert_auth_results_total{result="wrong_integrity"})"), 4);
  EXPECT_EQ(Value(R"(culvert_auth_limited_total{limit="user"})"), 6);
  EXPECT_EQ(Value("culvert_credential_lookups_pending"), 3);
}

TEST_F(MetricsPageTest, AllocationsAndPortsAreThere) {
  first_->allocations_open[RelayedProtocol::kUdp][2].Up(2);
  second_->allocations_open[RelayedProtocol::kTcp][2].Up(3);
  first_->allocations_created[RelayedProtocol::kTcp].Add(4);
  first_->peer_sockets_open.Up(5);
  first_->port_exhaustion.Add(6);
  facts_.relay_ports = 16384;
  EXPECT_EQ(Value(R"(culvert_allocations_open{protocol="udp",transport="tls"})"), 2);
  EXPECT_EQ(Value(R"(culvert_allocations_open{protocol="tcp",transport="tls"})"), 3);
  EXPECT_EQ(Value(R"(culvert_allocations_created_total{protocol="tcp"})"), 4);
  EXPECT_EQ(Value("culvert_peer_sockets_open"), 5);
  EXPECT_EQ(Value("culvert_relay_port_exhaustions_total"), 6);
  EXPECT_EQ(Value("culvert_relay_ports"), 16384);
  EXPECT_EQ(Value(R"(turn_total_allocations{type="TLS/TCP"})"), 5);
}

TEST_F(MetricsPageTest, DataConnectionsAreThere) {
  first_->connects_ok.Add(1);
  first_->connects_refused.Add(2);
  first_->connects_timed_out.Add(3);
  first_->connection_attempts.Add(4);
  first_->connection_binds.Add(5);
  first_->bind_timeouts.Add(6);
  first_->data_connections_open.Up(7);
  first_->handoffs.Add(8);
  EXPECT_EQ(Value(R"(culvert_tcp_connects_total{result="ok"})"), 1);
  EXPECT_EQ(Value(R"(culvert_tcp_connects_total{result="refused"})"), 2);
  EXPECT_EQ(Value(R"(culvert_tcp_connects_total{result="timeout"})"), 3);
  EXPECT_EQ(Value("culvert_tcp_connection_attempts_total"), 4);
  EXPECT_EQ(Value("culvert_tcp_connection_binds_total"), 5);
  EXPECT_EQ(Value("culvert_tcp_bind_timeouts_total"), 6);
  EXPECT_EQ(Value("culvert_tcp_data_connections_open"), 7);
  EXPECT_EQ(Value("culvert_tcp_handoffs_total"), 8);
}

TEST_F(MetricsPageTest, LoopLagIsAHistogramInSeconds) {
  first_->loop_lag.Observe(50);
  second_->loop_lag.Observe(51);
  second_->loop_lag.Observe(2000000);
  EXPECT_EQ(Value(R"(culvert_loop_lag_seconds_bucket{le="5e-05"})"), 1);
  EXPECT_EQ(Value(R"(culvert_loop_lag_seconds_bucket{le="0.0001"})"), 2);
  EXPECT_EQ(Value(R"(culvert_loop_lag_seconds_bucket{le="0.1"})"), 2);
  EXPECT_EQ(Value(R"(culvert_loop_lag_seconds_bucket{le="1"})"), 2);
  EXPECT_EQ(Value(R"(culvert_loop_lag_seconds_bucket{le="+Inf"})"), 3);
  EXPECT_EQ(Value("culvert_loop_lag_seconds_count"), 3);
  EXPECT_DOUBLE_EQ(Value("culvert_loop_lag_seconds_sum"), 2.000101);
  EXPECT_DOUBLE_EQ(Value("culvert_loop_lag_max_seconds"), 2);
  const Exposition page = Page();
  EXPECT_EQ(page.metrics.at("culvert_loop_lag_seconds").samples.size(),
            observe::kLoopLagMicros.size() + 3);
}

TEST_F(MetricsPageTest, TheOldestLoopTurnIsShown) {
  EXPECT_EQ(Value("culvert_loop_turn_age_seconds"), 0);
  first_->last_turn.Set(Instant(seconds(49)));
  second_->last_turn.Set(Instant(seconds(45)));
  EXPECT_EQ(Value("culvert_loop_turn_age_seconds"), 5);
}

TEST_F(MetricsPageTest, SystemCallsAreCounted) {
  first_->loop_turns.Add(1);
  first_->tls_writes.Add(2);
  first_->recvmmsg_calls.Add(3);
  first_->recvmmsg_packets.Add(4);
  first_->sendmmsg_calls.Add(5);
  first_->sendmmsg_packets.Add(6);
  first_->gso_packets.Add(7);
  EXPECT_EQ(Value("culvert_loop_turns_total"), 1);
  EXPECT_EQ(Value("culvert_tls_writes_total"), 2);
  EXPECT_EQ(Value("culvert_recvmmsg_calls_total"), 3);
  EXPECT_EQ(Value("culvert_recvmmsg_packets_total"), 4);
  EXPECT_EQ(Value("culvert_sendmmsg_calls_total"), 5);
  EXPECT_EQ(Value("culvert_sendmmsg_packets_total"), 6);
  EXPECT_EQ(Value("culvert_gso_packets_total"), 7);
}

TEST_F(MetricsPageTest, CoturnsTrafficIsSeenFromEachLeg) {
  first_->udp_relayed[0].client_to_peer.received.Add(100);
  first_->udp_relayed[2].client_to_peer.sent.Add(90);
  first_->udp_relayed[0].peer_to_client.received.Add(80);
  first_->udp_relayed[1].peer_to_client.sent.Add(70);
  first_->tcp_relayed[2].client_to_peer.received_bytes.Add(1);
  first_->tcp_relayed[2].client_to_peer.sent_bytes.Add(2);
  first_->tcp_relayed[2].peer_to_client.received_bytes.Add(3);
  first_->tcp_relayed[2].peer_to_client.sent_bytes.Add(4);
  for (const std::string prefix : {"turn_traffic_", "turn_total_traffic_"}) {
    EXPECT_EQ(Value(prefix + "rcvp"), 1);
    EXPECT_EQ(Value(prefix + "rcvb"), 101);
    EXPECT_EQ(Value(prefix + "sentp"), 1);
    EXPECT_EQ(Value(prefix + "sentb"), 74);
    EXPECT_EQ(Value(prefix + "peer_rcvp"), 1);
    EXPECT_EQ(Value(prefix + "peer_rcvb"), 83);
    EXPECT_EQ(Value(prefix + "peer_sentp"), 1);
    EXPECT_EQ(Value(prefix + "peer_sentb"), 92);
  }
}

TEST_F(MetricsPageTest, CoturnsBindingCountersAreThere) {
  first_->requests.Add(0x001, 0);
  first_->requests.Add(0x001, 0);
  first_->requests.Add(0x001, 420);
  first_->requests.Add(0x003, 401);
  EXPECT_EQ(Value("stun_binding_request"), 3);
  EXPECT_EQ(Value("stun_binding_response"), 2);
  EXPECT_EQ(Value("stun_binding_error"), 1);
}

TEST_F(MetricsPageTest, VersionStateAndProcessAreThere) {
  facts_.state = State::kDraining;
  facts_.process = {1.5, 4096, 8192, 12, 1024};
  facts_.broken_invariants = 1;
  facts_.lost_log_lines = 2;
  EXPECT_EQ(Value(R"(culvert_build_info{version="1.2.3"})"), 1);
  EXPECT_EQ(Value(R"(culvert_state{state="draining"})"), 1);
  EXPECT_EQ(Value(R"(culvert_state{state="serving"})"), 0);
  EXPECT_EQ(Value("process_cpu_seconds_total"), 1.5);
  EXPECT_EQ(Value("process_resident_memory_bytes"), 4096);
  EXPECT_EQ(Value("process_virtual_memory_bytes"), 8192);
  EXPECT_EQ(Value("process_open_fds"), 12);
  EXPECT_EQ(Value("process_max_fds"), 1024);
  EXPECT_EQ(Value("process_start_time_seconds"), 1000);
  EXPECT_EQ(Value("culvert_broken_invariants_total"), 1);
  EXPECT_EQ(Value("culvert_log_lines_lost_total"), 2);
  EXPECT_EQ(Value("culvert_tls_certificate_expiry_timestamp_seconds"), 3000);
}

TEST_F(MetricsPageTest, WithoutACertificateThereIsNoExpiry) {
  facts_.certificate_expiry.reset();
  EXPECT_EQ(Page().Names().count("culvert_tls_certificate_expiry_timestamp_seconds"), 0u);
}

TEST_F(MetricsPageTest, LargeCountsLoseNoDigits) {
  first_->tls_writes.Add(9007199254740991);  // the greatest that a double holds with all before it
  EXPECT_EQ(Value("culvert_tls_writes_total"), 9007199254740991.0);
}

TEST_F(MetricsPageTest, UsersInRedisAreThereWhereThereIsOne) {
  first_->credentials.hits.Add(9);
  first_->credentials.misses.Add(8);
  second_->credentials.joined.Add(7);
  second_->credentials.stale.Add(6);
  first_->credentials.entries.Up(5);
  first_->credentials.bad_records.Add(4);
  redis_->connected.Up();
  redis_->commands.Add(30);
  redis_->errors[redis::CallError::Kind::kTimeout].Add(3);
  redis_->connects.Add(2);
  redis_->failed_connects.Add(1);
  redis_->redirects.Add(11);
  redis_->invalidations.Add(12);
  redis_->latency.Observe(300);
  EXPECT_EQ(Value(R"(culvert_credential_cache_lookups_total{result="hit"})"), 9);
  EXPECT_EQ(Value(R"(culvert_credential_cache_lookups_total{result="miss"})"), 8);
  EXPECT_EQ(Value(R"(culvert_credential_cache_lookups_total{result="joined"})"), 7);
  EXPECT_EQ(Value(R"(culvert_credential_cache_lookups_total{result="stale"})"), 6);
  EXPECT_EQ(Value("culvert_credential_cache_entries"), 5);
  EXPECT_EQ(Value("culvert_credential_bad_records_total"), 4);
  EXPECT_EQ(Value("culvert_redis_connected"), 1);
  EXPECT_EQ(Value("culvert_redis_commands_total"), 30);
  EXPECT_EQ(Value(R"(culvert_redis_errors_total{kind="timeout"})"), 3);
  EXPECT_EQ(Value(R"(culvert_redis_errors_total{kind="down"})"), 0);
  EXPECT_EQ(Value(R"(culvert_redis_connects_total{result="ok"})"), 2);
  EXPECT_EQ(Value(R"(culvert_redis_connects_total{result="failed"})"), 1);
  EXPECT_EQ(Value("culvert_redis_redirects_total"), 11);
  EXPECT_EQ(Value("culvert_redis_invalidations_total"), 12);
  EXPECT_EQ(Value(R"(culvert_redis_command_seconds_bucket{le="0.00025"})"), 0);
  EXPECT_EQ(Value(R"(culvert_redis_command_seconds_bucket{le="0.0005"})"), 1);
  EXPECT_EQ(Value("culvert_redis_command_seconds_count"), 1);
  facts_.redis = {};
  EXPECT_FALSE(Page().Value("culvert_redis_connected").has_value());
}

// The first cell of each row of a table in docs/metrics.md, where it is one name in backquotes.
std::set<std::string> DocumentedNames() {
  std::ifstream page("docs/metrics.md");
  EXPECT_TRUE(page.is_open());
  std::set<std::string> names;
  for (std::string line; std::getline(page, line);) {
    if (line.rfind("| `", 0) != 0) continue;
    const size_t end = line.find('`', 3);
    EXPECT_TRUE(names.insert(line.substr(3, end - 3)).second) << "twice: " << line;
  }
  return names;
}

TEST_F(MetricsPageTest, TheManualNamesWhatThePageShowsAndNothingElse) {
  const std::set<std::string> documented = DocumentedNames();
  const Exposition page = Page();
  for (const std::string& name : documented) {
    EXPECT_EQ(page.metrics.count(name), 1u) << name << " is documented and not shown";
  }
  for (const std::string& name : page.Names()) {
    EXPECT_EQ(documented.count(name), 1u) << name << " is shown and not documented";
  }
}

TEST_F(MetricsPageTest, TheStatusDatabaseIsThereWhereThereIsOne) {
  redis_->connected.Up();
  redis_->commands.Add(30);
  redis_->errors[redis::CallError::Kind::kDown].Add(4);
  EXPECT_EQ(Value("culvert_statsdb_connected"), 1);
  EXPECT_EQ(Value("culvert_statsdb_commands_total"), 30);
  EXPECT_EQ(Value(R"(culvert_statsdb_lost_total{kind="down"})"), 4);
  EXPECT_EQ(Value(R"(culvert_statsdb_lost_total{kind="timeout"})"), 0);
  facts_.statsdb = {};
  EXPECT_FALSE(Page().Value("culvert_statsdb_connected").has_value());
}

TEST_F(MetricsPageTest, TheDatabaseOfQuotasIsThereWhereThereIsOne) {
  redis_->connected.Up();
  redis_->commands.Add(30);
  redis_->errors[redis::CallError::Kind::kTimeout].Add(4);
  EXPECT_EQ(Value("culvert_quotadb_connected"), 1);
  EXPECT_EQ(Value("culvert_quotadb_commands_total"), 30);
  EXPECT_EQ(Value(R"(culvert_quotadb_errors_total{kind="timeout"})"), 4);
  facts_.quotadb = {};
  EXPECT_FALSE(Page().Value("culvert_quotadb_connected").has_value());
}

}  // namespace
}  // namespace culvert::admin
