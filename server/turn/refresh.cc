// Refresh (RFC 8656 section 8).
#include <optional>

#include "server/turn/request.h"

namespace culvert::turn {

using stun::AttributeType;
using stun::ErrorCode;

void Session::ServeRefresh(Request& request) {
  if (!OwnsAllocation(request)) return;
  const stun::Message& message = request.message;
  const auto lifetime = message.Uint32(AttributeType::kLifetime);
  if (message.Has(AttributeType::kLifetime) && !lifetime) {
    return Refuse(request.answer_to, ErrorCode::kBadRequest);
  }
  // A family that is named must be one of the allocation's; of a dual allocation only it is meant,
  // and without a name both are.
  bool v4 = allocation_->v4.has_value();
  bool v6 = allocation_->v6.has_value();
  if (message.Has(AttributeType::kRequestedAddressFamily)) {
    const auto family = message.LeadingByte(AttributeType::kRequestedAddressFamily);
    if (!family) return Refuse(request.answer_to, ErrorCode::kBadRequest);
    v4 = v4 && *family == stun::kFamilyIPv4;
    v6 = v6 && *family == stun::kFamilyIPv6;
    if (!v4 && !v6) return Refuse(request.answer_to, ErrorCode::kPeerAddressFamilyMismatch);
  }
  if (lifetime == 0u) return DeleteRelays(request, v4, v6);
  RefreshRelays(request, v4, v6);
}

// LIFETIME 0 deletes at once, with ports, permissions, channels and connections.
void Session::DeleteRelays(const Request& request, bool v4, bool v6) {
  const bool all = v4 == allocation_->v4.has_value() && v6 == allocation_->v6.has_value();
  if (all) {
    End(EndReason::kDeleted, request.now);
  } else {
    effects_.CloseRelay(v4 ? Family::kIPv4 : Family::kIPv6);
    (v4 ? allocation_->v4 : allocation_->v6).reset();
  }
  Answer answer(request.answer_to);
  answer.attributes.AddUint32(AttributeType::kLifetime, 0);
  Send(answer);
}

// Otherwise the time starts anew, by the rule of Allocate; nothing else changes. With a renewed
// credential the allocation goes over to it, and may live as long as that.
void Session::RefreshRelays(const Request& request, bool v4, bool v6) {
  const seconds lifetime = GrantedLifetime(request);
  const Instant expires = request.now.instant + lifetime;
  if (v4) allocation_->v4->set_expires(expires);
  if (v6) allocation_->v6->set_expires(expires);
  allocation_->lifetime = lifetime;
  allocation_->credential = request.credential();
  effects_.OnAllocationRefreshed(lifetime);
  Answer answer(request.answer_to);
  answer.attributes.AddUint32(AttributeType::kLifetime, static_cast<uint32_t>(lifetime.count()));
  Send(answer);
}

}  // namespace culvert::turn
