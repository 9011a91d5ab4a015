// Datagrams on their way to peers, as one turn gathers them: put in order by the relay that each
// leaves from, so that what many clients sent in turns leaves with one system call for each relay,
// and all of it in one burst. Of one relay they leave as they came.
//
// One worker's. Data is borrowed until the flush.
#pragma once

#include <cstdint>
#include <vector>

#include "server/base/address.h"
#include "server/base/bytes.h"
#include "server/net/syscalls.h"
#include "server/net/udp_batch.h"

namespace culvert::relay {

class UdpRelay;

class PeerBatch {
 public:
  // More is gathered by nobody who wants to see it leave soon.
  static constexpr size_t kMost = 1024;

  // Makes room for all at once: the data path allocates nothing.
  PeerBatch();
  void Add(UdpRelay& from, const Endpoint& peer, ByteView data);
  bool empty() const { return items_.empty(); }
  bool full() const { return items_.size() >= kMost; }
  // Sends everything. `on_sent` is told of each relay's share.
  template <typename OnSent>
  void Flush(net::Syscalls& sys, OnSent&& on_sent);

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  struct Item {
    Endpoint peer;
    ByteView data;
    uint32_t next = kNone;  // of the same relay
  };
  struct Source {
    UdpRelay* relay;
    uint32_t first;
    uint32_t last;
  };

  // Takes from `at` what one call can send; kNone once nothing is left.
  uint32_t Gather(uint32_t at);
  void Clear();
  static int DescriptorOf(const UdpRelay& relay);

  std::vector<Item> items_;
  std::vector<Source> sources_;  // a relay knows its place (UdpRelay::batch_place)
  net::UdpSender sender_;
};

template <typename OnSent>
void PeerBatch::Flush(net::Syscalls& sys, OnSent&& on_sent) {
  for (const Source& source : sources_) {
    for (uint32_t at = source.first; at != kNone;) {
      at = Gather(at);
      on_sent(*source.relay, sender_.Flush(sys, DescriptorOf(*source.relay)));
    }
  }
  Clear();
}

}  // namespace culvert::relay
