// The peer connections of one TCP allocation (RFC 6062 section 3): at most one per peer address,
// each connecting, pending (waiting for its ConnectionBind, 30 s), or bound.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "server/base/address.h"
#include "server/base/time.h"
#include "server/turn/answer_to.h"
#include "server/turn/effects.h"

namespace culvert::turn {

struct TcpConnection {
  enum class State : uint8_t { kConnecting, kPending, kBound };

  ConnectionId id;
  PeerAddress peer;
  State state;
  Instant deadline;          // of connecting or of the bind; kNever once bound
  AnswerTo connect_request;  // whom to answer when connecting ends; meaningless for accepted ones
};

class TcpConnections {
 public:
  TcpConnection* Find(ConnectionId id);
  TcpConnection* FindByPeer(const PeerAddress& peer);
  void Add(TcpConnection connection) { connections_.push_back(std::move(connection)); }
  // False when there was none.
  bool Remove(ConnectionId id);
  // kNever when every connection is bound, or there is none.
  Instant next_deadline() const;
  const std::vector<TcpConnection>& all() const { return connections_; }

 private:
  std::vector<TcpConnection> connections_;  // few
};

}  // namespace culvert::turn
