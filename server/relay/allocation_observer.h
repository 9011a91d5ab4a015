// Who is told of the lives of allocations, and of what they relay: the seam that a room above
// plugs something into (the status database, server/statsdb). Without an observer an allocation
// costs the data path one look at a null pointer for each packet.
//
// An observer belongs to one worker and is called on its thread, from within sessions' entry points
// and from the data path: it must not block, and must not call back.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "server/base/address.h"
#include "server/base/time.h"
#include "server/observe/log.h"
#include "server/turn/effects.h"
#include "server/turn/transport.h"

namespace culvert::relay {

struct TrafficVolume {
  uint64_t packets = 0;
  uint64_t bytes = 0;
  friend bool operator==(const TrafficVolume&, const TrafficVolume&) = default;
};

struct SideTraffic {
  TrafficVolume received;
  TrafficVolume sent;
  friend bool operator==(const SideTraffic&, const SideTraffic&) = default;
};

// Towards the client messages of TURN with their framing, requests and answers among them; towards
// peers payload. What a data connection (RFC 6062) reads at a time counts as a packet.
struct AllocationTraffic {
  SideTraffic client;
  SideTraffic peer;
  friend bool operator==(const AllocationTraffic&, const AllocationTraffic&) = default;
};

// In OpenSSL's words ("TLSv1.3", "TLS_AES_128_GCM_SHA256"); empty without TLS.
struct TlsNames {
  std::string_view version;
  std::string_view cipher;
};

// What stays the same as long as the allocation lives. Views live until the call returns.
struct AllocationFacts {
  observe::SessionId id;
  std::string_view realm;
  std::string_view user;  // empty without authentication
  turn::Transport transport = turn::Transport::kUdp;
  Endpoint client;
  Endpoint server;
  TlsNames tls;
};

// One allocation. Data connections may hold it, and count, for a while after its end.
class ObservedAllocation {
 public:
  // How many packets, of both sides and directions, there are between two calls of OnTraffic: what
  // coturn has between two reports. A power of two.
  static constexpr uint64_t kPacketsPerReport = 4096;

  virtual ~ObservedAllocation() = default;
  virtual void OnRefreshed(seconds lifetime) = 0;
  // Called once, last but for counts.
  virtual void OnEnded(turn::EndReason reason) = 0;

  // --- data path
  void FromClient(uint64_t bytes) { Count(traffic_.client.received, bytes); }
  void ToClient(uint64_t bytes) { Count(traffic_.client.sent, bytes); }
  void FromPeer(uint64_t bytes) { Count(traffic_.peer.received, bytes); }
  void ToPeer(uint64_t bytes) { Count(traffic_.peer.sent, bytes); }

 protected:
  virtual void OnTraffic() = 0;
  // Since the allocation was made.
  const AllocationTraffic& traffic() const { return traffic_; }

 private:
  void Count(TrafficVolume& volume, uint64_t bytes) {
    ++volume.packets;
    volume.bytes += bytes;
    if ((++packets_ & (kPacketsPerReport - 1)) == 0) OnTraffic();
  }

  AllocationTraffic traffic_;
  uint64_t packets_ = 0;
};

class AllocationObserver {
 public:
  virtual ~AllocationObserver() = default;
  // Never null.
  virtual std::shared_ptr<ObservedAllocation> OnCreated(const AllocationFacts& facts,
                                                        seconds lifetime) = 0;
  // The worker is about to stop: `done` is called once, from the loop, when all that was told has
  // left or is lost, and soon in any case.
  virtual void Finish(std::function<void()> done) = 0;
};

}  // namespace culvert::relay
