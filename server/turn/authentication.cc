// The long-term credential mechanism on the server's side (RFC 8489 section 9.2.4), step by step:
// the order of its checks can be observed from outside.
//
// Announced today: MESSAGE-INTEGRITY over the MD5 key, no PASSWORD-ALGORITHMS, no anonymous names.
// So a request that carries only MESSAGE-INTEGRITY-SHA256 is one whose integrity nobody can know:
// 401.
#include <array>
#include <optional>
#include <string_view>

#include "server/stun/integrity.h"
#include "server/turn/request.h"

namespace culvert::turn {
namespace {

using stun::AttributeType;
using stun::ErrorCode;
using stun::IntegrityKind;
using stun::Message;

// What nonces and answers announce (RFC 8489 section 18.1).
constexpr auth::SecurityFeatures kFeatures{};

// Section 9.2.4 step 5: of both attributes only MESSAGE-INTEGRITY-SHA256 counts.
std::optional<IntegrityKind> KindToVerify(const Message& message) {
  if (!message.Has(AttributeType::kMessageIntegrity)) return std::nullopt;
  return message.Has(AttributeType::kMessageIntegritySha256) ? IntegrityKind::kSha256
                                                             : IntegrityKind::kSha1;
}

// The key that the message verifies under, pointing into `credential`; empty if none does. The
// hash of the HMAC and the hash of the key are independent (section 14.6).
ByteView VerifyingKey(const Message& message, const auth::Credential& credential) {
  const auto kind = KindToVerify(message);
  if (!kind) return {};
  const auth::IntegrityKeys* keys = credential.FirstKeysThat([&](const auth::IntegrityKeys& k) {
    return k.md5.has_value() && stun::VerifyIntegrity(message, *kind, *k.md5);
  });
  return keys ? ByteView(*keys->md5) : ByteView();
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

bool HasIdentity(const Message& message) {
  const auto username = message.Text(AttributeType::kUsername);
  return username && username->size() <= stun::kMaxUsernameSize &&
         message.Has(AttributeType::kRealm) && message.Has(AttributeType::kNonce);
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
  // Step 2: integrity of whom? 400, without any of realm, nonce, integrity.
  if (!HasIdentity(message)) {
    Refuse(request.answer_to, ErrorCode::kBadRequest);
    return false;
  }
  // Step 4: the user is one of our realm, known from the last request or looked up.
  if (message.Text(AttributeType::kRealm) != shared_.settings.realm) {
    Challenge(request, ErrorCode::kUnauthenticated);
    return false;
  }
  const std::string_view username = *message.Text(AttributeType::kUsername);
  if (credential_ && credential_->username == username && credential_->expiry > request.now.wall) {
    return Verify(request, credential_);
  }
  const auto found = effects_.LookUp(
      {username, shared_.settings.realm, path_.client, path_.server, message.method()});
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
    Challenge(request, ErrorCode::kUnauthenticated);
    return false;
  }
  // Step 5: integrity, under any key the user may still hold.
  const auth::CredentialPtr& credential = *found;
  const ByteView key = VerifyingKey(request.message, *credential);
  if (key.empty()) {
    effects_.CountAuth(AuthResult::kWrongIntegrity);
    Challenge(request, ErrorCode::kUnauthenticated);
    return false;
  }
  // Step 6: the nonce comes last. A foreign one is no worse than an old one: 438 has the client
  // retry, 401 would not (section 9.2.5). Only a nonce that came by datagram is tied to an address.
  const auto nonce = request.message.Text(AttributeType::kNonce);
  const bool over_udp = path_.transport == Transport::kUdp;
  if (shared_.nonces.Check(*nonce, shared_.settings.realm, path_.client.ip(), over_udp,
                           request.now.wall) != auth::NonceVerdict::kFresh) {
    effects_.CountAuth(AuthResult::kStaleNonce);
    Challenge(request, ErrorCode::kStaleNonce);
    return false;
  }
  effects_.CountAuth(AuthResult::kOk);
  credential_ = credential;
  // Section 9.2.4, end: without PASSWORD-ALGORITHMS the answer carries MESSAGE-INTEGRITY.
  request.answer_to.credential = credential;
  request.answer_to.kind = IntegrityKind::kSha1;
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

void Session::Challenge(const Request& request, ErrorCode code) {
  std::array<char, auth::NonceSealer::kSize> nonce;
  const IpAddress* bind_to = path_.transport == Transport::kUdp ? &path_.client.ip() : nullptr;
  shared_.nonces.Issue(shared_.settings.realm, kFeatures, bind_to, request.now.wall,
                       ++shared_.nonce_counter, &nonce);
  Answer answer(request.answer_to, code);
  answer.attributes.AddText(AttributeType::kRealm, shared_.settings.realm);
  answer.attributes.AddText(AttributeType::kNonce, {nonce.data(), nonce.size()});
  Send(answer);
}

}  // namespace culvert::turn
