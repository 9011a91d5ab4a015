#include "server/relay/client_session.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "server/net/socket.h"
#include "server/relay/tcp_relay.h"
#include "server/relay/worker.h"

namespace culvert::relay {
namespace {

// How often a port that is free here but taken by another program is passed over.
constexpr int kBindAttempts = 32;

PortPool::Want WantFor(turn::PortChoice choice) {
  switch (choice) {
    case turn::PortChoice::kEven:
      return PortPool::Want::kEven;
    case turn::PortChoice::kEvenReservingNext:
      return PortPool::Want::kPair;
    case turn::PortChoice::kAny:
      break;
  }
  return PortPool::Want::kAny;
}

observe::RelayedProtocol ProtocolOf(const turn::Allocation& allocation) {
  return allocation.protocol == stun::kTransportTcp ? observe::RelayedProtocol::kTcp
                                                    : observe::RelayedProtocol::kUdp;
}

}  // namespace

ClientSession::ClientSession(Worker& worker, ClientLeg& leg, const turn::Path& path,
                             Instant idle_deadline)
    : worker_(worker),
      leg_(leg),
      id_(worker.NewSession(this)),
      turn_(worker.turn_shared(), *this, path),
      idle_deadline_(idle_deadline) {
  worker_.counters().sessions_open[path.transport].Up();
  if (idle_deadline_ != kNever) worker_.wheel().Arm(this, idle_deadline_);
}

ClientSession::~ClientSession() {
  turn_.End(turn::EndReason::kClientGone, worker_.now());
  ReleaseQuota();  // of an Allocate that still waits for it
  worker_.ForgetSession(id_);
  worker_.counters().sessions_open[transport()].Down();
}

void ClientSession::End(turn::EndReason reason) {
  turn_.End(reason, worker_.now());
  Settle();
}

void ClientSession::Settle() {
  // Who has no allocation is not told of by Revalidation.
  if (turn_.allocation() == nullptr) turn_.ForgetCredential();
  const Instant idle = turn_.allocation() == nullptr ? idle_deadline_ : kNever;
  worker_.wheel().Arm(this, std::min(turn_.next_deadline(), idle));
  leg_.OnSessionChanged();
}

void ClientSession::OnTimer(Instant) {
  const Now& now = worker_.now();
  turn_.OnTimer(now);
  if (turn_.allocation() == nullptr && idle_deadline_ <= now.instant) idle_too_long_ = true;
  Settle();
}

// --- answers and credentials

void ClientSession::ToClient(const OutFrame& frame, bool reply) {
  if (observed_ != nullptr) observed_->ToClient(frame.size());
  leg_.Send(frame, reply);
}

void ClientSession::Reply(ByteView message) {
  ToClient({{}, worker_.output().Copy(message)}, /*reply=*/true);
}

bool ClientSession::MayAnswerUnproven() {
  return worker_.MayAnswerUnproven(path().client.ip());
}

// By name or subject: the name of TURN REST has its date before the user, a B-TID is another's.
bool ClientSession::IsCertified(const auth::Credential& credential) {
  const auto& field = worker_.settings().certified_by;
  if (!field || net::CertificateNames(leg_.Ssl(), *field, {credential.username, credential.subject},
                                      worker_.now().wall)) {
    return true;
  }
  worker_.ReportUncertified(path().client, credential.username);
  return false;
}

std::optional<auth::Answer> ClientSession::LookUp(const auth::Question& question) {
  return worker_.LookUp(question, id_);
}

void ClientSession::OnCredential(const auth::Answer& answer) {
  turn_.OnCredential(answer, worker_.now());
  Settle();
}

// --- quotas

Result<turn::Effects::QuotaState, stun::ErrorCode> ClientSession::AcquireQuota(
    const auth::Credential& credential) {
  auto share = worker_.quota().Acquire(credential);
  if (!share) return Failure{share.error()};
  if (share->bytes_per_second != 0) {
    bandwidth_ = std::make_shared<Bandwidth>(share->bytes_per_second);
  }
  share_ = std::make_unique<QuotaShare>(std::move(*share));
  FleetQuota* const fleet = worker_.fleet_quota();
  if (fleet == nullptr || !share_->limits.any()) return QuotaState::kTaken;
  fleet->Acquire(Claim(), [&worker = worker_, claim = Claim()](bool granted) {
    if (ClientSession* const session = worker.SessionById(claim.session)) {
      session->OnFleetQuota(granted);
    } else if (granted) {
      worker.fleet_quota()->Release(claim);
    }
  });
  return QuotaState::kLater;
}

void ClientSession::OnFleetQuota(bool granted) {
  has_fleet_share_ = granted;
  std::optional<stun::ErrorCode> refusal;
  if (!granted) refusal = stun::ErrorCode::kAllocationQuotaReached;
  const bool awaited = turn_.OnQuota(refusal, worker_.now());
  if (!granted || !awaited) ReleaseQuota();
  Settle();
}

FleetClaim ClientSession::Claim() const {
  return {id_, share_->realm, share_->subject, share_->limits};
}

void ClientSession::ReleaseQuota() {
  if (share_ == nullptr) return;
  if (has_fleet_share_) worker_.fleet_quota()->Release(Claim());
  has_fleet_share_ = false;
  worker_.quota().Release(*share_);
  share_.reset();
  bandwidth_.reset();
}

// --- relays

Result<turn::OpenedRelay, stun::ErrorCode> ClientSession::Adopt(net::Fd socket,
                                                                const Endpoint& local) {
  relay_slot(local.family()) = std::make_unique<UdpRelay>(worker_, *this, std::move(socket), local);
  return turn::OpenedRelay{RelayedAddress(worker_.ExternalAddressOf(local)), std::nullopt};
}

Result<turn::OpenedRelay, stun::ErrorCode> ClientSession::OpenUdpRelay(Family family,
                                                                       turn::PortChoice choice) {
  const auto ip = worker_.RelayAddressFor(family, path().server);
  if (!ip) return Failure{stun::ErrorCode::kAddressFamilyNotSupported};
  PortPool& ports = worker_.ports();
  for (int attempt = 0; attempt < kBindAttempts; ++attempt) {
    const auto port = ports.Take(*ip, stun::kTransportUdp, WantFor(choice));
    if (!port) break;
    const Endpoint local(*ip, *port);
    auto socket = net::OpenUdpRelay(worker_.sys(), local);
    if (choice != turn::PortChoice::kEvenReservingNext) {
      if (socket) return Adopt(std::move(*socket), local);
      ports.Release(*ip, stun::kTransportUdp, *port);
      if (socket.error().error != EADDRINUSE) break;
      continue;
    }
    const Endpoint next(*ip, static_cast<uint16_t>(*port + 1));
    auto reserved = net::OpenUdpRelay(worker_.sys(), next);
    if (socket && reserved) {
      auto opened = Adopt(std::move(*socket), local);
      opened->reservation =
          worker_.reservations().Hold({std::move(*reserved), next, share_->subject,
                                       worker_.now().instant + Reservations::kHeld});
      return opened;
    }
    ports.Release(*ip, stun::kTransportUdp, *port);
    ports.Release(*ip, stun::kTransportUdp, next.port());
  }
  worker_.counters().port_exhaustion.Add();
  return Failure{stun::ErrorCode::kInsufficientCapacity};
}

Result<turn::OpenedRelay, stun::ErrorCode> ClientSession::RedeemReservation(
    turn::ReservationToken token, std::string_view subject) {
  auto reserved = worker_.reservations().Redeem(token, subject, worker_.now().instant);
  if (!reserved) return Failure{stun::ErrorCode::kInsufficientCapacity};
  return Adopt(std::move(reserved->socket), reserved->local);
}

Result<turn::OpenedRelay, stun::ErrorCode> ClientSession::OpenTcpRelay(Family family) {
  const auto ip = worker_.RelayAddressFor(family, path().server);
  if (!ip) return Failure{stun::ErrorCode::kAddressFamilyNotSupported};
  PortPool& ports = worker_.ports();
  for (int attempt = 0; attempt < kBindAttempts; ++attempt) {
    const auto port = ports.Take(*ip, stun::kTransportTcp, PortPool::Want::kAny);
    if (!port) break;
    const Endpoint local(*ip, *port);
    auto socket = net::OpenTcpRelay(worker_.sys(), local);
    if (socket) {
      tcp_ = std::make_unique<TcpRelay>(worker_, *this, std::move(*socket), local);
      return turn::OpenedRelay{RelayedAddress(worker_.ExternalAddressOf(local)), std::nullopt};
    }
    ports.Release(*ip, stun::kTransportTcp, *port);
    if (socket.error().error != EADDRINUSE) break;
  }
  worker_.counters().port_exhaustion.Add();
  return Failure{stun::ErrorCode::kInsufficientCapacity};
}

void ClientSession::CloseRelay(Family family) {
  if (tcp_ != nullptr) {
    // May be asked for from within its own accept handler.
    worker_.loop().DeferDelete(std::move(tcp_));
    return;
  }
  if (relay(family) != nullptr) worker_.loop().DeferDelete(std::move(relay_slot(family)));
}

// --- RFC 6062

turn::ConnectionId ClientSession::NewConnectionId() {
  return worker_.NewConnectionId(this);
}

void ClientSession::ConnectToPeer(turn::ConnectionId id, const PeerAddress& peer) {
  if (tcp_ != nullptr) tcp_->Connect(id, peer);
}

void ClientSession::ClosePeer(turn::ConnectionId id, bool flush) {
  if (tcp_ != nullptr) tcp_->Close(id, flush);
}

void ClientSession::PeerConnected(turn::ConnectionId id, bool ok) {
  if (ok) {
    turn_.OnPeerConnected(id, worker_.now());
  } else {
    turn_.OnPeerConnectFailed(id, worker_.now());
  }
  Settle();
}

bool ClientSession::PeerAccepted(const PeerAddress& peer, turn::ConnectionId id) {
  const bool kept = turn_.OnPeerAccepted(peer, id, worker_.now());
  Settle();
  return kept;
}

void ClientSession::PeerClosed(turn::ConnectionId id) {
  turn_.OnPeerClosed(id);
  Settle();
}

Result<Ok, stun::ErrorCode> ClientSession::ClaimConnection(turn::ConnectionId id,
                                                           std::string_view subject) {
  ClientSession* const owner = worker_.OwnerOf(id);
  if (owner == nullptr) return Failure{stun::ErrorCode::kBadRequest};
  auto claimed = owner->turn_.Claim(id, subject, worker_.now());
  owner->Settle();
  return claimed;
}

void ClientSession::BecomeDataConnection(turn::ConnectionId id) {
  leg_.JoinConnection(id);
}

// --- bookkeeping

void ClientSession::CountRequest(stun::Method method, int code) {
  worker_.counters().requests.Add(static_cast<unsigned>(method), code);
}

void ClientSession::CountDrop(turn::Drop drop) {
  worker_.counters().drops[drop].Add();
}

void ClientSession::CountAuth(turn::AuthResult result) {
  worker_.counters().auth_results[result].Add();
}

void ClientSession::CountAuthLimit(turn::AuthLimit limit, std::string_view username) {
  worker_.ReportAuthLimit(limit, path().client, username);
}

void ClientSession::OnAllocationCreated() {
  const turn::Allocation& allocation = *turn_.allocation();
  auto& counters = worker_.counters();
  counters.allocations_created[ProtocolOf(allocation)].Add();
  counters.allocations_open[ProtocolOf(allocation)][transport()].Up();
  allocated_at_ = worker_.now().instant;
  worker_.revalidation().Track(id_, allocation.credential);
  if (has_fleet_share_) worker_.fleet_quota()->Hold(Claim(), allocation.lifetime);
  Observe(allocation);
  const turn::RelayTable* table = allocation.v4 ? &*allocation.v4 : &*allocation.v6;
  worker_.log().Info("allocation created",
                     {{"session", id_},
                      {"user", share_->subject},
                      {"transport", turn::TransportName(transport())},
                      {"relayed", table->relayed().ToString()},
                      {"protocol", allocation.protocol == stun::kTransportTcp ? "tcp" : "udp"},
                      {"lifetime", allocation.lifetime.count()}});
  worker_.log().Debug("allocation's client",
                      {{"session", id_}, {"client", path().client.ToString()}});
}

void ClientSession::Observe(const turn::Allocation& allocation) {
  AllocationObserver* const observer = worker_.observer();
  if (observer == nullptr) return;
  const auth::Credential* const credential = allocation.credential.get();
  AllocationFacts facts;
  facts.id = id_;
  facts.realm =
      credential != nullptr ? credential->realm : worker_.turn_shared().realms().default_realm();
  if (credential != nullptr) facts.user = credential->username;
  facts.transport = transport();
  facts.client = path().client.endpoint();
  facts.server = path().server.endpoint();
  facts.tls = leg_.Tls();
  observed_ = observer->OnCreated(facts, allocation.lifetime);
}

void ClientSession::OnAllocationRefreshed(seconds lifetime) {
  if (has_fleet_share_) worker_.fleet_quota()->Hold(Claim(), lifetime);
  if (observed_ != nullptr) observed_->OnRefreshed(lifetime);
  worker_.revalidation().Track(id_, turn_.allocation()->credential);
  worker_.log().Debug("allocation refreshed", {{"session", id_}, {"lifetime", lifetime.count()}});
}

void ClientSession::OnAllocationEnded(turn::EndReason reason) {
  worker_.revalidation().Forget(id_);
  if (observed_ != nullptr) {
    observed_->OnEnded(reason);
    observed_.reset();
  }
  auto& counters = worker_.counters();
  counters.allocations_ended[reason].Add();
  counters.allocations_open[ProtocolOf(*turn_.allocation())][transport()].Down();
  const auto age = std::chrono::duration_cast<seconds>(worker_.now().instant - allocated_at_);
  worker_.log().Info(
      "allocation ended",
      {{"session", id_}, {"reason", turn::EndReasonName(reason)}, {"seconds", age.count()}});
}

}  // namespace culvert::relay
