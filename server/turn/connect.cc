// Peer connections of a TCP allocation (RFC 6062): Connect, ConnectionAttempt, ConnectionBind.
#include <array>
#include <optional>
#include <utility>

#include "server/turn/request.h"
#include "server/turn/tcp_connections.h"

namespace culvert::turn {
namespace {

using stun::AttributeType;
using stun::ErrorCode;
using State = TcpConnection::State;

// RFC 8489 section 5 wants an indication's transaction id never used twice.
stun::TransactionId IndicationId(uint64_t counter, ConnectionId id) {
  stun::TransactionId transaction;
  StoreBig64(transaction.data(), counter);
  StoreBig32(transaction.data() + 8, static_cast<uint32_t>(id));
  return transaction;
}

}  // namespace

// Section 5.2.
void Session::ServeConnect(Request& request) {
  if (!OwnsAllocation(request)) return;
  const Settings& settings = shared_.settings;
  // The allocation is of the wrong kind.
  if (!allocation_->connections) return Refuse(request.answer_to, ErrorCode::kForbidden);

  const auto address = request.message.XorAddress(AttributeType::kXorPeerAddress);
  if (!address || address->port() == 0) return Refuse(request.answer_to, ErrorCode::kBadRequest);
  const PeerAddress peer(*address);
  // One connection per peer address, in whatever state, opened by whichever side.
  if (allocation_->connections->FindByPeer(peer)) {
    return Refuse(request.answer_to, ErrorCode::kConnectionAlreadyExists);
  }
  if (!allocation_->table(peer.family())) {
    return Refuse(request.answer_to, ErrorCode::kPeerAddressFamilyMismatch);
  }
  if (!shared_.peers.AllowsEndpoint(*address, request.policy())) {
    return Refuse(request.answer_to, ErrorCode::kForbidden);
  }
  if (allocation_->connections->all().size() >= settings.max_connections) {
    return Refuse(request.answer_to, ErrorCode::kInsufficientCapacity);
  }
  // Neither needs a permission nor installs one. Answered when the peer has.
  const ConnectionId id = effects_.NewConnectionId();
  allocation_->connections->Add({id, peer, State::kConnecting,
                                 request.now.instant + settings.connect_timeout,
                                 request.answer_to});
  effects_.ConnectToPeer(id, peer);
}

void Session::OnPeerConnected(ConnectionId id, const Now& now) {
  ExpireDue(now);
  if (!allocation_ || !allocation_->connections) return;
  TcpConnection* connection = allocation_->connections->Find(id);
  if (!connection || connection->state != State::kConnecting) return;
  // Section 5.2: the client has 30 s to bind it.
  connection->state = State::kPending;
  connection->deadline = now.instant + shared_.settings.bind_timeout;
  const AnswerTo to = std::exchange(connection->connect_request, {});
  Answer answer(to);
  answer.attributes.AddUint32(AttributeType::kConnectionId, static_cast<uint32_t>(id));
  Send(answer);
  UpdateDeadline(now.instant);
}

void Session::OnPeerConnectFailed(ConnectionId id, const Now& now) {
  // First: the relay has closed it, so nothing may ask for that again.
  OnPeerClosed(id);
  ExpireDue(now);
  UpdateDeadline(now.instant);
}

// Section 5.3: accepted, then judged by its permission.
bool Session::OnPeerAccepted(const PeerAddress& peer, ConnectionId id, const Now& now) {
  ExpireDue(now);
  if (!allocation_ || !allocation_->connections) {
    effects_.CountDrop(Drop::kNoAllocation);
    return false;
  }
  const RelayTable* table = allocation_->table(peer.family());
  if (!table || !table->Permits(peer.ip(), now.instant)) {
    effects_.CountDrop(Drop::kNoPermission);
    return false;
  }
  TcpConnections& connections = *allocation_->connections;
  if (connections.FindByPeer(peer) ||
      connections.all().size() >= shared_.settings.max_connections) {
    effects_.CountDrop(Drop::kConnectionLimit);
    return false;
  }
  connections.Add({id, peer, State::kPending, now.instant + shared_.settings.bind_timeout, {}});

  std::array<uint8_t, 128> buffer;
  stun::Builder attempt(buffer, stun::Class::kIndication, stun::Method::kConnectionAttempt,
                        IndicationId(++shared_.nonce_counter, id));
  attempt.AddXorAddress(AttributeType::kXorPeerAddress, peer.endpoint());
  attempt.AddUint32(AttributeType::kConnectionId, static_cast<uint32_t>(id));
  if (shared_.settings.fingerprint) attempt.AddFingerprint();
  effects_.Reply(attempt.Finish());
  UpdateDeadline(now.instant);
  return true;
}

// Whoever still waits for the connection learns that there will be none.
void Session::OnPeerClosed(ConnectionId id) {
  if (!allocation_ || !allocation_->connections) return;
  TcpConnection* connection = allocation_->connections->Find(id);
  if (!connection) return;
  const bool unanswered = connection->state == State::kConnecting;
  const AnswerTo to = std::exchange(connection->connect_request, {});
  allocation_->connections->Remove(id);
  if (unanswered) Refuse(to, ErrorCode::kConnectionTimeoutOrFailure);
}

// Section 5.4, on the data connection. A request that fails burns nothing: the client may come
// again on the same connection.
void Session::ServeConnectionBind(Request& request) {
  const auto value = request.message.Find(AttributeType::kConnectionId);
  const bool misplaced = !IsStream(path_.transport) || allocation_;
  if (misplaced || !value || value->size() != sizeof(ConnectionId)) {
    return Refuse(request.answer_to, ErrorCode::kBadRequest);
  }
  const ConnectionId id{LoadBig32(value->data())};
  const auto claimed = effects_.ClaimConnection(id, request.subject());
  if (!claimed.ok()) return Refuse(request.answer_to, claimed.error());
  // The answer is the last message on this stream: its next byte is the peer's.
  Answer answer(request.answer_to);
  Send(answer);
  effects_.BecomeDataConnection(id);
}

// The other half, on the control connection's session. No effects: another session is at work.
Result<Ok, ErrorCode> Session::Claim(ConnectionId id, std::string_view subject, const Now& now) {
  if (!allocation_ || !allocation_->connections) return Failure{ErrorCode::kBadRequest};
  TcpConnection* connection = allocation_->connections->Find(id);
  if (!connection || connection->state != State::kPending || connection->deadline <= now.instant) {
    return Failure{ErrorCode::kBadRequest};
  }
  const RelayTable* table = allocation_->table(connection->peer.family());
  if (!table || table->expires() <= now.instant) return Failure{ErrorCode::kBadRequest};
  if (allocation_->credential && allocation_->credential->subject != subject) {
    return Failure{ErrorCode::kWrongCredentials};
  }
  connection->state = State::kBound;
  connection->deadline = kNever;
  return Ok{};
}

}  // namespace culvert::turn
