// ChannelBind (RFC 8656 section 12.2).
#include <optional>

#include "server/base/check.h"
#include "server/turn/request.h"

namespace culvert::turn {
namespace {

using stun::AttributeType;
using stun::ErrorCode;

// ChannelData names no family: a number that one relayed address of a dual allocation has is taken
// for the other's, too.
bool Conflicts(const Allocation& allocation, uint16_t number, const PeerAddress& peer,
               Instant now) {
  for (const auto* table : {allocation.table(Family::kIPv4), allocation.table(Family::kIPv6)}) {
    if (table && table->Conflicts(number, peer, now)) return true;
  }
  return false;
}

}  // namespace

void Session::ServeChannelBind(Request& request) {
  if (!OwnsAllocation(request)) return;
  const Settings& settings = shared_.settings;
  const Instant now = request.now.instant;

  // Channels carry datagrams; RFC 6062 has no use for them.
  if (allocation_->protocol != stun::kTransportUdp) {
    return Refuse(request.answer_to, ErrorCode::kForbidden);
  }
  // Both attributes are there, the number is one of 0x4000 to 0x4FFF (or as the operator says), the
  // peer can be sent to.
  const auto number = request.message.ChannelNumber();
  const auto address = request.message.XorAddress(AttributeType::kXorPeerAddress);
  if (!number || !address || address->port() == 0 || *number < stun::kFirstChannel ||
      *number > settings.last_channel) {
    return Refuse(request.answer_to, ErrorCode::kBadRequest);
  }
  // Neither number nor peer is bound otherwise.
  const PeerAddress peer(*address);
  if (Conflicts(*allocation_, *number, peer, now)) {
    return Refuse(request.answer_to, ErrorCode::kBadRequest);
  }
  RelayTable* table = allocation_->table(peer.family());
  if (!table) return Refuse(request.answer_to, ErrorCode::kPeerAddressFamilyMismatch);
  if (!shared_.peers.AllowsEndpoint(*address, request.policy())) {
    return Refuse(request.answer_to, ErrorCode::kForbidden);
  }
  // The permission comes with the channel, so it must find room, too.
  if (!table->Permits(peer.ip(), now) && table->LivePermissions(now) >= settings.max_permissions) {
    return Refuse(request.answer_to, ErrorCode::kInsufficientCapacity);
  }
  if (table->BindChannel(*number, peer, now, now + settings.channel_lifetime,
                         settings.max_channels) != RelayTable::BindResult::kBound) {
    return Refuse(request.answer_to, ErrorCode::kInsufficientCapacity);
  }
  const bool installed = table->InstallPermission(
      peer.ip(), now, now + settings.permission_lifetime, settings.max_permissions);
  CULVERT_CHECK("turn-channel-permission-had-room", installed);
  Answer answer(request.answer_to);
  Send(answer);
}

}  // namespace culvert::turn
