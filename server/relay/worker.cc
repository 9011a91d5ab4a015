#include "server/relay/worker.h"

#include <openssl/rand.h>

#include <algorithm>
#include <utility>

#include "server/net/socket.h"
#include "server/relay/session_facts.h"
#include "server/relay/tcp_relay.h"

namespace culvert::relay {
namespace {

// An idle worker still shows that it lives.
constexpr seconds kHeartbeat{2};
// What counts as a datagram in the relayed bytes of streams.
constexpr uint64_t kDatagramOfStream = 1200;

// On whole seconds, so that busy turns do not move the alarm.
Instant NextHeartbeat(Instant now) {
  return std::chrono::floor<seconds>(now) + kHeartbeat;
}

template <typename T>
T RandomNumber() {
  T number{};
  RAND_bytes(reinterpret_cast<unsigned char*>(&number), sizeof number);
  return number;
}

// Ids count up from here. Two of 2^58 starting points are hardly ever so near to each other that
// the sessions of two workers meet, of one process or of a fleet with its restarts. Smaller than
// 10^18, for databases of allocations know ids by 18 digits.
uint64_t FirstSessionId() {
  return RandomNumber<uint64_t>() >> 6;
}

}  // namespace

Worker::Worker(const Commons& commons, uint8_t index, std::unique_ptr<auth::Provider> provider)
    : commons_(commons),
      index_(index),
      wheel_(loop_.now().instant),
      mailbox_(loop_),
      receiver_(std::make_unique<net::UdpReceiver>()),
      output_(std::make_unique<Output>(commons.sys, counters_)),
      splice_pipes_(commons.sys),
      turn_shared_{commons.turn_settings, commons.peers, commons.nonces, RandomNumber<uint64_t>()},
      provider_(std::move(provider)),
      next_session_(FirstSessionId()),
      next_connection_(RandomNumber<uint32_t>()),
      strangers_(commons.settings.strangers_per_source, commons.settings.strangers_in_total,
                 RandomNumber<uint64_t>()),
      unproven_answers_(commons.settings.unproven_answers_per_source, 0, RandomNumber<uint64_t>()) {
  if (commons.acquaintances == nullptr) return;
  failures_ =
      std::make_unique<turn::FailureLimits>(commons.settings.failures, *commons.acquaintances);
  turn_shared_.failures = failures_.get();
}

Worker::~Worker() {
  // What these leave to the loop's deferred delete still uses the worker.
  udp_listeners_.clear();
  connections_.clear();
  pipes_.clear();
  loop_.DestroyDeferred();
}

void Worker::UseProvider(std::unique_ptr<auth::Provider> provider) {
  provider_ = std::move(provider);
  if (!settings().keep_withdrawn) revalidation_.Watch(*provider_);
}

void Worker::AddUdpListener(net::Fd socket, const Endpoint& at, bool plain, bool dtls) {
  udp_listeners_.push_back(
      std::make_unique<UdpListener>(*this, std::move(socket), at, plain, dtls));
}

void Worker::AddStreamListener(net::Fd socket, const Endpoint& at) {
  auto listener = std::make_unique<StreamListener>();
  listener->worker = this;
  listener->socket = std::move(socket);
  listener->at = at;
  // What is accepted inherits these.
  net::TuneStream(listener->socket.get(), settings().dead_after);
  net::SetUnsentLimit(listener->socket.get(), settings().unsent_limit);
  listener->watch.Start(loop_, listener->socket.get(), listener.get(), true, false);
  stream_listeners_.push_back(std::move(listener));
}

void Worker::UseTls(std::shared_ptr<net::TlsContext> stream,
                    std::shared_ptr<net::TlsContext> datagram) {
  tls_ = std::move(stream);
  dtls_ = std::move(datagram);
  for (auto& listener : udp_listeners_) listener->ReloadTls();
}

void Worker::Run() {
  handshakes_left_ = settings().handshakes_per_turn;
  dtls_hellos_left_ = settings().dtls_hellos_per_turn;
  Heartbeat(now().instant);
  loop_.SetAlarm(next_heartbeat_);
  loop_.Run(this);
}

void Worker::Stop() {
  Post([this] {
    EndEverything();
    FinishTelling();
  });
}

// What others keep of the allocations here is told of their end before the loop does.
void Worker::FinishTelling() {
  const auto stop = [this] { loop_.Stop(); };
  const auto finish_quota = [this, stop] {
    return fleet_quota_ == nullptr ? stop() : fleet_quota_->Finish(stop);
  };
  return observer_ == nullptr ? finish_quota() : observer_->Finish(finish_quota);
}

void Worker::EndEverything() {
  for (auto& listener : stream_listeners_) listener->watch.Stop();
  for (auto& listener : udp_listeners_) listener->StopReading();
  std::vector<ClientSession*> sessions;
  for (auto& [id, session] : sessions_) sessions.push_back(session);
  for (ClientSession* session : sessions) session->End(turn::EndReason::kShutdown);
  std::vector<StreamConnection*> connections;
  for (auto& [connection, owned] : connections_) connections.push_back(connection);
  for (StreamConnection* connection : connections) connection->Close();
}

bool Worker::OnTurnEnd() {
  const Instant now = loop_.now().instant;
  wheel_.Advance(now);
  RunLater();
  if (media_.Due(now)) LookForMedia(now);
  ServeDeferredHandshakes();
  output_->EndTurn();
  if (now >= next_heartbeat_) Heartbeat(now);
  counters_.loop_turns.Add();
  counters_.last_turn.Set(now);
  counters_.loop_lag.Observe(static_cast<uint64_t>(loop_.last_turn().count()));
  loop_.SetAlarm(wheel_.NextWake(next_heartbeat_));
  // While the pool has all it may have, a step that comes back wakes the loop.
  return (!deferred_handshakes_.empty() && has_handshakes_left()) || !later_.empty();
}

void Worker::LookForMedia(Instant now) {
  uint64_t datagrams = 0;
  uint64_t bytes = 0;
  for (size_t transport = 0; transport < observe::kTransports; ++transport) {
    const observe::UdpTraffic& udp = counters_.udp_relayed[transport];
    const observe::TcpTraffic& tcp = counters_.tcp_relayed[transport];
    datagrams += udp.client_to_peer.received.packets.value();
    datagrams += udp.peer_to_client.received.packets.value();
    bytes += tcp.client_to_peer.received_bytes.value() + tcp.peer_to_client.received_bytes.value();
  }
  media_.Look(datagrams + bytes / kDatagramOfStream, now);
}

void Worker::Heartbeat(Instant now) {
  next_heartbeat_ = NextHeartbeat(now);
  if (index_ == 0) commons_.reservations.Expire(now);
}

void Worker::RunLater() {
  for (auto& work : std::exchange(later_, {})) work();
}

// --- sessions

observe::SessionId Worker::NewSession(ClientSession* session) {
  const observe::SessionId id{next_session_++};
  sessions_[id] = session;
  return id;
}

ClientSession* Worker::SessionById(observe::SessionId id) {
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : found->second;
}

std::vector<observe::SessionFacts> Worker::ListSessions(const observe::SessionFilter& filter,
                                                        size_t most) const {
  std::vector<observe::SessionFacts> list;
  for (const auto& [id, session] : sessions_) {
    if (list.size() == most) break;
    if (Takes(filter, *session)) list.push_back(FactsOf(*session, loop_.now().instant));
  }
  return list;
}

size_t Worker::EndSessions(const observe::SessionFilter& filter) {
  // The end of a session may take it out of the table.
  std::vector<ClientSession*> chosen;
  for (const auto& [id, session] : sessions_) {
    if (Takes(filter, *session)) chosen.push_back(session);
  }
  for (ClientSession* const session : chosen) session->End(turn::EndReason::kOperator);
  return chosen.size();
}

std::optional<auth::Answer> Worker::LookUp(const auth::Question& question,
                                           observe::SessionId session) {
  if (provider_ == nullptr || pending_lookups_ >= settings().max_pending_lookups) {
    return auth::Answer(Failure{auth::Refusal::kProviderDown});
  }
  struct Slot {
    bool returned = false;
    std::optional<auth::Answer> answer;
  };
  const auto slot = std::make_shared<Slot>();
  provider_->Lookup(question, now(), [this, slot, session](auth::Answer answer) {
    if (!slot->returned) {
      slot->answer = std::move(answer);
      return;
    }
    --pending_lookups_;
    counters_.lookups_pending.Down();
    if (ClientSession* const waiting = SessionById(session)) waiting->OnCredential(answer);
  });
  slot->returned = true;
  if (!slot->answer) {
    ++pending_lookups_;
    counters_.lookups_pending.Up();
  }
  return slot->answer;
}

bool Worker::MayAnswerUnproven(const IpAddress& source) {
  if (unproven_answers_.Admit(source, now().instant)) return true;
  counters_.drops[turn::Drop::kUnproven].Add();
  return false;
}

void Worker::ReportAuthLimit(turn::AuthLimit limit, const ClientAddress& client,
                             std::string_view user) {
  counters_.auth_limits[limit].Add();
  const auto events = auth_limit_line_.Take(now().instant);
  if (!events) return;
  log().Warning("too many failed authentications", {{"limit", turn::AuthLimitName(limit)},
                                                    {"source", client.ip().ToString()},
                                                    {"user", user},
                                                    {"since_last_line", *events}});
}

void Worker::ReportUncertified(const ClientAddress& client, std::string_view user) {
  const auto events = uncertified_line_.Take(now().instant);
  if (!events) return;
  log().Warning("a client's certificate does not name its user",
                {{"source", client.ip().ToString()}, {"user", user}, {"since_last_line", *events}});
}

// --- relay addresses

std::optional<IpAddress> Worker::RelayAddressFor(Family family, const ServerAddress& server) const {
  const auto of_family = [family](const std::vector<IpAddress>& ips) -> std::optional<IpAddress> {
    const auto found = std::find_if(
        ips.begin(), ips.end(), [family](const IpAddress& ip) { return ip.family() == family; });
    if (found == ips.end()) return std::nullopt;
    return *found;
  };
  if (!settings().relay_ips.empty()) return of_family(settings().relay_ips);
  if (server.family() == family) return server.ip();
  // A client that reached us on loopback has its peers there, too.
  if (server.ip().is_loopback() && family == Family::kIPv4) return IpAddress::V4(127, 0, 0, 1);
  if (server.ip().is_loopback()) return IpAddress::Parse("::1");
  return of_family(settings().local_ips);
}

Endpoint Worker::ExternalAddressOf(const Endpoint& local) const {
  const ExternalAddress* fits = nullptr;
  for (const ExternalAddress& mapping : settings().external) {
    if (mapping.external.family() != local.family()) continue;
    if (mapping.relay == local.ip()) return {mapping.external, local.port()};
    if (!mapping.relay && fits == nullptr) fits = &mapping;
  }
  return fits != nullptr ? Endpoint(fits->external, local.port()) : local;
}

// --- stream connections

void Worker::Accept(StreamListener& listener) {
  for (unsigned i = 0; i < settings().accepts_per_turn; ++i) {
    sockaddr_storage storage;
    socklen_t size = sizeof storage;
    const net::SysResult accepted =
        sys().Accept(listener.socket.get(), reinterpret_cast<sockaddr*>(&storage), &size);
    if (!accepted.ok()) {
      if (accepted.would_block() || accepted.error == ECONNABORTED) return;
      // Out of descriptors or memory: the client stays in the backlog, and asking again at once
      // would spin.
      counters_.connections_refused.Add();
      listener.watch.Want(false, false);
      wheel_.Arm(&listener, now().instant + kAcceptPause);
      return;
    }
    net::Fd socket(static_cast<int>(accepted.value));
    if (connections_.size() >= settings().max_connections) {
      counters_.connections_refused.Add();
      continue;
    }
    const ClientAddress client(Endpoint::FromSockaddr(reinterpret_cast<const sockaddr*>(&storage)));
    const ServerAddress server(listener.at.ip().is_unspecified() ? net::LocalEndpoint(socket.get())
                                                                 : listener.at);
    Adopt(std::make_unique<net::Stream>(sys(), std::move(socket), &stream_buffers_), client, server,
          false, {});
  }
}

void Worker::Adopt(std::unique_ptr<net::Stream> stream, const ClientAddress& client,
                   const ServerAddress& server, bool taken_over, ByteView unread) {
  auto connection = std::make_unique<StreamConnection>(*this, std::move(stream), client, server);
  StreamConnection* const begun = connection.get();
  connections_.emplace(begun, std::move(connection));
  begun->Begin(taken_over, unread);
}

bool Worker::has_handshakes_left() const {
  return gives_handshakes() ? handshakes_aside_.size() < settings().handshakes_aside
                            : handshakes_left_ > 0;
}

bool Worker::TakeHandshake() {
  if (!has_handshakes_left()) return false;
  if (!gives_handshakes()) --handshakes_left_;
  return true;
}

uint64_t Worker::GiveHandshake(StreamConnection* connection, std::unique_ptr<HandshakeStep> step) {
  const uint64_t number = next_aside_++;
  handshakes_aside_[number] = connection;
  counters_.handshakes_aside.Add();
  step->done = [this, number](std::unique_ptr<HandshakeStep> done) {
    // A letter must be copyable; the stream in it is not.
    Post([this, number, parcel = std::shared_ptr<HandshakeStep>(std::move(done))] {
      TakeBackHandshake(number, *parcel);
    });
  };
  commons_.handshakes->Submit(std::move(step));
  return number;
}

void Worker::AbandonHandshake(uint64_t number) {
  handshakes_aside_[number] = nullptr;
}

void Worker::TakeBackHandshake(uint64_t number, HandshakeStep& step) {
  const auto found = handshakes_aside_.find(number);
  if (!CULVERT_CHECK("relay.handshake-number", found != handshakes_aside_.end())) return;
  StreamConnection* const connection = found->second;
  handshakes_aside_.erase(found);
  if (connection != nullptr) connection->TakeBack(step);
  // Its place goes to who waited longest, before newcomers of this turn can ask for it.
  ResumeDeferred(1);
}

void Worker::ReturnHandshake() {
  ++handshakes_left_;
}

bool Worker::TakeDtlsHello() {
  if (dtls_hellos_left_ == 0) {
    counters_.handshakes_deferred.Add();
    return false;
  }
  --dtls_hellos_left_;
  return true;
}

void Worker::DeferHandshake(StreamConnection* connection) {
  counters_.handshakes_deferred.Add();
  deferred_handshakes_.push_back(connection);
}

void Worker::ServeDeferredHandshakes() {
  handshakes_left_ = settings().handshakes_per_turn;
  dtls_hellos_left_ = settings().dtls_hellos_per_turn;
  // Half of the ration is kept for the next turn's newcomers. What goes to the pool costs this
  // thread little more than an accept.
  ResumeDeferred(gives_handshakes() ? settings().accepts_per_turn
                                    : settings().handshakes_per_turn / 2 + 1);
}

void Worker::ResumeDeferred(unsigned most) {
  for (unsigned i = 0; i < most; ++i) {
    if (deferred_handshakes_.empty() || !has_handshakes_left()) return;
    StreamConnection* const connection = deferred_handshakes_.front();
    deferred_handshakes_.pop_front();
    // It may have gone meanwhile, and another may have its place: that one knows that it did not
    // wait.
    if (connections_.contains(connection)) connection->ResumeHandshake();
  }
}

void Worker::Forget(StreamConnection* connection) {
  const auto found = connections_.find(connection);
  if (found == connections_.end()) return;
  loop_.DeferDelete(std::move(found->second));
  connections_.erase(found);
}

void Worker::HandOver(uint8_t worker, Handoff handoff) {
  Worker* const owner = workers_[worker];
  // A letter must be copyable; the connection in it is not.
  auto parcel = std::make_shared<Handoff>(std::move(handoff));
  owner->Post([owner, parcel] {
    owner->Adopt(std::move(parcel->stream), parcel->client, parcel->server, true, parcel->unread);
  });
}

// --- RFC 6062 connections

turn::ConnectionId Worker::NewConnectionId(ClientSession* owner) {
  turn::ConnectionId id{};
  do {
    id = commons_.connection_ids.Seal({commons_.node, index_, next_connection_++});
  } while (connection_owners_.contains(id));
  connection_owners_[id] = owner;
  return id;
}

ClientSession* Worker::OwnerOf(turn::ConnectionId id) {
  const auto found = connection_owners_.find(id);
  return found == connection_owners_.end() ? nullptr : found->second;
}

std::optional<uint8_t> Worker::WorkerOf(turn::ConnectionId id) const {
  const ConnectionHome home = commons_.connection_ids.Open(id);
  if (home.node != commons_.node || home.worker >= workers_.size()) return std::nullopt;
  return home.worker;
}

void Worker::JoinPipe(turn::ConnectionId id, std::unique_ptr<net::Stream> client,
                      turn::Transport transport, ByteView from_client) {
  ClientSession* const owner = OwnerOf(id);
  TcpRelay* const relay = owner != nullptr ? owner->tcp_relay() : nullptr;
  net::Fd peer = relay != nullptr ? relay->Take(id) : net::Fd();
  if (!CULVERT_CHECK("relay.claimed-connection", peer.valid())) {
    client->Abort();
    return;
  }
  counters_.connection_binds.Add();
  auto pipe = std::make_unique<DataPipe>(
      *this, id, owner->id(), transport, owner->bandwidth(), owner->observed(), std::move(client),
      std::make_unique<net::Stream>(sys(), std::move(peer), &stream_buffers_));
  DataPipe* const started = pipe.get();
  pipes_.emplace(started, std::move(pipe));
  relay->SetPipe(id, started);
  started->Start(from_client);
}

void Worker::PipeEnded(DataPipe* pipe, observe::SessionId owner) {
  if (ClientSession* const session = SessionById(owner)) {
    // Already gone from the relay's table when the allocation itself ended it.
    if (session->tcp_relay() != nullptr) session->tcp_relay()->ForgetPipe(pipe->id());
    ForgetConnection(pipe->id());
    session->PeerClosed(pipe->id());
  }
  const auto found = pipes_.find(pipe);
  if (found == pipes_.end()) return;
  loop_.DeferDelete(std::move(found->second));
  pipes_.erase(found);
}

}  // namespace culvert::relay
