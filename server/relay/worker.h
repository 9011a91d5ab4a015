// One worker: a thread with its loop, its listeners, its TLS contexts, its clients and their relay
// sockets. Workers share nothing that the data path touches; they send each other letters (Post).
//
// Everything but Post, HandOver, and the constructor and Run's caller belongs to the worker's own
// thread.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "auth/contract.h"
#include "server/net/loop.h"
#include "server/net/mailbox.h"
#include "server/net/splice_pipe.h"
#include "server/net/stream.h"
#include "server/net/timer_wheel.h"
#include "server/net/tls_context.h"
#include "server/observe/counters.h"
#include "server/observe/log.h"
#include "server/observe/session_facts.h"
#include "server/relay/allocation_observer.h"
#include "server/relay/connection_id.h"
#include "server/relay/data_pipe.h"
#include "server/relay/fleet_quota.h"
#include "server/relay/handshake_pool.h"
#include "server/relay/media_watch.h"
#include "server/relay/output.h"
#include "server/relay/port_pool.h"
#include "server/relay/quota.h"
#include "server/relay/rationed_line.h"
#include "server/relay/reservations.h"
#include "server/relay/revalidation.h"
#include "server/relay/settings.h"
#include "server/relay/stranger_limit.h"
#include "server/relay/stream_connection.h"
#include "server/relay/udp_listener.h"
#include "server/turn/session.h"

namespace culvert::relay {

// What all workers of a process have in common; outlives them. Everything in it is immutable or
// thread-safe.
struct Commons {
  const Settings& settings;
  const turn::Settings& turn_settings;
  const turn::PeerPolicy& peers;
  const auth::NonceSealer& nonces;
  const ConnectionIdCodec& connection_ids;
  PortPool& ports;
  Quota& quota;
  Reservations& reservations;
  observe::Log& log;
  net::Syscalls& sys;
  uint8_t node = 0;
  // Null: failed authentications are not limited.
  turn::Acquaintances* acquaintances = nullptr;
  // Null: workers do all handshakes themselves. Else it has threads where there is TLS.
  HandshakePool* handshakes = nullptr;
};

class Worker final : private net::TurnHandler {
 public:
  // `provider`: this worker's own; null: UseProvider brings it. `index` is below
  // ConnectionIdCodec::kWorkers.
  Worker(const Commons& commons, uint8_t index, std::unique_ptr<auth::Provider> provider);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // --- before Run, from the thread that sets up
  // All workers of the process, this one among them, by index.
  void SetPeers(std::vector<Worker*> workers) { workers_ = std::move(workers); }
  // One that stands on this worker's loop and wheel.
  void UseProvider(std::unique_ptr<auth::Provider> provider);
  // The same for who is told of allocations.
  void UseFleetQuota(std::unique_ptr<FleetQuota> quota) { fleet_quota_ = std::move(quota); }
  void UseObserver(std::unique_ptr<AllocationObserver> observer) {
    observer_ = std::move(observer);
  }
  void AddUdpListener(net::Fd socket, const Endpoint& at, bool plain, bool dtls);
  void AddStreamListener(net::Fd socket, const Endpoint& at);
  void UseTls(std::shared_ptr<net::TlsContext> stream, std::shared_ptr<net::TlsContext> datagram);

  // The realms to serve from the next request on, in place of the settings'. On the worker's
  // thread, while it runs.
  void UseRealms(std::shared_ptr<const turn::Realms> realms) {
    turn_shared_.other_realms = std::move(realms);
  }

  // Serves until Stop.
  void Run();

  // --- any thread
  void Post(std::function<void()> letter) { mailbox_.Post(std::move(letter)); }
  // Ends all allocations, and Run once the observer has told of that.
  void Stop();

  // --- for the rooms of this worker
  uint8_t index() const { return index_; }
  net::Loop& loop() { return loop_; }
  const Now& now() const { return loop_.now(); }
  net::TimerWheel& wheel() { return wheel_; }
  net::Syscalls& sys() { return commons_.sys; }
  net::UdpReceiver& receiver() { return *receiver_; }
  net::StreamBuffers& stream_buffers() { return stream_buffers_; }
  net::SplicePipePool& splice_pipes() { return splice_pipes_; }
  Output& output() { return *output_; }
  const Settings& settings() const { return commons_.settings; }
  turn::Shared& turn_shared() { return turn_shared_; }
  PortPool& ports() { return commons_.ports; }
  Quota& quota() { return commons_.quota; }
  Reservations& reservations() { return commons_.reservations; }
  observe::Log& log() { return commons_.log; }
  observe::WorkerCounters& counters() { return counters_; }
  const observe::WorkerCounters& counters() const { return counters_; }
  // Null when nobody wants to know.
  AllocationObserver* observer() { return observer_.get(); }
  // Null: the quotas of this process are all there are.
  FleetQuota* fleet_quota() { return fleet_quota_.get(); }
  // Null while there is no certificate.
  const std::shared_ptr<net::TlsContext>& tls() const { return tls_; }
  const std::shared_ptr<net::TlsContext>& dtls() const { return dtls_; }
  // Runs `work` at the end of this turn or the next.
  void Later(std::function<void()> work) { later_.push_back(std::move(work)); }

  // --- sessions
  observe::SessionId NewSession(ClientSession* session);
  void ForgetSession(observe::SessionId id) { sessions_.erase(id); }
  ClientSession* SessionById(observe::SessionId id);
  // For operators: those with an allocation, at most `most`; how many were ended.
  std::vector<observe::SessionFacts> ListSessions(const observe::SessionFilter& filter,
                                                  size_t most) const;
  size_t EndSessions(const observe::SessionFilter& filter);
  // From now on new allocations are refused; what is there goes on.
  void Drain() { turn_shared_.draining = true; }
  std::optional<auth::Answer> LookUp(const auth::Question& question, observe::SessionId session);
  Revalidation& revalidation() { return revalidation_; }

  // --- relay addresses
  // Where a relay for a client of `server` binds; nullopt where the machine has no such family.
  std::optional<IpAddress> RelayAddressFor(Family family, const ServerAddress& server) const;
  Endpoint ExternalAddressOf(const Endpoint& local) const;

  // Whether a datagram of a client without a session is served.
  bool AdmitStranger(const IpAddress& source) { return strangers_.Admit(source, now().instant); }

  // Whether an error answer may go to a datagram whose source is not proven; counts those that may
  // not.
  bool MayAnswerUnproven(const IpAddress& source);
  // Counts a failed authentication that was limited, and tells of it in the log, seldom.
  void ReportAuthLimit(turn::AuthLimit limit, const ClientAddress& client, std::string_view user);

  // Tells of a client whose certificate does not name its user, seldom.
  void ReportUncertified(const ClientAddress& client, std::string_view user);

  // How long a listener rests that ran out of descriptors.
  static constexpr Duration kAcceptPause = milliseconds(200);

  // --- stream connections
  // While this worker relays media, the steps of TLS handshakes are the pool's.
  bool gives_handshakes() const { return commons_.handshakes != nullptr && media_.relaying(); }
  // Gives a step to the pool; the connection's TakeBack comes, unless it abandons the step by the
  // number returned. REQUIRES: TakeHandshake has agreed.
  uint64_t GiveHandshake(StreamConnection* connection, std::unique_ptr<HandshakeStep> step);
  void AbandonHandshake(uint64_t number);
  // Asks for a step of a handshake in this turn, here or in the pool.
  bool TakeHandshake();
  // It was not needed.
  void ReturnHandshake();
  // The same for a DTLS client's first datagrams.
  bool TakeDtlsHello();
  void DeferHandshake(StreamConnection* connection);
  void Forget(StreamConnection* connection);
  // Gives a connection to another worker (any thread may be its own).
  void HandOver(uint8_t worker, Handoff handoff);

  // --- RFC 6062 connections
  turn::ConnectionId NewConnectionId(ClientSession* owner);
  void ForgetConnection(turn::ConnectionId id) { connection_owners_.erase(id); }
  ClientSession* OwnerOf(turn::ConnectionId id);
  // The worker of this process whose connection `id` claims to be; nullopt for another node's.
  std::optional<uint8_t> WorkerOf(turn::ConnectionId id) const;
  void JoinPipe(turn::ConnectionId id, std::unique_ptr<net::Stream> client,
                turn::Transport transport, ByteView from_client);
  void PipeEnded(DataPipe* pipe, observe::SessionId owner);

 private:
  // Accepts clients' TCP connections on one address.
  struct StreamListener final : net::FdHandler, net::TimerWheel::Entry {
    void OnReady(unsigned) override { worker->Accept(*this); }
    // After a pause.
    void OnTimer(Instant) override { watch.Want(true, false); }
    Worker* worker = nullptr;
    net::Fd socket;
    Endpoint at;
    net::FdWatch watch;
  };

  bool OnTurnEnd() override;
  void Accept(StreamListener& listener);
  void Adopt(std::unique_ptr<net::Stream> stream, const ClientAddress& client,
             const ServerAddress& server, bool taken_over, ByteView unread);
  void LookForMedia(Instant now);
  bool has_handshakes_left() const;
  void ServeDeferredHandshakes();
  void ResumeDeferred(unsigned most);
  void TakeBackHandshake(uint64_t number, HandshakeStep& step);
  void RunLater();
  // The upkeep that needs no better time than every few seconds.
  void Heartbeat(Instant now);
  void EndEverything();
  void FinishTelling();

  const Commons commons_;
  const uint8_t index_;
  observe::WorkerCounters counters_;
  net::Loop loop_;
  net::TimerWheel wheel_;
  net::Mailbox mailbox_;
  std::unique_ptr<net::UdpReceiver> receiver_;
  std::unique_ptr<Output> output_;
  net::StreamBuffers stream_buffers_;
  net::SplicePipePool splice_pipes_;
  turn::Shared turn_shared_;
  Revalidation revalidation_{*this};
  std::unique_ptr<auth::Provider> provider_;
  std::unique_ptr<AllocationObserver> observer_;
  std::unique_ptr<FleetQuota> fleet_quota_;
  std::vector<Worker*> workers_;
  std::shared_ptr<net::TlsContext> tls_;
  std::shared_ptr<net::TlsContext> dtls_;

  uint64_t next_session_;
  uint32_t next_connection_;
  size_t pending_lookups_ = 0;
  absl::flat_hash_map<observe::SessionId, ClientSession*> sessions_;
  absl::flat_hash_map<turn::ConnectionId, ClientSession*> connection_owners_;
  absl::flat_hash_map<DataPipe*, std::unique_ptr<DataPipe>> pipes_;
  absl::flat_hash_map<StreamConnection*, std::unique_ptr<StreamConnection>> connections_;
  std::vector<std::unique_ptr<UdpListener>> udp_listeners_;
  std::vector<std::unique_ptr<StreamListener>> stream_listeners_;
  std::deque<StreamConnection*> deferred_handshakes_;
  // Steps that the pool has, by number; null for a connection that is gone.
  absl::flat_hash_map<uint64_t, StreamConnection*> handshakes_aside_;
  uint64_t next_aside_ = 0;
  MediaWatch media_;
  Instant next_heartbeat_{};
  unsigned handshakes_left_ = 0;
  unsigned dtls_hellos_left_ = 0;
  StrangerLimit strangers_;
  StrangerLimit unproven_answers_;
  std::unique_ptr<turn::FailureLimits> failures_;
  RationedLine auth_limit_line_;
  RationedLine uncertified_line_;
  std::vector<std::function<void()>> later_;
};

}  // namespace culvert::relay
