#include "server/relay/tcp_relay.h"

#include <utility>

#include "server/net/socket.h"
#include "server/relay/client_session.h"
#include "server/relay/data_pipe.h"
#include "server/relay/worker.h"

namespace culvert::relay {
namespace {

// More in one turn would let one allocation's peers hold up everybody.
constexpr int kAcceptsPerTurn = 16;

}  // namespace

TcpRelay::TcpRelay(Worker& worker, ClientSession& session, net::Fd listener, const Endpoint& local)
    : worker_(worker), session_(session), listener_(std::move(listener)), local_(local) {
  watch_.Start(worker_.loop(), listener_.get(), this, true, false);
  worker_.counters().peer_sockets_open.Up();
}

TcpRelay::~TcpRelay() {
  watch_.Stop();
  for (auto& [id, waiting] : waiting_) worker_.ForgetConnection(id);
  for (auto& [id, pipe] : pipes_) worker_.ForgetConnection(id);
  listener_.Close();
  worker_.ports().Release(local_.ip(), stun::kTransportTcp, local_.port());
  worker_.counters().peer_sockets_open.Down();
}

// RFC 6062 section 5.2: from the relayed address, to the peer.
void TcpRelay::Connect(turn::ConnectionId id, const PeerAddress& peer) {
  auto waiting = std::make_unique<Waiting>();
  waiting->relay = this;
  waiting->id = id;
  auto socket = net::OpenPeerConnection(worker_.sys(), local_, peer.endpoint());
  if (socket) {
    waiting->socket = std::move(*socket);
    net::TuneStream(waiting->socket.get(), worker_.settings().dead_after);
    waiting->watch.Start(worker_.loop(), waiting->socket.get(), waiting.get(), false, true);
    waiting_[id] = std::move(waiting);
    return;
  }
  waiting_[id] = std::move(waiting);
  // The session hears of it once its entry point is over.
  worker_.Later([this_worker = &worker_, owner = session_.id(), id] {
    if (ClientSession* session = this_worker->SessionById(owner)) {
      if (session->tcp_relay() != nullptr) session->tcp_relay()->Connected(id);
    }
  });
}

void TcpRelay::Connected(turn::ConnectionId id) {
  const auto found = waiting_.find(id);
  if (found == waiting_.end()) return;
  Waiting& waiting = *found->second;
  const bool ok = waiting.socket.valid() && net::ConnectOutcome(waiting.socket.get()) == 0;
  waiting.watch.Stop();
  (ok ? worker_.counters().connects_ok : worker_.counters().connects_refused).Add();
  if (!ok) Forget(id);
  session_.PeerConnected(id, ok);
}

// RFC 6062 section 5.3.
void TcpRelay::OnReady(unsigned) {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    sockaddr_storage storage;
    socklen_t size = sizeof storage;
    const net::SysResult accepted =
        worker_.sys().Accept(listener_.get(), reinterpret_cast<sockaddr*>(&storage), &size);
    if (!accepted.ok()) {
      if (accepted.would_block() || accepted.error == ECONNABORTED) return;
      watch_.Want(false, false);
      worker_.wheel().Arm(this, worker_.now().instant + Worker::kAcceptPause);
      return;
    }
    net::Fd socket(static_cast<int>(accepted.value));
    const PeerAddress peer(Endpoint::FromSockaddr(reinterpret_cast<const sockaddr*>(&storage)));
    const turn::ConnectionId id = worker_.NewConnectionId(&session_);
    auto waiting = std::make_unique<Waiting>();
    waiting->relay = this;
    waiting->id = id;
    waiting->socket = std::move(socket);
    net::TuneStream(waiting->socket.get(), worker_.settings().dead_after);
    waiting_[id] = std::move(waiting);
    if (session_.PeerAccepted(peer, id)) {
      worker_.counters().connection_attempts.Add();
    } else {
      Forget(id);
    }
  }
}

net::Fd TcpRelay::Take(turn::ConnectionId id) {
  const auto found = waiting_.find(id);
  if (found == waiting_.end()) return net::Fd();
  found->second->watch.Stop();
  net::Fd socket = std::move(found->second->socket);
  waiting_.erase(found);
  return socket;
}

void TcpRelay::Close(turn::ConnectionId id, bool flush) {
  if (const auto pipe = pipes_.find(id); pipe != pipes_.end()) {
    DataPipe* const bound = pipe->second;
    pipes_.erase(pipe);
    worker_.ForgetConnection(id);
    bound->Shut(flush);
    return;
  }
  // Only what is overdue is closed without its bytes.
  if (const auto waiting = waiting_.find(id); waiting != waiting_.end() && !flush) {
    const bool connecting = waiting->second->watch.writing();
    auto& counters = worker_.counters();
    (connecting ? counters.connects_timed_out : counters.bind_timeouts).Add();
  }
  Forget(id);
}

void TcpRelay::Forget(turn::ConnectionId id) {
  worker_.ForgetConnection(id);
  const auto found = waiting_.find(id);
  if (found == waiting_.end()) return;
  found->second->watch.Stop();
  // Its handler may be on the stack.
  worker_.loop().DeferDelete(std::move(found->second));
  waiting_.erase(found);
}

}  // namespace culvert::relay
