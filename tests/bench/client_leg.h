// The client side of a media session: packets leave and come as ChannelData over one UDP, TCP or
// TLS connection.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "tests/bench/flow.h"
#include "tests/bench/payload.h"
#include "tests/bench/poller.h"
#include "tests/bench/stream_io.h"
#include "tests/bench/udp_train.h"
#include "tests/support/client_connection.h"

namespace culvert::bench {

// What a leg tells its session.
class LegOwner {
 public:
  virtual ~LegOwner() = default;
  virtual void OnClientPacket(ByteView packet) = 0;
  // All that was there has been handed over, or there is room to send again.
  virtual void OnClientLegReady() = 0;
  virtual void OnClientLegEnded() = 0;
};

// What all sessions of the thread share.
struct SharedParts {
  Poller& poller;
  UdpTrain& train;
  std::vector<uint8_t>& stream_room;  // at least a TLS record and the largest frame
};

class ClientLeg : public Pollable {
 public:
  // False while what was sent before still waits for the socket.
  virtual bool CanSend() const = 0;
  // Sends the next `count` packets of `flow`, as few system calls as possible. REQUIRES: CanSend().
  virtual void SendPackets(const PayloadWriter& writer, Flow& flow, size_t count) = 0;
};

// `connection`, `shared` and `owner` outlive the leg; `channel` is bound.
std::unique_ptr<ClientLeg> MakeClientLeg(testing::ClientConnection& connection, uint16_t channel,
                                         const SharedParts& shared, LegOwner& owner);

}  // namespace culvert::bench
