// The TURN server's state machine for one client 5-tuple (RFC 8656 section 5), without I/O and
// without a clock.
//
// In go messages and the time; out come answers and effects through `Effects`. Relayed bytes do not
// pass here: the data path asks allocation() directly. Owned by the relay's session, used on its
// worker only.
//
// session.cc has the entry points, the timers and the end; one file per method has the rest:
// binding.cc, allocate.cc, refresh.cc, create_permission.cc, channel_bind.cc, connect.cc (RFC
// 6062). authentication.cc comes before all of them, with attempts.cc for what fails; reply.cc
// after.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "auth/contract.h"
#include "auth/nonce.h"
#include "server/base/address.h"
#include "server/base/bytes.h"
#include "server/base/time.h"
#include "server/stun/builder.h"
#include "server/stun/message.h"
#include "server/turn/allocation.h"
#include "server/turn/answer_to.h"
#include "server/turn/effects.h"
#include "server/turn/failure_limits.h"
#include "server/turn/peer_policy.h"
#include "server/turn/realms.h"
#include "server/turn/settings.h"
#include "server/turn/transport.h"

namespace culvert::turn {

// What all sessions of a worker share. Outlives them; changed by the worker only, and not from
// within a session's entry points.
struct Shared {
  // Those that are served now.
  const Realms& realms() const { return other_realms ? *other_realms : settings.realms; }

  const Settings& settings;
  const PeerPolicy& peers;
  const auth::NonceSealer& nonces;
  // Never the same number twice (seeded at random): goes into nonces.
  uint64_t nonce_counter = 0;
  // New allocations are refused; those that are there go on in every way.
  bool draining = false;
  // In place of the settings' realms; null: those.
  std::shared_ptr<const Realms> other_realms = nullptr;
  // Null: failed authentications are not limited.
  FailureLimits* failures = nullptr;
};

// Who is talking to whom. For a client behind PROXY protocol `client` is the address in the header.
struct Path {
  Transport transport = Transport::kUdp;
  ClientAddress client;
  ServerAddress server;
};

class Session {
 public:
  // `shared` and `effects` outlive the session.
  Session(Shared& shared, Effects& effects, const Path& path);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // A request or an indication other than Send; Send indications belong to the data path. While
  // waiting() is true further requests are dropped and counted.
  void OnMessage(const stun::Message& message, const Now& now);

  // True between a LookUp that had no answer at once and OnCredential, between such an AcquireQuota
  // and OnQuota, and while a connection's request waits because too many have failed. A stream is
  // not read meanwhile.
  bool waiting() const { return !waiting_request_.empty(); }
  void OnCredential(const auth::Answer& answer, const Now& now);
  // nullopt: it was taken. False when nobody waits for it any more: then it is the caller's to give
  // back.
  bool OnQuota(std::optional<stun::ErrorCode> refusal, const Now& now);

  // Results of ConnectToPeer: the Connect is answered. After a failure the relay has closed `id`
  // itself; an answer behind the deadline is answered with ClosePeer and 447.
  void OnPeerConnected(ConnectionId id, const Now& now);
  void OnPeerConnectFailed(ConnectionId id, const Now& now);
  // A peer connected to the relayed address (RFC 6062 section 5.3). True: keep the connection under
  // the id that ConnectionAttempt told the client; false: close it.
  bool OnPeerAccepted(const PeerAddress& peer, ConnectionId id, const Now& now);
  // The peer connection is gone, or its pair has ended: forget it, with 447 if its Connect still
  // waits for an answer.
  void OnPeerClosed(ConnectionId id);

  // Effects::ClaimConnection for a connection of this session, called by the relay which knows the
  // owner of an id: 400 or 441 as described there.
  Result<Ok, stun::ErrorCode> Claim(ConnectionId id, std::string_view subject, const Now& now);

  // When OnTimer wants to be called, kNever if nothing is pending. Ask again after every entry.
  Instant next_deadline() const { return next_deadline_; }
  void OnTimer(const Now& now);

  // Ends the allocation, if any, with all effects; allocation() is there until they are done. The
  // session goes on and may allocate again. kClientGone also forgets a waiting request,
  // kCredentialExpired the credential, so that the next request is looked up anew.
  void End(EndReason reason, const Now& now);

  // The next request is looked up anew.
  void ForgetCredential() { credential_.reset(); }

  // Null without an allocation.
  Allocation* allocation() { return allocation_.get(); }
  const Allocation* allocation() const { return allocation_.get(); }
  const Path& path() const { return path_; }
  // Of the last authenticated request; null before, and once it was withdrawn (see End).
  const auth::CredentialPtr& credential() const { return credential_; }

 private:
  struct Request;       // a request on its way through the steps, with how to answer it
  struct AwaitedQuota;  // what of it goes on when its quota is known
  class Answer;         // an answer being written

  // --- session.cc
  Request RequestOf(const stun::Message& message, const Now& now) const;
  bool WantsCredential(stun::Method method) const;
  void Serve(Request& request);
  void ExpireDue(const Now& now);
  void ExpireConnections(const Now& now);
  void ExpireRelays(const Now& now);
  void EndConnections(EndReason reason);
  void UpdateDeadline(Instant now);

  // --- authentication.cc: true when the request may be served; false when it was answered, or
  // waits
  bool Authenticate(Request& request);
  bool Verify(Request& request, const auth::Answer& found);
  // 437 and 441, for every method that works on an allocation.
  bool OwnsAllocation(Request& request);
  // The realm to challenge a request for. Points into the request or the settings.
  std::string_view RealmFor(const Request& request) const;
  // 401 or 438 with a fresh nonce.
  void Challenge(const Request& request, stun::ErrorCode code);

  // --- attempts.cc
  bool over_udp() const { return path_.transport == Transport::kUdp; }
  auth::NonceVerdict NonceVerdictOf(Request& request) const;
  bool IsProven(Request& request) const;
  FailureLimits::Attempt AttemptOf(const Request& request) const;
  bool IsOwner(const auth::Question& question) const;
  // False when the request was dropped or answered, or waits.
  bool MayLook(Request& request, const auth::Question& question);
  // 401 to a request that failed: now, later, or not at all.
  void Fail(Request& request);
  void Hold(const Request& request, Instant until, bool failed);
  void RunHeld(const Now& now);

  // --- the methods; all of them answer, Connect maybe later
  void ServeBinding(Request& request);
  void ServeAllocate(Request& request);
  void AwaitQuota(const Request& request);
  void OpenAllocation(Request& request);
  void ServeRefresh(Request& request);
  void ServeCreatePermission(Request& request);
  void ServeChannelBind(Request& request);
  void ServeConnect(Request& request);
  void ServeConnectionBind(Request& request);

  // allocate.cc, refresh.cc
  seconds GrantedLifetime(const Request& request) const;
  void AnswerAllocate(const Request& request);
  void DeleteRelays(const Request& request, bool v4, bool v6);
  void RefreshRelays(const Request& request, bool v4, bool v6);

  // --- reply.cc
  void Send(Answer& answer);
  void Refuse(const AnswerTo& to, stun::ErrorCode code);

  Shared& shared_;
  Effects& effects_;
  Path path_;
  Instant next_deadline_ = kNever;
  std::unique_ptr<Allocation> allocation_;
  auth::CredentialPtr credential_;
  std::vector<uint8_t> waiting_request_;
  std::unique_ptr<AwaitedQuota> awaited_quota_;  // the waiting request is an Allocate that far
  // While waiting_request_ waits for a time: until when, and whether it has failed already. kNever
  // while it waits for a credential.
  Instant held_until_ = kNever;
  bool held_failed_ = false;
};

}  // namespace culvert::turn
