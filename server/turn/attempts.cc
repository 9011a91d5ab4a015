// How failing authentications are slowed down (failure_limits.h says by which rules): before a
// request is looked at, and after it has failed. What comes over a connection waits; a datagram is
// dropped, for its client sends it again (RFC 8489 section 6.2.1), and waiting would cost memory.
#include <utility>

#include "server/base/check.h"
#include "server/turn/request.h"

namespace culvert::turn {
namespace {

using stun::AttributeType;
using stun::ErrorCode;
using stun::Message;

// How late the answer to a failing request is that is beyond a limit.
constexpr seconds kLate{1};

// A token is a user of its own: its USERNAME names a key that many share (RFC 7635 section 4.2).
std::string_view NameIn(const Message& message, bool tokens_are_taken) {
  if (tokens_are_taken) {
    if (const auto token = message.Find(AttributeType::kAccessToken)) return AsText(*token);
  }
  if (const auto username = message.Text(AttributeType::kUsername)) return *username;
  return AsText(message.Find(AttributeType::kUserhash).value_or(ByteView()));
}

}  // namespace

auth::NonceVerdict Session::NonceVerdictOf(Request& request) const {
  if (!request.nonce) {
    // Only a nonce that came by datagram is tied to an address.
    request.nonce = shared_.nonces.Check(*request.message.Text(AttributeType::kNonce),
                                         *request.message.Text(AttributeType::kRealm),
                                         path_.client.ip(), over_udp(), request.now.wall);
  }
  return *request.nonce;
}

// A connection's source is where its handshake came from; of a datagram only a nonce tells that
// was given to its source.
bool Session::IsProven(Request& request) const {
  return !over_udp() || NonceVerdictOf(request) == auth::NonceVerdict::kFresh;
}

FailureLimits::Attempt Session::AttemptOf(const Request& request) const {
  const bool tokens_are_taken = !shared_.settings.third_party_authorization.empty();
  return shared_.failures->Of(path_.client.ip(), *request.message.Text(AttributeType::kRealm),
                              NameIn(request.message, tokens_are_taken));
}

// Who has an allocation is not asked to wait on it, whatever others do in his name.
bool Session::IsOwner(const auth::Question& question) const {
  if (!allocation_ || !allocation_->credential) return false;
  return question.userhash.empty() && question.username == allocation_->credential->username;
}

bool Session::MayLook(Request& request, const auth::Question& question) {
  if (shared_.failures == nullptr || IsOwner(question)) return true;
  const FailureLimits::Attempt attempt = AttemptOf(request);
  const Instant now = request.now.instant;
  if (!IsProven(request)) {
    if (shared_.failures->MayLookAtUnproven(attempt, now)) return true;
    effects_.CountAuthLimit(AuthLimit::kNonce, question.username);
    Challenge(request, ErrorCode::kStaleNonce);
    return false;
  }
  const FailureLimits::Judgement judgement = shared_.failures->Judge(attempt, now);
  if (judgement.look_at <= now) return true;
  // Counted once, though a connection's request may be put off again.
  if (!request.held) effects_.CountAuthLimit(*judgement.beyond, question.username);
  if (!over_udp()) Hold(request, judgement.look_at, /*failed=*/false);
  return false;
}

void Session::Fail(Request& request) {
  if (shared_.failures == nullptr) return Challenge(request, ErrorCode::kUnauthenticated);
  const FailureLimits::Attempt attempt = AttemptOf(request);
  const Instant now = request.now.instant;
  if (!IsProven(request)) {
    shared_.failures->UnprovenFailed(attempt, now);
    return Challenge(request, ErrorCode::kUnauthenticated);
  }
  const std::optional<AuthLimit> beyond = shared_.failures->Judge(attempt, now).beyond;
  shared_.failures->Failed(attempt, now);
  if (!beyond || request.held) return Challenge(request, ErrorCode::kUnauthenticated);
  const auto username = request.message.Text(AttributeType::kUsername);
  effects_.CountAuthLimit(*beyond, username.value_or(std::string_view()));
  if (!over_udp()) Hold(request, now + kLate, /*failed=*/true);
}

void Session::Hold(const Request& request, Instant until, bool failed) {
  waiting_request_.assign(request.message.bytes().begin(), request.message.bytes().end());
  held_until_ = until;
  held_failed_ = failed;
}

void Session::RunHeld(const Now& now) {
  held_until_ = kNever;
  const std::vector<uint8_t> bytes = std::exchange(waiting_request_, {});
  const auto message = stun::Message::Parse(bytes);
  if (!CULVERT_CHECK("turn-held-request-parses", message.ok())) return;
  Request request = RequestOf(*message, now);
  request.held = true;
  if (std::exchange(held_failed_, false)) {
    Challenge(request, ErrorCode::kUnauthenticated);
  } else if (Authenticate(request)) {
    Serve(request);
  }
}

}  // namespace culvert::turn
