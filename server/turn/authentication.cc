// The long-term credential mechanism on the server's side (RFC 8489 section 9.2.4), step by step:
// the order of its checks can be observed from outside. Access tokens (RFC 7635) go the same way:
// they only bring their key with them.
#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "server/stun/integrity.h"
#include "server/turn/password_algorithms.h"
#include "server/turn/request.h"

namespace culvert::turn {
namespace {

using stun::AttributeType;
using stun::ErrorCode;
using stun::IntegrityKind;
using stun::Message;
using stun::PasswordAlgorithm;

// Section 9.2.4 step 5: of both attributes only MESSAGE-INTEGRITY-SHA256 counts.
IntegrityKind KindToVerify(const Message& message) {
  return message.Has(AttributeType::kMessageIntegritySha256) ? IntegrityKind::kSha256
                                                             : IntegrityKind::kSha1;
}

// Section 9.2.4, end: MESSAGE-INTEGRITY-SHA256 for who has chosen a password algorithm, else
// MESSAGE-INTEGRITY. A client that was offered no choice and yet came with the former alone gets it
// back: the section does not think of it, and nothing else shows what it can verify.
IntegrityKind KindToAnswer(const Message& message) {
  if (message.Has(AttributeType::kPasswordAlgorithm)) return IntegrityKind::kSha256;
  if (message.Has(AttributeType::kMessageIntegrity)) return IntegrityKind::kSha1;
  const auto nonce = message.Text(AttributeType::kNonce);
  const bool had_choice = auth::NonceSealer::FeaturesOf(*nonce).password_algorithms;
  return had_choice ? IntegrityKind::kSha1 : IntegrityKind::kSha256;
}

ByteView KeyOf(const auth::IntegrityKeys& keys, PasswordAlgorithm algorithm) {
  if (!keys.token.empty()) return keys.token;
  if (algorithm == PasswordAlgorithm::kSha256) {
    return keys.sha256 ? ByteView(*keys.sha256) : ByteView();
  }
  return keys.md5 ? ByteView(*keys.md5) : ByteView();
}

// The key that the message verifies under, pointing into `credential`; empty if none does. The
// hash of the HMAC and the hash of the key are independent (section 14.6).
ByteView VerifyingKey(const Message& message, const auth::Credential& credential,
                      size_t least_sha256) {
  const PasswordAlgorithm algorithm = ChosenPasswordAlgorithm(message);
  const IntegrityKind kind = KindToVerify(message);
  const auth::IntegrityKeys* keys = credential.FirstKeysThat([&](const auth::IntegrityKeys& k) {
    const ByteView key = KeyOf(k, algorithm);
    return !key.empty() && stun::VerifyIntegrity(message, kind, key, least_sha256);
  });
  return keys ? KeyOf(*keys, algorithm) : ByteView();
}

AuthResult ResultOf(auth::Refusal refusal) {
  switch (refusal) {
    case auth::Refusal::kUnknownUser:
      return AuthResult::kUnknownUser;
    case auth::Refusal::kBarred:
      return AuthResult::kBarred;
    case auth::Refusal::kExpired:
      return AuthResult::kExpired;
    case auth::Refusal::kProviderDown:
      return AuthResult::kProviderDown;
  }
  return AuthResult::kUnknownUser;
}

// Section 9.2.4 step 2: a name or its hash, not both, with realm and nonce.
bool HasIdentity(const Message& message) {
  const auto username = message.Text(AttributeType::kUsername);
  const auto userhash = message.Find(AttributeType::kUserhash);
  if (username.has_value() == userhash.has_value()) return false;
  if (username && username->size() > stun::kMaxUsernameSize) return false;
  if (userhash && userhash->size() != stun::kUserhashSize) return false;
  return message.Has(AttributeType::kRealm) && message.Has(AttributeType::kNonce);
}

auth::Question QuestionOf(const Message& message, const Path& path, bool tokens_are_taken) {
  const auto token = message.Find(AttributeType::kAccessToken);
  return {message.Text(AttributeType::kUsername).value_or(std::string_view()),
          *message.Text(AttributeType::kRealm),
          path.client,
          path.server,
          message.method(),
          message.Find(AttributeType::kUserhash).value_or(ByteView()),
          tokens_are_taken ? token.value_or(ByteView()) : ByteView()};
}

// Whether the last request's credential answers this question, too. A token may be a new one, so
// it is always looked into.
bool Answers(const auth::Credential& credential, const auth::Question& question, WallTime now) {
  if (credential.expiry <= now || credential.realm != question.realm) return false;
  if (!question.access_token.empty()) return false;
  if (question.userhash.empty()) return credential.username == question.username;
  return credential.userhash && std::ranges::equal(*credential.userhash, question.userhash);
}

}  // namespace

bool Session::Authenticate(Request& request) {
  const Message& message = request.message;
  // Step 1: no integrity at all: 401 tells how to come back.
  if (!message.Has(AttributeType::kMessageIntegrity) &&
      !message.Has(AttributeType::kMessageIntegritySha256)) {
    Challenge(request, ErrorCode::kUnauthenticated);
    return false;
  }
  // Step 2: integrity of whom? Step 3: under an algorithm that was offered? 400, without any of
  // realm, nonce, integrity.
  if (!HasIdentity(message) || !KeepsToPasswordAlgorithms(message)) {
    Refuse(request.answer_to, ErrorCode::kBadRequest);
    return false;
  }
  // Step 4: the user is one of a realm of ours, known from the last request or looked up.
  const bool tokens_are_taken = !shared_.settings.third_party_authorization.empty();
  const auth::Question question = QuestionOf(message, path_, tokens_are_taken);
  if (!shared_.realms().Serves(question.realm)) {
    Challenge(request, ErrorCode::kUnauthenticated);
    return false;
  }
  if (credential_ && Answers(*credential_, question, request.now.wall)) {
    return Verify(request, credential_);
  }
  if (!MayLook(request, question)) return false;
  const auto found = effects_.LookUp(question);
  if (found) return Verify(request, *found);
  waiting_request_.assign(message.bytes().begin(), message.bytes().end());
  return false;
}

bool Session::Verify(Request& request, const auth::Answer& found) {
  if (!found.ok()) effects_.CountAuth(ResultOf(found.error()));
  // Step 4. A store out of reach is 500, for a 401 would make the client give up.
  if (!found.ok() && found.error() == auth::Refusal::kProviderDown) {
    Refuse(request.answer_to, ErrorCode::kServerError);
    return false;
  }
  if (!found.ok() || *found == nullptr || (*found)->expiry <= request.now.wall) {
    if (found.ok()) effects_.CountAuth(AuthResult::kExpired);
    Fail(request);
    return false;
  }
  const auth::CredentialPtr& credential = *found;
  // No code of the standards says that a certificate is not the user's. 403 or 441 would: but they
  // speak of requests that are authenticated, so they would tell a stranger with any certificate
  // that he has found the key. 401 tells nothing, and before the key is tried not even by its time.
  if (!effects_.IsCertified(*credential)) {
    effects_.CountAuth(AuthResult::kUncertified);
    Fail(request);
    return false;
  }
  // Step 5: integrity, under any key the user may still hold.
  const ByteView key =
      VerifyingKey(request.message, *credential, shared_.settings.least_sha256_integrity);
  if (key.empty()) {
    effects_.CountAuth(AuthResult::kWrongIntegrity);
    Fail(request);
    return false;
  }
  request.answer_to.unproven = false;
  // Step 6: the nonce comes last. A foreign one is no worse than an old one: 438 has the client
  // retry, 401 would not (section 9.2.5).
  if (NonceVerdictOf(request) != auth::NonceVerdict::kFresh) {
    effects_.CountAuth(AuthResult::kStaleNonce);
    Challenge(request, ErrorCode::kStaleNonce);
    return false;
  }
  effects_.CountAuth(AuthResult::kOk);
  if (shared_.failures != nullptr) {
    shared_.failures->Succeeded(AttemptOf(request), request.now.instant);
  }
  credential_ = credential;
  request.answer_to.credential = credential;
  request.answer_to.kind = KindToAnswer(request.message);
  request.answer_to.key = key;
  return true;
}

bool Session::OwnsAllocation(Request& request) {
  // RFC 8656 section 5: no allocation on this 5-tuple.
  if (!allocation_) {
    Refuse(request.answer_to, ErrorCode::kAllocationMismatch);
    return false;
  }
  // RFC 8656 section 5: the creator's allocation, under whatever name of his.
  if (allocation_->credential && allocation_->credential->subject != request.subject()) {
    Refuse(request.answer_to, ErrorCode::kWrongCredentials);
    return false;
  }
  return true;
}

// What the client named is what it is challenged for again (438 must not move it to another realm);
// who named nothing that is served gets the realm that fits where it came from.
std::string_view Session::RealmFor(const Request& request) const {
  const Realms& realms = shared_.realms();
  const auto named = request.message.Text(AttributeType::kRealm);
  if (named && realms.Serves(*named)) return *named;
  const auto origin = request.message.Text(AttributeType::kOrigin);
  return realms.For(origin.value_or(std::string_view()), effects_.ServerName());
}

void Session::Challenge(const Request& request, ErrorCode code) {
  const Settings& settings = shared_.settings;
  const std::string_view realm = RealmFor(request);
  std::array<char, auth::NonceSealer::kSize> nonce;
  const IpAddress* bind_to = path_.transport == Transport::kUdp ? &path_.client.ip() : nullptr;
  shared_.nonces.Issue(realm, settings.features, bind_to, request.now.wall, ++shared_.nonce_counter,
                       &nonce);
  Answer answer(request.answer_to, code);
  answer.attributes.AddText(AttributeType::kRealm, realm);
  answer.attributes.AddText(AttributeType::kNonce, {nonce.data(), nonce.size()});
  if (settings.features.password_algorithms) {
    answer.attributes.Add(AttributeType::kPasswordAlgorithms,
                          PasswordAlgorithms(settings.features));
  }
  if (!settings.third_party_authorization.empty()) {
    answer.attributes.AddText(AttributeType::kThirdPartyAuthorization,
                              settings.third_party_authorization);
  }
  Send(answer);
}

}  // namespace culvert::turn
