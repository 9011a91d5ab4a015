#include "server/turn/session.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "server/base/check.h"
#include "server/turn/request.h"
#include "server/turn/tcp_connections.h"

namespace culvert::turn {
namespace {

using stun::Class;
using stun::ErrorCode;
using stun::Method;

// RFC 8489 section 6.3: what a server passes over in silence. A Send indication has its own way
// through the data path and does not belong here.
std::optional<Drop> ReasonForSilence(const stun::Message& message, const Settings& settings) {
  const bool indication = message.message_class() == Class::kIndication;
  switch (message.method()) {
    case Method::kBinding:
      if (message.message_class() > Class::kIndication) return Drop::kMalformed;
      if (settings.no_stun) return Drop::kUnknownMethod;
      // RFC 8489 section 6.3.2.
      if (indication && !message.unknown_required().empty()) return Drop::kUnknownAttribute;
      return std::nullopt;
    case Method::kAllocate:
    case Method::kRefresh:
    case Method::kCreatePermission:
    case Method::kChannelBind:
    case Method::kConnect:
    case Method::kConnectionBind:
      if (message.message_class() != Class::kRequest) return Drop::kMalformed;
      if (settings.stun_only) return Drop::kUnknownMethod;
      return std::nullopt;
    case Method::kSend:
    case Method::kData:
    case Method::kConnectionAttempt:
      return Drop::kMalformed;
  }
  return Drop::kUnknownMethod;
}

// RFC 7635 section 4: where no tokens are taken ACCESS-TOKEN is an attribute like any unknown one.
std::vector<uint16_t> UnknownRequired(const stun::Message& message, const Settings& settings) {
  const auto unknown = message.unknown_required();
  std::vector<uint16_t> all(unknown.begin(), unknown.end());
  if (settings.third_party_authorization.empty() &&
      message.Has(stun::AttributeType::kAccessToken)) {
    all.push_back(static_cast<uint16_t>(stun::AttributeType::kAccessToken));
  }
  return all;
}

}  // namespace

Session::Session(Shared& shared, Effects& effects, const Path& path)
    : shared_(shared), effects_(effects), path_(path) {}

Session::~Session() = default;

void Session::OnMessage(const stun::Message& message, const Now& now) {
  ExpireDue(now);
  if (const auto drop = ReasonForSilence(message, shared_.settings)) {
    effects_.CountDrop(*drop);
    return;
  }
  // A Binding indication keeps a NAT's mapping alive, and that is all (RFC 8489 section 6.3.2).
  if (message.message_class() == Class::kIndication) return;
  if (waiting()) {
    effects_.CountDrop(Drop::kLookupPending);
    return;
  }
  Request request = RequestOf(message, now);
  if (!WantsCredential(message.method()) || Authenticate(request)) Serve(request);
  UpdateDeadline(now.instant);
}

void Session::OnCredential(const auth::Answer& answer, const Now& now) {
  if (!waiting() || awaited_quota_ || held_until_ != kNever) return;
  const std::vector<uint8_t> bytes = std::exchange(waiting_request_, {});
  ExpireDue(now);
  const auto message = stun::Message::Parse(bytes);
  if (!CULVERT_CHECK("turn-waiting-request-parses", message.ok())) return;
  Request request = RequestOf(*message, now);
  if (Verify(request, answer)) Serve(request);
  UpdateDeadline(now.instant);
}

bool Session::OnQuota(std::optional<ErrorCode> refusal, const Now& now) {
  if (!awaited_quota_) return false;
  const std::vector<uint8_t> bytes = std::exchange(waiting_request_, {});
  const std::unique_ptr<AwaitedQuota> awaited = std::move(awaited_quota_);
  const auto message = stun::Message::Parse(bytes);
  if (!CULVERT_CHECK("turn-waiting-allocate-parses", message.ok())) return false;
  Request request = RequestOf(*message, now);
  request.answer_to = awaited->answer_to;
  request.wish = awaited->wish;
  if (refusal) {
    Refuse(request.answer_to, *refusal);
  } else {
    OpenAllocation(request);
  }
  UpdateDeadline(now.instant);
  return true;
}

Session::Request Session::RequestOf(const stun::Message& message, const Now& now) const {
  const bool fingerprint = shared_.settings.fingerprint || message.has_fingerprint();
  return {message, now, fingerprint, over_udp() && !allocation_};
}

// RFC 8489 section 12 advises against asking for credentials in Binding; secure-stun asks.
bool Session::WantsCredential(Method method) const {
  const Settings& settings = shared_.settings;
  return settings.authenticate && (method != Method::kBinding || settings.secure_binding);
}

void Session::Serve(Request& request) {
  // RFC 8489 section 6.3.1: after authentication, all unknown ones are listed.
  if (const auto unknown = UnknownRequired(request.message, shared_.settings); !unknown.empty()) {
    Answer answer(request.answer_to, ErrorCode::kUnknownAttribute);
    answer.attributes.AddUnknownAttributes(unknown);
    return Send(answer);
  }
  switch (request.message.method()) {
    case Method::kBinding:
      return ServeBinding(request);
    case Method::kAllocate:
      return ServeAllocate(request);
    case Method::kRefresh:
      return ServeRefresh(request);
    case Method::kCreatePermission:
      return ServeCreatePermission(request);
    case Method::kChannelBind:
      return ServeChannelBind(request);
    case Method::kConnect:
      return ServeConnect(request);
    case Method::kConnectionBind:
      return ServeConnectionBind(request);
    case Method::kSend:
    case Method::kData:
    case Method::kConnectionAttempt:
      break;  // passed over in OnMessage
  }
  CULVERT_CHECK("turn-served-method-is-a-request", false);
}

void Session::OnTimer(const Now& now) {
  ExpireDue(now);
  if (now.instant < held_until_) return;
  RunHeld(now);
  UpdateDeadline(now.instant);
}

void Session::ExpireDue(const Now& now) {
  if (!allocation_ || now.instant < next_deadline_) return;
  if (allocation_->connections) ExpireConnections(now);
  ExpireRelays(now);
  UpdateDeadline(now.instant);
}

// RFC 6062 sections 5.2 and 5.3: connecting ends with 447, an unbound connection with its close.
void Session::ExpireConnections(const Now& now) {
  std::vector<TcpConnection> overdue;
  for (const TcpConnection& connection : allocation_->connections->all()) {
    if (connection.deadline <= now.instant) overdue.push_back(connection);
  }
  for (const TcpConnection& connection : overdue) {
    allocation_->connections->Remove(connection.id);
    effects_.ClosePeer(connection.id, /*flush=*/false);
    if (connection.state == TcpConnection::State::kConnecting) {
      Refuse(connection.connect_request, ErrorCode::kConnectionTimeoutOrFailure);
    }
  }
}

// RFC 8656 section 8: of a dual allocation each address keeps its own time.
void Session::ExpireRelays(const Now& now) {
  const auto over = [&now](const std::optional<RelayTable>& table) {
    return !table || table->expires() <= now.instant;
  };
  const bool v4_over = over(allocation_->v4);
  const bool v6_over = over(allocation_->v6);
  if (v4_over && v6_over) {
    const auth::CredentialPtr& credential = allocation_->credential;
    const bool withdrawn = credential && credential->expiry <= now.wall;
    return End(withdrawn ? EndReason::kCredentialExpired : EndReason::kExpired, now);
  }
  for (const Family family : {Family::kIPv4, Family::kIPv6}) {
    auto& table = family == Family::kIPv4 ? allocation_->v4 : allocation_->v6;
    if (!table || !over(table)) continue;
    effects_.CloseRelay(family);
    table.reset();
  }
}

void Session::End(EndReason reason, const Now& /*now*/) {
  if (reason == EndReason::kClientGone) {
    waiting_request_.clear();
    awaited_quota_.reset();
    held_until_ = kNever;
  }
  if (reason == EndReason::kCredentialExpired) credential_.reset();
  next_deadline_ = held_until_;
  if (!allocation_) return;
  if (allocation_->connections) EndConnections(reason);
  if (allocation_->v4) effects_.CloseRelay(Family::kIPv4);
  if (allocation_->v6) effects_.CloseRelay(Family::kIPv6);
  effects_.ReleaseQuota();
  effects_.OnAllocationEnded(reason);
  allocation_.reset();
}

// What was accepted on the way is still delivered; whoever waits for a Connect gets an answer.
void Session::EndConnections(EndReason reason) {
  for (const TcpConnection& connection : allocation_->connections->all()) {
    effects_.ClosePeer(connection.id, /*flush=*/true);
    if (connection.state == TcpConnection::State::kConnecting && reason != EndReason::kClientGone) {
      Refuse(connection.connect_request, ErrorCode::kConnectionTimeoutOrFailure);
    }
  }
}

void Session::UpdateDeadline(Instant now) {
  next_deadline_ = held_until_;
  if (!allocation_) return;
  for (auto* table : {allocation_->table(Family::kIPv4), allocation_->table(Family::kIPv6)}) {
    if (!table) continue;
    next_deadline_ = std::min({next_deadline_, table->expires(), table->Expire(now)});
  }
  if (allocation_->connections) {
    next_deadline_ = std::min(next_deadline_, allocation_->connections->next_deadline());
  }
}

}  // namespace culvert::turn
