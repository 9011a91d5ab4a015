// What the protocol core asks of the world: the one outlet of a turn::Session for everything but
// relayed bytes. The relay implements it with sockets, tests with a list. Calls come from within
// the session's own entry points, on its worker's thread; an implementation must not call back into
// the session before the entry point has returned, except where a method says so.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "auth/contract.h"
#include "server/base/address.h"
#include "server/base/bytes.h"
#include "server/base/result.h"
#include "server/base/time.h"
#include "server/stun/protocol.h"

namespace culvert::turn {

// RFC 6062 section 6.2.1; opaque to the client, leads the relay to the connection's owner.
enum class ConnectionId : uint32_t {};

// RFC 8656 section 18.10; opaque to the client.
using ReservationToken = uint64_t;

enum class PortChoice : uint8_t {
  kAny,
  kEven,               // EVEN-PORT with R = 0
  kEvenReservingNext,  // EVEN-PORT with R = 1: hold the next port for 30 s
};

struct OpenedRelay {
  RelayedAddress relayed;                       // as told to the client
  std::optional<ReservationToken> reservation;  // set for kEvenReservingNext
};

// Why an allocation ended.
enum class EndReason : uint8_t {
  kDeleted,
  kExpired,
  kClientGone,
  kCredentialExpired,
  kShutdown,
  kOperator
};
const char* EndReasonName(EndReason reason);

// Why bytes were not relayed or a message was not answered; one counter each.
enum class Drop : uint8_t {
  kMalformed,         // not a STUN message, or one that no side may send here
  kUnknownMethod,     // RFC 8489 section 6.3: silence
  kUnknownAttribute,  // indication with an unknown comprehension-required attribute
  kNoAllocation,      // indication or ChannelData without an allocation
  kNoPermission,      // towards the peer or from it
  kNoChannel,         // ChannelData on an unbound number
  kPeerForbidden,     // by peer policy
  kWrongFamily,       // the allocation has no address of the peer's family
  kLookupPending,     // a request while another of the same client waits for its credential
  kBandwidth,         // above max-bps
  kQueueFull,         // the client leg's queue is full: oldest datagram dropped
  kQueueAge,          // a datagram grew too old in the client leg's queue
  kSendFailed,        // the kernel refused the datagram
  kTooLarge,          // does not fit into a datagram or a ChannelData message
  kConnectionLimit,   // a peer's connection beyond max_connections, or its address has one already
  kStrangerLimit,     // a datagram of a client without a session, beyond the rate
  kUnproven,          // an error answer to a source that is not proven, beyond the rate
};
inline constexpr int kDropCount = 17;
const char* DropName(Drop drop);

// How the credentials of a request were judged; one counter each.
enum class AuthResult : uint8_t {
  kOk,
  kUnknownUser,
  kWrongIntegrity,
  kStaleNonce,
  kBarred,
  kExpired,
  kProviderDown,
  kUncertified,  // the connection's certificate does not name the user
};

// Which limit a failed, or an unseen, request was beyond (failure_limits.h); one counter each.
enum class AuthLimit : uint8_t { kSourceAndUser, kUser, kSource, kNonce };
const char* AuthLimitName(AuthLimit limit);

class Effects {
 public:
  virtual ~Effects() = default;

  // Sends a message to the client, from the address and on the path the request came by. The bytes
  // are the callee's only until it returns.
  virtual void Reply(ByteView message) = 0;

  // Asked before an error answer goes to a datagram whose source is not proven; false: it does not,
  // for that source has had its share, and that is counted.
  virtual bool MayAnswerUnproven() { return true; }

  // The name that the client gave in its ClientHello; empty without TLS or without a name. Lives
  // until the entry point returns.
  virtual std::string_view ServerName() { return {}; }

  // Whether the client's connection is this user's, by its certificate; true where the operator
  // does not ask for that. Called with what a look-up found, before the key is tried.
  virtual bool IsCertified(const auth::Credential&) { return true; }

  // Asks for a user's credential. An answer that is there at once is returned; otherwise nullopt,
  // and the relay calls Session::OnCredential later.
  virtual std::optional<auth::Answer> LookUp(const auth::Question& question) = 0;

  // Takes one allocation out of the quotas (total, per user, bandwidth; 486 or 508), to be returned
  // by ReleaseQuota. Called once per allocation, before relays are opened. kLater: the relay calls
  // Session::OnQuota.
  enum class QuotaState : uint8_t { kTaken, kLater };
  virtual Result<QuotaState, stun::ErrorCode> AcquireQuota(const auth::Credential& credential) = 0;
  virtual void ReleaseQuota() = 0;

  // Opens a UDP relay of `family` (440: family not served; 508: no port).
  virtual Result<OpenedRelay, stun::ErrorCode> OpenUdpRelay(Family family, PortChoice port) = 0;
  // Takes over a reserved port (508: unknown, used, expired, or reserved by another subject).
  virtual Result<OpenedRelay, stun::ErrorCode> RedeemReservation(ReservationToken token,
                                                                 std::string_view subject) = 0;
  // Opens a TCP relay that listens at once (RFC 6062 section 5.1).
  virtual Result<OpenedRelay, stun::ErrorCode> OpenTcpRelay(Family family) = 0;
  // Closes the relay of `family` with everything that hangs on it.
  virtual void CloseRelay(Family family) = 0;

  // Allocates an unused id for a connection of this session's allocation.
  virtual ConnectionId NewConnectionId() = 0;
  // Starts connecting to `peer` from the relayed address; answered by Session::OnPeerConnected or
  // OnPeerConnectFailed. `id` names the attempt.
  virtual void ConnectToPeer(ConnectionId id, const PeerAddress& peer) = 0;
  // Closes a peer connection, whatever its state, and the data connection joined to it. Bytes that
  // were accepted before are still delivered where `flush` is set.
  virtual void ClosePeer(ConnectionId id, bool flush) = 0;

  // ConnectionBind (RFC 6062 section 5.4) arrives on the *data* connection's session: looks for the
  // pending connection `id` of any allocation of this relay and claims it for `subject` (400: no
  // such connection pending; 441: it is another subject's, and stays pending).
  virtual Result<Ok, stun::ErrorCode> ClaimConnection(ConnectionId id,
                                                      std::string_view subject) = 0;
  // After the success answer: this session's stream becomes a raw pipe to the claimed connection.
  virtual void BecomeDataConnection(ConnectionId id) = 0;

  // Bookkeeping, in the order in which things happen.
  // `code` is 0 for a success answer.
  virtual void CountRequest(stun::Method method, int code) = 0;
  virtual void CountDrop(Drop drop) = 0;
  // For each request with MESSAGE-INTEGRITY, once its user was looked up.
  virtual void CountAuth(AuthResult) {}
  // For each request with MESSAGE-INTEGRITY that a limit of failures keeps from being looked at, or
  // whose answer it withholds or puts off. `username` is empty where the name came hashed.
  virtual void CountAuthLimit(AuthLimit, std::string_view /*username*/) {}
  virtual void OnAllocationCreated() = 0;
  virtual void OnAllocationRefreshed(seconds lifetime) = 0;
  virtual void OnAllocationEnded(EndReason reason) = 0;
};

}  // namespace culvert::turn
