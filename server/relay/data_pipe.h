// A bound RFC 6062 connection: the client's data connection (TCP or TLS) and the peer's, joined.
// Bytes pass both ways as they are and are never looked at. What one side cannot take stops the
// reading of the other; FIN passes as a half-close (close_notify on TLS), RST as RST; the end comes
// after all that was accepted has been delivered.
//
// Bytes of a plain connection stay in the kernel (splice) where the other one is plain, too, or the
// kernel makes its TLS records.
//
// Owned by its worker; tells the session of the allocation when it ends.
#pragma once

#include <array>
#include <memory>

#include "server/net/loop.h"
#include "server/net/splice_pipe.h"
#include "server/net/stream.h"
#include "server/net/timer_wheel.h"
#include "server/observe/counters.h"
#include "server/observe/log.h"
#include "server/relay/allocation_observer.h"
#include "server/relay/rate_limit.h"
#include "server/turn/effects.h"
#include "server/turn/transport.h"

namespace culvert::relay {

class Worker;

class DataPipe final : public net::Deletable, private net::TimerWheel::Entry {
 public:
  // `owner`: the session of the allocation; null once Detach was called.
  DataPipe(Worker& worker, turn::ConnectionId id, observe::SessionId owner,
           turn::Transport transport, std::shared_ptr<Bandwidth> bandwidth,
           std::shared_ptr<ObservedAllocation> observed, std::unique_ptr<net::Stream> client,
           std::unique_ptr<net::Stream> peer);
  ~DataPipe() override;

  turn::ConnectionId id() const { return id_; }

  // Starts, with what the client sent right behind its ConnectionBind.
  void Start(ByteView from_client);
  // The allocation is over: relays no more, delivers what was accepted where `flush` is set, then
  // ends.
  void Shut(bool flush);

 private:
  enum SideIndex : uint8_t { kClient = 0, kPeer = 1 };

  struct Side final : net::FdHandler {
    void OnReady(unsigned what) override { pipe->OnReady(*this, what); }
    Side& other() const { return pipe->sides_[index == kClient ? kPeer : kClient]; }

    DataPipe* pipe = nullptr;
    SideIndex index = kClient;
    std::unique_ptr<net::Stream> stream;
    // Holds what was read here and the other side has not taken; null while there is nothing.
    std::unique_ptr<net::SplicePipe> spliced;
    net::FdWatch watch;
    RateLimit* limit = nullptr;  // on what is read here; null for none
    bool input_over = false;     // FIN was read and passed on
    bool gone = false;       // lost after its FIN: what it had said still goes to the other side
    Instant paused_until{};  // by `limit`
  };

  void OnReady(Side& side, unsigned what);
  void Forward(Side& from);
  // Within the kernel.
  bool CanSplice(const Side& from) const;
  // How much the bandwidth limit lets `from` say now.
  size_t MayRead(Side& from);
  // Moves up to `most` bytes within the kernel. False when it cannot: what is there wants to be
  // read.
  bool Splice(Side& from, size_t most);
  void Drain(Side& from);
  void PassOn(Side& from, ByteView data);
  // The end of what `from` says.
  void OnFin(Side& from);
  observe::TcpFlow& FlowFrom(const Side& from);
  void CountReceived(const Side& from, uint64_t size);
  void CountSent(const Side& from, uint64_t size);
  // What was accepted for `side` and has not been delivered.
  size_t Unsent(const Side& side) const;
  // What `from` says reaches nobody any more; it is read so that its socket can be closed properly.
  bool Discards(const Side& from) const { return closing_ || from.other().gone; }
  void Discard(Side& from);
  // The connection of `side` is broken.
  void Lose(Side& side);
  void UpdateWatches();
  bool WantsInput(const Side& side) const;
  void EndIfDone();
  // Both sides abruptly.
  void Reset();
  void End();
  void OnTimer(Instant now) override;
  void ArmTimer();

  Worker& worker_;
  const turn::ConnectionId id_;
  const observe::SessionId owner_;
  const turn::Transport transport_;
  const std::shared_ptr<Bandwidth> bandwidth_;          // of the allocation, which may end before
  const std::shared_ptr<ObservedAllocation> observed_;  // null when nobody wants to know
  std::array<Side, 2> sides_;
  Instant deadline_ = kNever;  // of a half-closed or closing pipe
  bool closing_ = false;       // by Shut: nothing is relayed any more
  bool ended_ = false;
};

}  // namespace culvert::relay
