#include "server/relay/output.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "server/relay/stream_connection.h"
#include "server/relay/udp_listener.h"
#include "server/relay/udp_relay.h"

namespace culvert::relay {
namespace {

// More than what serving a small input allocates, answers and indications.
constexpr size_t kServingRoom = 128 * 1024;
// Below the kernel's IOV_MAX, with room for one more frame.
constexpr size_t kMostPieces = 1000;
// What most turns gather for one client, so that the first busy one does not grow in steps.
constexpr size_t kUsualPieces = 128;

iovec Piece(ByteView bytes) {
  return {const_cast<uint8_t*>(bytes.data()), bytes.size()};
}

}  // namespace

MutableBytes Output::Allocate(size_t size) {
  uint8_t* p = arena_.Allocate(size);
  if (p == nullptr) {
    Flush();
    p = arena_.Allocate(size);
  }
  return {p, size};
}

ByteView Output::CopyInput(ByteView bytes) {
  if (arena_.left() < bytes.size() + kServingRoom) Flush();
  return Copy(bytes);
}

ByteView Output::Copy(ByteView bytes) {
  const MutableBytes copy = Allocate(bytes.size());
  std::memcpy(copy.data(), bytes.data(), bytes.size());
  return copy;
}

void Output::ToPeer(UdpRelay& from, const Endpoint& peer, ByteView data) {
  peers_.Add(from, peer, data);
  if (peers_.full()) FlushPeers();
}

void Output::FlushPeers() {
  peers_.Flush(sys_, [this](UdpRelay& from, const net::UdpSender::Outcome& outcome) {
    CountSent(outcome);
    from.CountSentToPeers(outcome);
  });
}

void Output::Forget(const UdpRelay& relay) {
  if (relay.batch_place() >= 0) FlushPeers();
}

void Output::ToUdpClient(UdpListener& from, const Endpoint& client, const IpAddress& local,
                         const OutFrame& frame) {
  net::UdpSender& sender = from.sender();
  if (sender.empty()) busy_listeners_.push_back(&from);
  const IpAddress* const source = from.any_address() ? &local : nullptr;
  if (sender.Add(client, source, frame.head, frame.body)) return;
  CountSent(sender.Flush(sys_, from.fd()));
  sender.Add(client, source, frame.head, frame.body);
}

void Output::ToStream(StreamConnection& to, const OutFrame& frame, bool reply) {
  if (to.gather() < 0) {
    if (gather_count_ == gathers_.size()) gathers_.emplace_back().pieces.reserve(kUsualPieces);
    gathers_[gather_count_].owner = &to;
    to.set_gather(static_cast<int>(gather_count_++));
  }
  Gather& gather = gathers_[static_cast<size_t>(to.gather())];
  std::vector<iovec>& pieces = gather.pieces;
  if (reply && !pieces.empty()) gather.EndRecord();
  if (!frame.head.empty()) pieces.push_back(Piece(frame.head));
  if (!frame.body.empty()) pieces.push_back(Piece(frame.body));
  if (frame.padding > 0) pieces.push_back(Piece({kZeros.data(), frame.padding}));
  if (reply) gather.EndRecord();
  if (pieces.size() >= kMostPieces) FlushStream(to);
}

bool Output::IsGathering(const StreamConnection& connection) const {
  return connection.gather() >= 0 &&
         !gathers_[static_cast<size_t>(connection.gather())].pieces.empty();
}

void Output::FlushStream(StreamConnection& connection) {
  if (connection.gather() < 0) return;
  Gather& gather = gathers_[static_cast<size_t>(connection.gather())];
  if (gather.pieces.empty()) return;
  counters_.tls_writes.Add(connection.is_tls() ? 1 : 0);
  connection.WriteGathered(gather);
  gather.Clear();
}

void Output::Forget(StreamConnection& connection) {
  if (connection.gather() < 0) return;
  Gather& gather = gathers_[static_cast<size_t>(connection.gather())];
  gather.owner = nullptr;
  gather.Clear();
  connection.set_gather(-1);
}

void Output::Flush() {
  FlushPeers();
  for (UdpListener* listener : busy_listeners_) {
    CountSent(listener->sender().Flush(sys_, listener->fd()));
  }
  busy_listeners_.clear();
  // A write may end a connection, which then forgets its gather; none is added meanwhile.
  for (size_t i = 0; i < gather_count_; ++i) {
    StreamConnection* const owner = gathers_[i].owner;
    if (owner == nullptr) continue;
    FlushStream(*owner);
    if (gathers_[i].owner != nullptr) owner->set_gather(-1);
    gathers_[i].owner = nullptr;
  }
  gather_count_ = 0;
  arena_.Reset();
}

void Output::EndTurn() {
  Flush();
  pool_.Reset();
}

net::PacketPool& Output::PoolForReceive() {
  if (pool_.available() < net::UdpReceiver::kBatch) {
    Flush();
    pool_.Reset();
  }
  return pool_;
}

void Output::CountSent(const net::UdpSender::Outcome& outcome) {
  counters_.sendmmsg_calls.Add(outcome.calls);
  counters_.sendmmsg_packets.Add(outcome.datagrams);
  counters_.gso_packets.Add(outcome.run_datagrams);
}

}  // namespace culvert::relay
