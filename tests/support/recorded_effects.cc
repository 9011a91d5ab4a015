#include "tests/support/recorded_effects.h"

#include <algorithm>
#include <utility>

#include "auth/keys.h"
#include "tests/support/message_text.h"

namespace culvert {
namespace {

// What every reserved port is redeemed with.
constexpr turn::ReservationToken kToken = 0x1122334455667788;

std::string Text(Family family) {
  return family == Family::kIPv4 ? "v4" : "v6";
}
std::string Text(turn::ConnectionId id) {
  return std::to_string(static_cast<uint32_t>(id));
}

const char* Text(turn::PortChoice port) {
  switch (port) {
    case turn::PortChoice::kAny:
      return "any";
    case turn::PortChoice::kEven:
      return "even";
    case turn::PortChoice::kEvenReservingNext:
      return "even+next";
  }
  return "?";
}

const char* Text(turn::AuthResult result) {
  switch (result) {
    case turn::AuthResult::kOk:
      return "ok";
    case turn::AuthResult::kUnknownUser:
      return "unknown user";
    case turn::AuthResult::kWrongIntegrity:
      return "wrong integrity";
    case turn::AuthResult::kStaleNonce:
      return "stale nonce";
    case turn::AuthResult::kBarred:
      return "barred";
    case turn::AuthResult::kExpired:
      return "expired";
    case turn::AuthResult::kProviderDown:
      return "provider down";
    case turn::AuthResult::kUncertified:
      return "uncertified";
  }
  return "?";
}

}  // namespace

Lines RecordedEffects::Take() {
  return std::exchange(lines_, {});
}

void RecordedEffects::Reply(ByteView message) {
  ++replies_;
  last_reply_.assign(message.begin(), message.end());
  Line("reply " + MessageText(message, reply_key_));
}

bool RecordedEffects::MayAnswerUnproven() {
  if (!answers_unproven) Line("unproven, unanswered");
  return answers_unproven;
}

std::optional<auth::Answer> RecordedEffects::LookUp(const auth::Question& question) {
  const bool by_hash = !question.userhash.empty();
  Line("lookup " + (by_hash ? "by hash" : std::string(question.username)) +
       (question.access_token.empty() ? "" : " with a token"));
  if (answers_later) return std::nullopt;
  const auto user = std::find_if(users.begin(), users.end(), [&](const auto& named) {
    if (!by_hash) return named.first == question.username;
    const auth::UserHash hash = auth::DeriveUserHash(named.first, question.realm);
    return std::ranges::equal(hash, question.userhash);
  });
  if (user == users.end()) return auth::Answer(Failure{auth::Refusal::kUnknownUser});
  if (!user->second) return auth::Answer(Failure{refusal});
  if (!by_hash) return auth::Answer(user->second);
  auto found = std::make_shared<auth::Credential>(*user->second);
  found->userhash = auth::DeriveUserHash(user->first, question.realm);
  return auth::Answer(auth::CredentialPtr(std::move(found)));
}

Result<turn::Effects::QuotaState, stun::ErrorCode> RecordedEffects::AcquireQuota(
    const auth::Credential& credential) {
  Line("acquire " + credential.username);
  if (quota_error) return Failure{*quota_error};
  ++open_.quotas;
  return quota_comes_later ? QuotaState::kLater : QuotaState::kTaken;
}

void RecordedEffects::ReleaseQuota() {
  Line("release");
  --open_.quotas;
}

turn::OpenedRelay RecordedEffects::Opened(Family family) {
  ++(family == Family::kIPv4 ? open_.v4 : open_.v6);
  const char* ip = family == Family::kIPv4 ? "192.0.2.10" : "2001:db8::10";
  return {RelayedAddress(*IpAddress::Parse(ip), next_port++), std::nullopt};
}

Result<turn::OpenedRelay, stun::ErrorCode> RecordedEffects::OpenUdpRelay(Family family,
                                                                         turn::PortChoice port) {
  Line("open udp " + Text(family) + " " + Text(port));
  const auto& error = family == Family::kIPv4 ? udp_v4_error : udp_v6_error;
  if (error) return Failure{*error};
  turn::OpenedRelay opened = Opened(family);
  if (port == turn::PortChoice::kEvenReservingNext) opened.reservation = kToken;
  return opened;
}

Result<turn::OpenedRelay, stun::ErrorCode> RecordedEffects::RedeemReservation(
    turn::ReservationToken token, std::string_view subject) {
  Line("redeem " + std::string(token == kToken ? "right" : "unknown") + " token by " +
       std::string(subject));
  if (redeem_error) return Failure{*redeem_error};
  if (token != kToken) return Failure{stun::ErrorCode::kInsufficientCapacity};
  return Opened(Family::kIPv4);
}

Result<turn::OpenedRelay, stun::ErrorCode> RecordedEffects::OpenTcpRelay(Family family) {
  Line("open tcp " + Text(family));
  if (tcp_error) return Failure{*tcp_error};
  return Opened(family);
}

void RecordedEffects::CloseRelay(Family family) {
  Line("close relay " + Text(family));
  --(family == Family::kIPv4 ? open_.v4 : open_.v6);
}

turn::ConnectionId RecordedEffects::NewConnectionId() {
  return turn::ConnectionId{next_connection++};
}

void RecordedEffects::ConnectToPeer(turn::ConnectionId id, const PeerAddress& peer) {
  Line("connect " + Text(id) + " to " + peer.ToString());
}

void RecordedEffects::ClosePeer(turn::ConnectionId id, bool flush) {
  Line("close peer " + Text(id) + (flush ? " flushed" : " at once"));
}

Result<Ok, stun::ErrorCode> RecordedEffects::ClaimConnection(turn::ConnectionId id,
                                                             std::string_view subject) {
  Line("claim " + Text(id) + " by " + std::string(subject));
  if (claim_error) return Failure{*claim_error};
  return Ok{};
}

void RecordedEffects::BecomeDataConnection(turn::ConnectionId id) {
  Line("become data connection " + Text(id));
}

void RecordedEffects::CountRequest(stun::Method method, int code) {
  Line(std::string("count ") + stun::MethodName(method) + " " + std::to_string(code));
}

void RecordedEffects::CountDrop(turn::Drop drop) {
  Line(std::string("drop ") + turn::DropName(drop));
}

void RecordedEffects::CountAuth(turn::AuthResult result) {
  if (result == turn::AuthResult::kOk) {
    ++credentials_good_;
  } else {
    Line(std::string("refused: ") + Text(result));
  }
}

bool RecordedEffects::IsCertified(const auth::Credential& credential) {
  return uncertified != credential.username;
}

void RecordedEffects::CountAuthLimit(turn::AuthLimit limit, std::string_view username) {
  Line(std::string("limited by ") + turn::AuthLimitName(limit) + ": " + std::string(username));
}

void RecordedEffects::OnAllocationCreated() {
  ++open_.allocations;
  Line("created");
}

void RecordedEffects::OnAllocationRefreshed(seconds lifetime) {
  Line("refreshed " + std::to_string(lifetime.count()));
}

void RecordedEffects::OnAllocationEnded(turn::EndReason reason) {
  --open_.allocations;
  Line(std::string("ended ") + turn::EndReasonName(reason));
}

}  // namespace culvert
