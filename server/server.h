// The relay as one object: what its workers share, the workers with their threads, and their
// listeners. Made, started and stopped by main, on main's thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "server/config/options.h"
#include "server/observe/counters.h"
#include "server/observe/log.h"
#include "server/observe/session_facts.h"
#include "server/redis/statistics.h"
#include "server/relay/handshake_pool.h"
#include "server/relay/worker.h"
#include "server/setup.h"
#include "server/stored_realms.h"

namespace culvert {

class Server {
 public:
  // Reads certificates and users and binds all ports, so that rights may be dropped afterwards.
  // `log` and `sys` outlive the server. The error is ready for a person and says what to do.
  static Result<std::unique_ptr<Server>, std::string> Create(
      const config::Options& options, observe::Log& log,
      net::Syscalls& sys = net::Syscalls::Kernel());
  // What Create does before it opens sockets; nullopt when all is well.
  static std::optional<std::string> Check(const config::Options& options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  void Start();
  // Ends allocations and workers, and waits for them.
  void Stop();

  // Reads certificate and key again; sessions go on with what they have. A failure leaves the old
  // ones in use.
  std::optional<std::string> ReloadTls();
  bool has_certificate() const { return certificate_expiry_.has_value(); }
  std::optional<WallTime> certificate_expiry() const { return certificate_expiry_; }
  // Data connections may leave their TLS records to the kernel.
  bool kernel_tls() const { return kernel_tls_; }

  // --- while it runs. They ask the workers and wait for them: nullopt when one does not answer
  // within a few seconds.
  // At most `most`, in no order.
  std::optional<std::vector<observe::SessionFacts>> ListSessions(
      const observe::SessionFilter& filter, size_t most);
  // How many were ended.
  std::optional<size_t> EndSessions(const observe::SessionFilter& filter);

  // From now on new allocations are refused; does not wait.
  void Drain();
  int64_t allocations() const;

  const std::vector<ListenerPlan>& listeners() const { return plan_; }
  observe::AllCounters counters() const { return counters_; }
  // One for each worker where allocations are told to a Redis, else none.
  const std::vector<const redis::Statistics*>& statsdb() const { return statsdb_; }
  const std::vector<const redis::Statistics*>& quotadb() const { return quotadb_; }
  // One for each worker where users are in Redis, else none.
  const std::vector<const redis::Statistics*>& redis() const { return redis_; }
  // Users are in Redis only, and a worker has not been connected to it yet.
  bool users_never_reached() const;
  uint64_t relay_ports() const;
  size_t workers() const { return workers_.size(); }
  // Of the handshake threads: since when the longest step takes that is being done now.
  std::optional<Instant> handshaking_since() const { return handshakes_.busy_since(); }
  const std::string& realm() const { return turn_settings_.realms.default_realm(); }

 private:
  Server(const config::Options& options, observe::Log& log, net::Syscalls& sys);
  std::optional<std::string> LoadTls();
  // Called on the first worker's thread, which reads them for all.
  void UseOrigins(const std::map<std::string, std::string>& origins);
  // Plugs one of its own into each worker.
  std::optional<std::string> UseStatusWriters(const config::Options& options);
  std::optional<std::string> UseFleetQuotas(const config::Options& options);
  std::optional<std::string> Bind();
  template <typename Answer>
  std::optional<std::vector<Answer>> AskWorkers(std::function<Answer(relay::Worker&)> question);

  config::Options options_;  // without secrets once the providers are made
  observe::Log& log_;
  net::Syscalls& sys_;
  bool kernel_tls_ = false;
  const std::vector<IpAddress> addresses_;
  const net::TicketKeys ticket_keys_;
  const relay::Settings relay_settings_;
  turn::Settings turn_settings_;
  std::optional<WallTime> certificate_expiry_;
  std::vector<ListenerPlan> plan_;
  std::unique_ptr<turn::PeerPolicy> peers_;
  const auth::ClusterKey cluster_key_;
  const auth::NonceSealer nonces_;
  const relay::ConnectionIdCodec connection_ids_;
  relay::PortPool ports_;
  relay::Quota quota_;
  relay::Reservations reservations_;
  turn::Acquaintances acquaintances_;
  relay::HandshakePool handshakes_;
  std::vector<std::unique_ptr<relay::Worker>> workers_;
  std::vector<const observe::WorkerCounters*> counters_;
  std::vector<const redis::Statistics*> redis_;
  std::vector<const redis::Statistics*> statsdb_;
  std::vector<const redis::Statistics*> quotadb_;
  bool users_only_in_redis_ = false;
  StoredRealms stored_realms_;  // the first worker's, while it runs
  std::vector<std::thread> threads_;
};

}  // namespace culvert
