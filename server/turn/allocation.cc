#include "server/turn/allocation.h"

#include <algorithm>

#include "server/turn/tcp_connections.h"

namespace culvert::turn {
namespace {

template <typename Permissions>
auto FindPermission(Permissions& permissions, const IpAddress& peer) {
  return std::lower_bound(permissions.begin(), permissions.end(), peer,
                          [](const Permission& p, const IpAddress& ip) { return p.peer < ip; });
}

template <typename Channels>
auto FindChannel(Channels& channels, uint16_t number) {
  return std::lower_bound(channels.begin(), channels.end(), number,
                          [](const Channel& c, uint16_t n) { return c.number < n; });
}

}  // namespace

Allocation::Allocation() = default;
Allocation::~Allocation() = default;

const Channel* RelayTable::RouteChannel(uint16_t number, Instant now, Drop* why) const {
  const auto channel = FindChannel(channels_, number);
  if (expires_ <= now) {
    *why = Drop::kNoAllocation;
    return nullptr;
  }
  if (channel == channels_.end() || channel->number != number || channel->expires <= now) {
    *why = Drop::kNoChannel;
    return nullptr;
  }
  // RFC 8656 section 12: the channel outlives its permission; without one nothing passes.
  if (channel->permitted_until <= now) {
    *why = Drop::kNoPermission;
    return nullptr;
  }
  return &*channel;
}

bool RelayTable::Permits(const IpAddress& peer, Instant now) const {
  const auto permission = FindPermission(permissions_, peer);
  return permission != permissions_.end() && permission->peer == peer &&
         permission->expires > now && expires_ > now;
}

// RFC 8656 section 11.3 and 12.7: permission first, then a channel of exactly that address and
// port, else a Data indication. Channels are few: a scan beats a second index.
Inbound RelayTable::RouteInbound(const PeerAddress& peer, Instant now) const {
  if (expires_ <= now) return {Inbound::Kind::kDrop, 0};
  for (const Channel& channel : channels_) {
    if (channel.peer != peer || channel.expires <= now) continue;
    if (channel.permitted_until <= now) return {Inbound::Kind::kDrop, 0};
    return {Inbound::Kind::kChannel, channel.number};
  }
  return {Permits(peer.ip(), now) ? Inbound::Kind::kIndication : Inbound::Kind::kDrop, 0};
}

bool RelayTable::InstallPermission(const IpAddress& peer, Instant now, Instant expires,
                                   size_t limit) {
  const auto place = FindPermission(permissions_, peer);
  const bool known = place != permissions_.end() && place->peer == peer;
  if (!(known && place->expires > now) && LivePermissions(now) >= limit) return false;
  if (known) {
    place->expires = expires;
  } else {
    permissions_.insert(place, {peer, expires});
  }
  for (Channel& channel : channels_) {
    if (channel.peer.ip() == peer) channel.permitted_until = expires;
  }
  return true;
}

bool RelayTable::Conflicts(uint16_t number, const PeerAddress& peer, Instant now) const {
  return std::any_of(channels_.begin(), channels_.end(), [&](const Channel& c) {
    return c.expires > now && (c.number == number) != (c.peer == peer);
  });
}

RelayTable::BindResult RelayTable::BindChannel(uint16_t number, const PeerAddress& peer,
                                               Instant now, Instant expires, size_t limit) {
  if (Conflicts(number, peer, now)) return BindResult::kConflict;
  std::erase_if(channels_, [now](const Channel& c) { return c.expires <= now; });
  const auto place = FindChannel(channels_, number);
  if (place != channels_.end() && place->number == number) {
    place->expires = expires;
    return BindResult::kBound;
  }
  if (channels_.size() >= limit) return BindResult::kFull;
  const auto permission = FindPermission(permissions_, peer.ip());
  const bool permitted = permission != permissions_.end() && permission->peer == peer.ip();
  channels_.insert(place,
                   {number, peer, expires, permitted ? permission->expires : Instant::min()});
  return BindResult::kBound;
}

size_t RelayTable::LivePermissions(Instant now) const {
  return static_cast<size_t>(std::count_if(permissions_.begin(), permissions_.end(),
                                           [now](const Permission& p) { return p.expires > now; }));
}

Instant RelayTable::Expire(Instant now) {
  std::erase_if(permissions_, [now](const Permission& p) { return p.expires <= now; });
  std::erase_if(channels_, [now](const Channel& c) { return c.expires <= now; });
  Instant next = kNever;
  for (const Permission& permission : permissions_) next = std::min(next, permission.expires);
  for (const Channel& channel : channels_) next = std::min(next, channel.expires);
  return next;
}

}  // namespace culvert::turn
