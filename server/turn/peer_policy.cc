#include "server/turn/peer_policy.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "server/base/check.h"

namespace culvert::turn {
namespace {

enum class Kind : uint8_t { kAlways, kLoopback, kMulticast };

struct RefusedRange {
  const char* range;
  Kind kind;
};

// IANA's special-purpose registries (RFC 6890), as far as nobody there can be a peer of a call.
constexpr std::array kRefused = {
    RefusedRange{"0.0.0.0/8", Kind::kAlways},       // this network
    RefusedRange{"127.0.0.0/8", Kind::kLoopback},   //
    RefusedRange{"169.254.0.0/16", Kind::kAlways},  // link-local: clouds keep their metadata there
    RefusedRange{"192.0.0.0/24", Kind::kAlways},    // protocol assignments, TURN's anycast address
    RefusedRange{"224.0.0.0/4", Kind::kMulticast},  //
    RefusedRange{"240.0.0.0/4", Kind::kAlways},     // reserved, and the limited broadcast
    // Clouds' metadata outside of link-local: Alibaba, Azure, Amazon.
    RefusedRange{"100.100.100.200/32", Kind::kAlways},
    RefusedRange{"168.63.129.16/32", Kind::kAlways},
    RefusedRange{"fd00:ec2::254/128", Kind::kAlways}, RefusedRange{"::/128", Kind::kAlways},  //
    RefusedRange{"::1/128", Kind::kLoopback},                                                 //
    RefusedRange{"64:ff9b:1::/48", Kind::kAlways},  // local NAT64: any IPv4 address, unreadable
    RefusedRange{"2001::/32", Kind::kAlways},       // Teredo, RFC 8656 section 21.4
    RefusedRange{"2002::/16", Kind::kAlways},       // 6to4, likewise
    RefusedRange{"fe80::/10", Kind::kAlways},       // link-local
    RefusedRange{"ff00::/8", Kind::kMulticast},     //
};

// How IPv4 addresses are written inside IPv6 ones.
struct Embedding {
  std::array<uint8_t, 12> prefix;
  size_t prefix_size;  // in bytes; the IPv4 address follows
};
constexpr std::array kEmbeddings = {
    Embedding{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 12},     // mapped, RFC 4291 2.5.5.2
    Embedding{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 12},           // compatible, RFC 4291 2.5.5.1
    Embedding{{0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0}, 12},     // translated, RFC 2765
    Embedding{{0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0}, 12},  // NAT64, RFC 6052
    Embedding{{0x20, 0x02}, 2},                                    // 6to4, RFC 3056
};

std::optional<IpAddress> EmbeddedV4(const IpAddress& ip) {
  // :: and ::1 look compatible and are not.
  if (ip.is_v4() || ip.is_unspecified() || ip.is_loopback()) return std::nullopt;
  for (const Embedding& embedding : kEmbeddings) {
    const auto prefix = embedding.prefix.begin();
    if (std::equal(prefix, prefix + static_cast<std::ptrdiff_t>(embedding.prefix_size),
                   ip.bytes().begin())) {
      return IpAddress::FromBytes(ip.bytes().subspan(embedding.prefix_size, 4));
    }
  }
  return std::nullopt;
}

bool Names(const std::vector<AddressRange>& ranges, const IpAddress& ip) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&ip](const AddressRange& range) { return range.Contains(ip); });
}

std::vector<AddressRange> RefusedKinds(const PeerRules& rules) {
  std::vector<AddressRange> ranges;
  for (const RefusedRange& refused : kRefused) {
    if (refused.kind == Kind::kLoopback && rules.allow_loopback) continue;
    if (refused.kind == Kind::kMulticast && rules.allow_multicast) continue;
    const auto range = AddressRange::Parse(refused.range);
    if (CULVERT_CHECK("turn-refused-range-parses", range.has_value())) ranges.push_back(*range);
  }
  return ranges;
}

}  // namespace

bool IsTunnelAddress(const IpAddress& ip) {
  if (ip.is_v4()) return false;
  const uint16_t first = LoadBig16(ip.bytes().data());
  return first == 0x2002 || (first == 0x2001 && LoadBig16(ip.bytes().data() + 2) == 0);
}

PeerPolicy::PeerPolicy(PeerRules rules, std::vector<Endpoint> listeners)
    : rules_(std::move(rules)), refused_(RefusedKinds(rules_)), listeners_(std::move(listeners)) {
  for (Endpoint& listener : listeners_) listener = {listener.ip().Unmapped(), listener.port()};
  std::sort(listeners_.begin(), listeners_.end());
}

bool PeerPolicy::AllowsAddress(const IpAddress& peer, const auth::Policy* user) const {
  if (!AllowsSpelling(peer, user)) return false;
  const auto v4 = EmbeddedV4(peer);
  return !v4 || AllowsSpelling(*v4, user);
}

bool PeerPolicy::AllowsSpelling(const IpAddress& spelling, const auth::Policy* user) const {
  if (user && Names(user->allowed_peers, spelling)) return true;
  if (user && Names(user->denied_peers, spelling)) return false;
  if (Names(rules_.allowed, spelling)) return true;
  return !Names(rules_.denied, spelling) && !Names(refused_, spelling);
}

bool PeerPolicy::AllowsEndpoint(const Endpoint& peer, const auth::Policy* user) const {
  return !IsListener(peer) && AllowsAddress(peer.ip(), user);
}

bool PeerPolicy::IsListener(const Endpoint& peer) const {
  if (std::binary_search(listeners_.begin(), listeners_.end(), peer)) return true;
  const auto v4 = EmbeddedV4(peer.ip());
  return v4 && std::binary_search(listeners_.begin(), listeners_.end(), Endpoint(*v4, peer.port()));
}

}  // namespace culvert::turn
