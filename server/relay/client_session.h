// One client 5-tuple on its worker: the turn::Session and what it asks for (sockets, quotas,
// answers), and the data path between the client's leg and its peers.
//
// Owned by the UDP listener or the stream connection that the client came by. Lives on one worker.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "server/base/address.h"
#include "server/net/timer_wheel.h"
#include "server/observe/log.h"
#include "server/relay/allocation_observer.h"
#include "server/relay/fleet_quota.h"
#include "server/relay/output.h"
#include "server/relay/quota.h"
#include "server/relay/rate_limit.h"
#include "server/relay/udp_relay.h"
#include "server/stun/message.h"
#include "server/turn/effects.h"
#include "server/turn/session.h"

struct ssl_st;

namespace culvert::relay {

class TcpRelay;
class Worker;

// How a session's messages reach its client, and what the session asks of its owner. One per
// transport.
class ClientLeg {
 public:
  // `frame` is borrowed until the end of the turn. `reply`: a message of the protocol, not to be
  // dropped.
  virtual void Send(const OutFrame& frame, bool reply) = 0;
  // The session's entry point is over: its state may have changed (ended, waiting, ...).
  virtual void OnSessionChanged() = 0;
  // RFC 6062: after this entry the client's stream belongs to connection `id`. Streams only.
  virtual void JoinConnection(turn::ConnectionId id) = 0;
  // Null without TLS.
  virtual const ssl_st* Ssl() const { return nullptr; }
  // What the client's ClientHello names; empty without TLS or without a name.
  virtual std::string_view ServerName() const { return {}; }
  // What protects the path to the client; empty without TLS.
  virtual TlsNames Tls() const { return {}; }

 protected:
  ~ClientLeg() = default;
};

class ClientSession final : public turn::Effects, private net::TimerWheel::Entry {
 public:
  // `leg` outlives the session. `idle_deadline`: when a session without an allocation is over
  // (kNever for UDP, where it is over at once).
  ClientSession(Worker& worker, ClientLeg& leg, const turn::Path& path, Instant idle_deadline);
  ~ClientSession() override;

  turn::Transport transport() const { return turn_.path().transport; }
  const turn::Path& path() const { return turn_.path(); }
  observe::SessionId id() const { return id_; }
  turn::Session& turn() { return turn_; }
  const turn::Session& turn() const { return turn_; }
  // Of the allocation, where there is one.
  Instant allocated_at() const { return allocated_at_; }
  // Has an allocation or waits for a credential: a UDP session without either is not kept.
  bool in_use() const { return turn_.allocation() != nullptr || turn_.waiting(); }
  // The idle deadline has passed without an allocation.
  bool idle_too_long() const { return idle_too_long_; }

  // --- from the client
  // One whole STUN message or ChannelData message.
  void FromClient(ByteView message);
  // Ends the allocation because the client's connection is gone.
  void ClientGone() { End(turn::EndReason::kClientGone); }
  void End(turn::EndReason reason);

  // --- from peers
  // `headroom`: the payload lies in a pool slot, with room for a header before it and for padding
  // behind.
  void FromPeer(Family family, const PeerAddress& peer, MutableBytes payload, bool headroom);
  void IcmpFromPeer(const PeerAddress& peer, uint8_t type, uint8_t code, uint32_t data);

  // --- from RFC 6062 connections
  void PeerConnected(turn::ConnectionId id, bool ok);
  bool PeerAccepted(const PeerAddress& peer, turn::ConnectionId id);
  void PeerClosed(turn::ConnectionId id);
  TcpRelay* tcp_relay() { return tcp_.get(); }
  // max-bps of this allocation, for its data connections, too.
  // Null when there is no limit.
  const std::shared_ptr<Bandwidth>& bandwidth() const { return bandwidth_; }
  // Null when nobody wants to know.
  const std::shared_ptr<ObservedAllocation>& observed() const { return observed_; }

  // --- a credential that was looked up
  void OnCredential(const auth::Answer& answer);
  // What all nodes together have room for.
  void OnFleetQuota(bool granted);

 private:
  // turn::Effects
  void Reply(ByteView message) override;
  bool MayAnswerUnproven() override;
  bool IsCertified(const auth::Credential& credential) override;
  std::string_view ServerName() override { return leg_.ServerName(); }
  std::optional<auth::Answer> LookUp(const auth::Question& question) override;
  Result<QuotaState, stun::ErrorCode> AcquireQuota(const auth::Credential& credential) override;
  void ReleaseQuota() override;
  Result<turn::OpenedRelay, stun::ErrorCode> OpenUdpRelay(Family family,
                                                          turn::PortChoice choice) override;
  Result<turn::OpenedRelay, stun::ErrorCode> RedeemReservation(turn::ReservationToken token,
                                                               std::string_view subject) override;
  Result<turn::OpenedRelay, stun::ErrorCode> OpenTcpRelay(Family family) override;
  void CloseRelay(Family family) override;
  turn::ConnectionId NewConnectionId() override;
  void ConnectToPeer(turn::ConnectionId id, const PeerAddress& peer) override;
  void ClosePeer(turn::ConnectionId id, bool flush) override;
  Result<Ok, stun::ErrorCode> ClaimConnection(turn::ConnectionId id,
                                              std::string_view subject) override;
  void BecomeDataConnection(turn::ConnectionId id) override;
  void CountRequest(stun::Method method, int code) override;
  void CountDrop(turn::Drop drop) override;
  void CountAuth(turn::AuthResult result) override;
  void CountAuthLimit(turn::AuthLimit limit, std::string_view username) override;
  void OnAllocationCreated() override;
  void OnAllocationRefreshed(seconds lifetime) override;
  void OnAllocationEnded(turn::EndReason reason) override;

  // net::TimerWheel::Entry
  void OnTimer(Instant now) override;

  // --- data path (data_path.cc)
  void FromClientChannel(ByteView message);
  void FromClientSend(const stun::Message& message);
  void ToPeer(const turn::RelayTable& table, const PeerAddress& peer, ByteView data,
              bool dont_fragment);
  void ToClientChannel(uint16_t channel, MutableBytes payload, bool headroom);
  void ToClientIndication(const PeerAddress& peer, MutableBytes payload, bool headroom);

  UdpRelay* relay(Family family) { return family == Family::kIPv4 ? v4_.get() : v6_.get(); }
  std::unique_ptr<UdpRelay>& relay_slot(Family family) {
    return family == Family::kIPv4 ? v4_ : v6_;
  }
  Result<turn::OpenedRelay, stun::ErrorCode> Adopt(net::Fd socket, const Endpoint& local);
  // What leaves for the client.
  void ToClient(const OutFrame& frame, bool reply);
  void Observe(const turn::Allocation& allocation);
  // REQUIRES: there is a share.
  FleetClaim Claim() const;
  // After each entry: timers, and the leg is told.
  void Settle();

  Worker& worker_;
  ClientLeg& leg_;
  const observe::SessionId id_;
  turn::Session turn_;
  Instant idle_deadline_;
  bool idle_too_long_ = false;
  std::unique_ptr<UdpRelay> v4_;
  std::unique_ptr<UdpRelay> v6_;
  std::unique_ptr<TcpRelay> tcp_;
  std::unique_ptr<QuotaShare> share_;     // while there is an allocation, or waits for its quota
  bool has_fleet_share_ = false;          // of the same, in the quotas of all nodes
  std::shared_ptr<Bandwidth> bandwidth_;  // while it is limited
  std::shared_ptr<ObservedAllocation> observed_;
  Instant allocated_at_;
};

}  // namespace culvert::relay
