// Allocate (RFC 8656 section 7.2, RFC 6062 section 5.1), check by check in the RFC's order.
#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "server/turn/request.h"
#include "server/turn/tcp_connections.h"

namespace culvert::turn {
namespace {

using stun::AttributeType;
using stun::ErrorCode;
using stun::Message;

// Why a request is refused; nullopt goes on to the next check.
using Verdict = std::optional<ErrorCode>;

const auth::Credential& Anonymous() {
  static const auth::Credential anonymous;
  return anonymous;
}

// Check 3: REQUESTED-TRANSPORT is there, and one we serve. RFC 6062 section 5.1 on TCP: a stream
// leads to us, and nothing is asked for that only UDP ports have.
Verdict CheckTransport(const Message& message, const Path& path, const Settings& settings,
                       Wish* wish) {
  const auto protocol = message.LeadingByte(AttributeType::kRequestedTransport);
  if (!protocol) return ErrorCode::kBadRequest;
  wish->protocol = *protocol;
  if (*protocol == stun::kTransportUdp) {
    return settings.udp_relay ? Verdict() : Verdict(ErrorCode::kForbidden);
  }
  if (*protocol != stun::kTransportTcp) return ErrorCode::kUnsupportedTransportProtocol;
  if (!IsStream(path.transport)) return ErrorCode::kBadRequest;
  for (const auto type :
       {AttributeType::kDontFragment, AttributeType::kEvenPort, AttributeType::kReservationToken,
        // RFC 6062 is older than it: one address, one listener.
        AttributeType::kAdditionalAddressFamily}) {
    if (message.Has(type)) return ErrorCode::kBadRequest;
  }
  if (!settings.tcp_relay) return ErrorCode::kUnsupportedTransportProtocol;
  return std::nullopt;
}

// Check 4, DONT-FRAGMENT: served, so there is nothing to check.

// Check 5: a reserved port has its evenness and its family already. Whether the token is valid
// shows when it is redeemed.
Verdict CheckReservation(const Message& message, Wish* wish) {
  const auto token = message.Find(AttributeType::kReservationToken);
  if (!token) return std::nullopt;
  for (const auto type : {AttributeType::kEvenPort, AttributeType::kRequestedAddressFamily,
                          AttributeType::kAdditionalAddressFamily}) {
    if (message.Has(type)) return ErrorCode::kBadRequest;
  }
  if (token->size() != sizeof(ReservationToken)) return ErrorCode::kBadRequest;
  wish->token = LoadBig64(token->data());
  return std::nullopt;
}

bool ServesFamily(Family family, const Settings& settings) {
  return family == Family::kIPv4 ? settings.ipv4_relay : settings.ipv6_relay;
}

// Checks 6 and 7: one way to name a family, and a family that we have. None named is IPv4, for IPv6
// clients, too.
Verdict CheckFamily(const Message& message, const Settings& settings, Wish* wish) {
  const bool additional = message.Has(AttributeType::kAdditionalAddressFamily);
  if (message.Has(AttributeType::kRequestedAddressFamily)) {
    if (additional) return ErrorCode::kBadRequest;
    const auto family = message.LeadingByte(AttributeType::kRequestedAddressFamily);
    if (!family) return ErrorCode::kBadRequest;
    if (*family != stun::kFamilyIPv4 && *family != stun::kFamilyIPv6) {
      return ErrorCode::kAddressFamilyNotSupported;
    }
    wish->family = *family == stun::kFamilyIPv4 ? Family::kIPv4 : Family::kIPv6;
  }
  if (!additional && !wish->token && !ServesFamily(wish->family, settings)) {
    return ErrorCode::kAddressFamilyNotSupported;
  }
  return std::nullopt;
}

// Check 8: an even port may be had in both families, a pair of ports only in one.
Verdict CheckPort(const Message& message, Wish* wish) {
  constexpr uint8_t kReserveNext = 0x80;
  const auto value = message.Find(AttributeType::kEvenPort);
  if (!value) return std::nullopt;
  if (value->size() != 1) return ErrorCode::kBadRequest;
  const bool reserve = (value->front() & kReserveNext) != 0;
  if (reserve && message.Has(AttributeType::kAdditionalAddressFamily)) {
    return ErrorCode::kBadRequest;
  }
  wish->port = reserve ? PortChoice::kEvenReservingNext : PortChoice::kEven;
  return std::nullopt;
}

// Check 9: the additional family can only be IPv6.
Verdict CheckAdditionalFamily(const Message& message, Wish* wish) {
  if (!message.Has(AttributeType::kAdditionalAddressFamily)) return std::nullopt;
  if (message.LeadingByte(AttributeType::kAdditionalAddressFamily) != stun::kFamilyIPv6) {
    return ErrorCode::kBadRequest;
  }
  wish->both_families = true;
  return std::nullopt;
}

// RFC 8016 section 3.1.2: a ticket is asked for with an empty one. None are given out here.
Verdict CheckMobility(const Message& message) {
  const auto ticket = message.Find(AttributeType::kMobilityTicket);
  if (!ticket) return std::nullopt;
  return ticket->empty() ? ErrorCode::kMobilityForbidden : ErrorCode::kBadRequest;
}

Verdict Check(const Message& message, const Path& path, const Settings& settings, Wish* wish) {
  // RFC 8656 section 21.4: no tunnels.
  if (IsTunnelAddress(path.client.ip())) return ErrorCode::kForbidden;
  if (const auto error = CheckTransport(message, path, settings, wish)) return error;
  if (const auto error = CheckReservation(message, wish)) return error;
  if (const auto error = CheckFamily(message, settings, wish)) return error;
  if (const auto error = CheckPort(message, wish)) return error;
  if (const auto error = CheckAdditionalFamily(message, wish)) return error;
  return CheckMobility(message);
}

Result<OpenedRelay, ErrorCode> OpenOne(const Wish& wish, Family family, std::string_view subject,
                                       Effects& effects) {
  if (wish.token) return effects.RedeemReservation(*wish.token, subject);
  if (wish.protocol == stun::kTransportTcp) return effects.OpenTcpRelay(family);
  return effects.OpenUdpRelay(family, wish.port);
}

void Put(const OpenedRelay& opened, Instant expires, Allocation* allocation) {
  auto& table = opened.relayed.family() == Family::kIPv4 ? allocation->v4 : allocation->v6;
  table.emplace(opened.relayed, expires);
  if (opened.reservation) allocation->reservation = opened.reservation;
}

// Check 9: with two families asked for, one is success, too; the other's error goes into the
// answer.
Verdict OpenBoth(const Wish& wish, const Settings& settings, Instant expires, Effects& effects,
                 Allocation* allocation) {
  for (const Family family : {Family::kIPv4, Family::kIPv6}) {
    if (!ServesFamily(family, settings)) {
      allocation->other_family_error = ErrorCode::kAddressFamilyNotSupported;
      continue;
    }
    const auto opened = effects.OpenUdpRelay(family, wish.port);
    if (opened.ok()) {
      Put(*opened, expires, allocation);
    } else {
      allocation->other_family_error = opened.error();
    }
  }
  if (!allocation->v4 && !allocation->v6) return ErrorCode::kInsufficientCapacity;
  return std::nullopt;
}

Verdict OpenRelays(const Wish& wish, const Settings& settings, std::string_view subject,
                   Instant expires, Effects& effects, Allocation* allocation) {
  if (wish.both_families) return OpenBoth(wish, settings, expires, effects, allocation);
  const auto opened = OpenOne(wish, wish.family, subject, effects);
  if (!opened.ok()) return opened.error();
  Put(*opened, expires, allocation);
  return std::nullopt;
}

}  // namespace

void Session::ServeAllocate(Request& request) {
  const Settings& settings = shared_.settings;
  // Check 2: the 5-tuple is in use; a retransmission gets its answer again (section 7.2, end).
  if (allocation_) {
    const bool again =
        allocation_->created_by == request.message.transaction_id() &&
        (!allocation_->credential || allocation_->credential->subject == request.subject());
    if (again) return AnswerAllocate(request);
    return Refuse(request.answer_to, ErrorCode::kAllocationMismatch);
  }
  // Checks 3 to 9.
  if (const auto error = Check(request.message, path_, settings, &request.wish)) {
    return Refuse(request.answer_to, *error);
  }
  if (request.message.Has(AttributeType::kLifetime) &&
      !request.message.Uint32(AttributeType::kLifetime)) {
    return Refuse(request.answer_to, ErrorCode::kBadRequest);
  }
  if (shared_.draining) return Refuse(request.answer_to, ErrorCode::kInsufficientCapacity);
  // Check 10: quotas, before anything is opened.
  const auth::CredentialPtr& credential = request.credential();
  const auto quota = effects_.AcquireQuota(credential ? *credential : Anonymous());
  if (!quota) return Refuse(request.answer_to, quota.error());
  if (*quota == Effects::QuotaState::kLater) return AwaitQuota(request);
  OpenAllocation(request);
}

void Session::AwaitQuota(const Request& request) {
  const ByteView bytes = request.message.bytes();
  waiting_request_.assign(bytes.begin(), bytes.end());
  awaited_quota_ = std::make_unique<AwaitedQuota>(AwaitedQuota{request.answer_to, request.wish});
}

void Session::OpenAllocation(Request& request) {
  const Wish& wish = request.wish;
  auto allocation = std::make_unique<Allocation>();
  allocation->protocol = wish.protocol;
  allocation->created_by = request.message.transaction_id();
  allocation->credential = request.credential();
  allocation->lifetime = GrantedLifetime(request);
  if (wish.protocol == stun::kTransportTcp) {
    allocation->connections = std::make_unique<TcpConnections>();
  }
  const Instant expires = request.now.instant + allocation->lifetime;
  if (const auto error = OpenRelays(wish, shared_.settings, request.subject(), expires, effects_,
                                    allocation.get())) {
    effects_.ReleaseQuota();
    return Refuse(request.answer_to, *error);
  }
  allocation_ = std::move(allocation);
  effects_.OnAllocationCreated();
  AnswerAllocate(request);
}

// Section 7.2: at least the default, at most the maximum. What the user's policy or the end of the
// credential allows may be less than the default, which the RFC does not foresee.
seconds Session::GrantedLifetime(const Request& request) const {
  const Settings& settings = shared_.settings;
  const auth::Policy* policy = request.policy();
  const seconds maximum =
      policy ? policy->max_lifetime.value_or(settings.max_lifetime) : settings.max_lifetime;
  const auto asked = request.message.Uint32(AttributeType::kLifetime);
  const seconds granted =
      std::min(std::max(settings.default_lifetime, seconds{asked.value_or(0)}), maximum);
  if (!request.credential() || request.credential()->expiry == auth::kNoExpiry) return granted;
  return std::min<seconds>(granted, request.credential()->expiry - request.now.wall);
}

void Session::AnswerAllocate(const Request& request) {
  const Allocation& allocation = *allocation_;
  Answer answer(request.answer_to);
  for (const auto* table : {allocation.table(Family::kIPv4), allocation.table(Family::kIPv6)}) {
    if (!table) continue;
    answer.attributes.AddXorAddress(AttributeType::kXorRelayedAddress, table->relayed().endpoint());
  }
  if (allocation.other_family_error) {
    answer.attributes.AddAddressErrorCode(allocation.v4 ? stun::kFamilyIPv6 : stun::kFamilyIPv4,
                                          *allocation.other_family_error);
  }
  answer.attributes.AddUint32(AttributeType::kLifetime,
                              static_cast<uint32_t>(allocation.lifetime.count()));
  if (allocation.reservation) {
    answer.attributes.AddUint64(AttributeType::kReservationToken, *allocation.reservation);
  }
  answer.attributes.AddXorAddress(AttributeType::kXorMappedAddress, path_.client.endpoint());
  Send(answer);
}

}  // namespace culvert::turn
