// CreatePermission (RFC 8656 sections 9 and 10.2). All addresses of a request or none.
#include <algorithm>
#include <optional>
#include <vector>

#include "server/base/check.h"
#include "server/turn/request.h"

namespace culvert::turn {
namespace {

using stun::AttributeType;
using stun::ErrorCode;

// The peers that the request names, each once, sorted; nullopt when one is malformed or there is
// none. The ports do not matter.
std::optional<std::vector<IpAddress>> PeersOf(const stun::Message& message) {
  std::vector<IpAddress> peers;
  bool malformed = false;
  message.ForEach(AttributeType::kXorPeerAddress, [&](ByteView value) {
    const auto peer = stun::DecodeXorAddress(value, message.transaction_id());
    if (peer) {
      peers.push_back(peer->ip());
    } else {
      malformed = true;
    }
  });
  if (malformed || peers.empty()) return std::nullopt;
  std::sort(peers.begin(), peers.end());
  peers.erase(std::unique(peers.begin(), peers.end()), peers.end());
  return peers;
}

// Whether all of `peers` that belong to `table` find room.
bool HasRoom(const RelayTable& table, const std::vector<IpAddress>& peers, Instant now,
             size_t limit) {
  const auto added = std::count_if(peers.begin(), peers.end(), [&](const IpAddress& peer) {
    return peer.family() == table.relayed().family() && !table.Permits(peer, now);
  });
  return table.LivePermissions(now) + static_cast<size_t>(added) <= limit;
}

}  // namespace

void Session::ServeCreatePermission(Request& request) {
  if (!OwnsAllocation(request)) return;
  const Instant now = request.now.instant;
  const size_t limit = shared_.settings.max_permissions;

  const auto peers = PeersOf(request.message);
  if (!peers) return Refuse(request.answer_to, ErrorCode::kBadRequest);
  for (const IpAddress& peer : *peers) {
    if (!allocation_->table(peer.family())) {
      return Refuse(request.answer_to, ErrorCode::kPeerAddressFamilyMismatch);
    }
  }
  for (const IpAddress& peer : *peers) {
    if (!shared_.peers.AllowsAddress(peer, request.policy())) {
      return Refuse(request.answer_to, ErrorCode::kForbidden);
    }
  }
  for (const auto* table : {allocation_->table(Family::kIPv4), allocation_->table(Family::kIPv6)}) {
    if (table && !HasRoom(*table, *peers, now, limit)) {
      return Refuse(request.answer_to, ErrorCode::kInsufficientCapacity);
    }
  }
  for (const IpAddress& peer : *peers) {
    const bool installed =
        allocation_->table(peer.family())
            ->InstallPermission(peer, now, now + shared_.settings.permission_lifetime, limit);
    CULVERT_CHECK("turn-permissions-had-room", installed);
  }
  Answer answer(request.answer_to);
  Send(answer);
}

}  // namespace culvert::turn
