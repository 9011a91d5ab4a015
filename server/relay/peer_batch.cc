#include "server/relay/peer_batch.h"

#include "server/relay/udp_relay.h"

namespace culvert::relay {

PeerBatch::PeerBatch() {
  items_.reserve(kMost);
  sources_.reserve(kMost);
}

void PeerBatch::Add(UdpRelay& from, const Endpoint& peer, ByteView data) {
  const auto index = static_cast<uint32_t>(items_.size());
  items_.push_back({peer, data});
  if (from.batch_place() < 0) {
    from.set_batch_place(static_cast<int>(sources_.size()));
    sources_.push_back({&from, index, index});
    return;
  }
  Source& source = sources_[static_cast<size_t>(from.batch_place())];
  items_[source.last].next = index;
  source.last = index;
}

uint32_t PeerBatch::Gather(uint32_t at) {
  while (at != kNone && sender_.Add(items_[at].peer, nullptr, items_[at].data)) {
    at = items_[at].next;
  }
  return at;
}

void PeerBatch::Clear() {
  for (const Source& source : sources_) source.relay->set_batch_place(-1);
  sources_.clear();
  items_.clear();
}

int PeerBatch::DescriptorOf(const UdpRelay& relay) {
  return relay.fd();
}

}  // namespace culvert::relay
