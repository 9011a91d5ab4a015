// What one turn of a worker's loop has gathered to send, and the memory that it lies in. Everything
// leaves at the end of the turn: datagrams to peers and to UDP clients in batches, everything for
// one TCP or TLS client in one write. Nothing of this is kept by idle sessions.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "server/base/bytes.h"
#include "server/net/packet_pool.h"
#include "server/net/syscalls.h"
#include "server/net/udp_batch.h"
#include "server/observe/counters.h"
#include "server/relay/out_frame.h"
#include "server/relay/peer_batch.h"

namespace culvert::relay {

class StreamConnection;
class UdpListener;
class UdpRelay;

// Memory for replies, headers and records: valid until the end of the turn.
class TurnArena {
 public:
  static constexpr size_t kSize = 1 << 20;
  TurnArena() : memory_(std::make_unique<uint8_t[]>(kSize)) {}
  // Null when it is full.
  uint8_t* Allocate(size_t size) {
    if (kSize - used_ < size) return nullptr;
    uint8_t* const p = memory_.get() + used_;
    used_ += (size + 7) & ~size_t{7};
    if (used_ > kSize) used_ = kSize;
    return p;
  }
  size_t left() const { return kSize - used_; }
  void Reset() { used_ = 0; }

 private:
  std::unique_ptr<uint8_t[]> memory_;
  size_t used_ = 0;
};

// Gathered pieces of one stream client.
struct Gather {
  StreamConnection* owner = nullptr;
  // Indices of pieces behind which a TLS record ends.
  std::vector<uint32_t> record_ends;
  std::vector<iovec> pieces;

  void EndRecord() {
    const auto last = static_cast<uint32_t>(pieces.size() - 1);
    if (record_ends.empty() || record_ends.back() != last) record_ends.push_back(last);
  }
  void Clear() {
    pieces.clear();
    record_ends.clear();
  }
};

class Output {
 public:
  Output(net::Syscalls& sys, observe::WorkerCounters& counters) : sys_(sys), counters_(counters) {}

  // A slice of the turn's arena for `bytes`; flushes everything when the arena is full.
  // REQUIRES: size <= TurnArena::kSize.
  MutableBytes Allocate(size_t size);
  ByteView Copy(ByteView bytes);
  // A copy of a small input that outlives the serving of it: what is relayed from it can wait for
  // the end of the turn. Call only when nothing in the arena is still being worked on.
  ByteView CopyInput(ByteView bytes);

  // --- towards peers
  void ToPeer(UdpRelay& from, const Endpoint& peer, ByteView data);
  // Sends what was gathered for peers now: for whoever lent memory that will not last the turn.
  void FlushPeers();
  // Called when `relay` goes away.
  void Forget(const UdpRelay& relay);

  // --- towards clients
  void ToUdpClient(UdpListener& from, const Endpoint& client, const IpAddress& local,
                   const OutFrame& frame);
  // `reply`: a message of the protocol, which gets a TLS record of its own. Clients of coturn's
  // library take one message from each record; of media they lose some anyway, but a lost
  // ConnectionAttempt is a lost connection.
  void ToStream(StreamConnection& to, const OutFrame& frame, bool reply);
  bool IsGathering(const StreamConnection& connection) const;
  void Forget(StreamConnection& connection);
  void FlushStream(StreamConnection& connection);

  // Sends everything; the turn goes on.
  void Flush();
  // Sends everything and takes back all of the turn's memory: the next turn begins in what is still
  // in the cache.
  void EndTurn();

  // Slots for at least one whole receive; flushes first when they have run out. Call only when
  // nothing in the pool is still being worked on.
  net::PacketPool& PoolForReceive();

 private:
  void CountSent(const net::UdpSender::Outcome& outcome);

  net::Syscalls& sys_;
  observe::WorkerCounters& counters_;
  net::PacketPool pool_;
  TurnArena arena_;
  PeerBatch peers_;
  std::vector<UdpListener*> busy_listeners_;
  // The first gather_count_ are in use, the others keep their capacity. A deque: writing one may
  // add another.
  std::deque<Gather> gathers_;
  size_t gather_count_ = 0;
};

}  // namespace culvert::relay
