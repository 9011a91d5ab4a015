// The relayed address of a TCP allocation (RFC 6062): its listener, and peer connections until they
// are bound. A bound one becomes part of a DataPipe.
#pragma once

#include <map>
#include <memory>

#include "server/base/address.h"
#include "server/net/fd.h"
#include "server/net/loop.h"
#include "server/net/timer_wheel.h"
#include "server/turn/effects.h"

namespace culvert::relay {

class ClientSession;
class DataPipe;
class Worker;

class TcpRelay final : public net::Deletable,
                       private net::FdHandler,
                       private net::TimerWheel::Entry {
 public:
  // Takes a listening socket. `session` owns this.
  TcpRelay(Worker& worker, ClientSession& session, net::Fd listener, const Endpoint& local);
  ~TcpRelay() override;

  // Starts connecting; the session is told the outcome later, never from within.
  void Connect(turn::ConnectionId id, const PeerAddress& peer);
  // The outcome of an attempt is known.
  void Connected(turn::ConnectionId id);
  // Closes whatever has this id: an attempt, a waiting connection, or a pipe.
  void Close(turn::ConnectionId id, bool flush);
  // The waiting connection `id`, for a pipe; its bytes are still all in the kernel. Invalid when it
  // is gone.
  net::Fd Take(turn::ConnectionId id);
  void SetPipe(turn::ConnectionId id, DataPipe* pipe) { pipes_[id] = pipe; }
  void ForgetPipe(turn::ConnectionId id) { pipes_.erase(id); }

 private:
  // A connection that nobody has bound yet. It is not read: what the peer sends stays in the
  // kernel.
  struct Waiting final : net::Deletable, net::FdHandler {
    void OnReady(unsigned) override { relay->Connected(id); }
    TcpRelay* relay = nullptr;
    turn::ConnectionId id{};
    net::Fd socket;
    net::FdWatch watch;  // while connecting
  };

  void OnReady(unsigned what) override;
  // Accepts again after a pause.
  void OnTimer(Instant) override { watch_.Want(true, false); }
  void Forget(turn::ConnectionId id);

  Worker& worker_;
  ClientSession& session_;
  net::Fd listener_;
  const Endpoint local_;
  net::FdWatch watch_;
  std::map<turn::ConnectionId, std::unique_ptr<Waiting>> waiting_;
  std::map<turn::ConnectionId, DataPipe*> pipes_;  // the worker's
};

}  // namespace culvert::relay
