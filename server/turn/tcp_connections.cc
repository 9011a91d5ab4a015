#include "server/turn/tcp_connections.h"

#include <algorithm>

namespace culvert::turn {

TcpConnection* TcpConnections::Find(ConnectionId id) {
  const auto found = std::find_if(connections_.begin(), connections_.end(),
                                  [id](const TcpConnection& c) { return c.id == id; });
  return found == connections_.end() ? nullptr : &*found;
}

TcpConnection* TcpConnections::FindByPeer(const PeerAddress& peer) {
  const auto found = std::find_if(connections_.begin(), connections_.end(),
                                  [&peer](const TcpConnection& c) { return c.peer == peer; });
  return found == connections_.end() ? nullptr : &*found;
}

bool TcpConnections::Remove(ConnectionId id) {
  return std::erase_if(connections_, [id](const TcpConnection& c) { return c.id == id; }) != 0;
}

Instant TcpConnections::next_deadline() const {
  Instant next = kNever;
  for (const TcpConnection& connection : connections_) next = std::min(next, connection.deadline);
  return next;
}

}  // namespace culvert::turn
