// What it takes to answer a request, now or later: an RFC 6062 Connect is answered when the peer
// was, up to half a minute after the request's bytes are gone.
//
// A value; `key` points into `credential`, which it keeps alive.
#pragma once

#include "auth/contract.h"
#include "server/base/bytes.h"
#include "server/stun/integrity.h"
#include "server/stun/protocol.h"

namespace culvert::turn {

struct AnswerTo {
  stun::Method method = stun::Method::kBinding;
  stun::TransactionId transaction_id{};
  bool fingerprint = false;
  // A datagram whose sender has not shown yet that it is whom it says: what goes there may go to
  // somebody who did not ask, so it is no longer than it must be, and errors are rationed.
  bool unproven = false;

  // Set once the request is authenticated. Null leaves the answer without integrity: nothing
  // protected it yet (RFC 8489 section 9.2.4), or nobody is asked for credentials.
  auth::CredentialPtr credential;
  // The HMAC's hash follows the attribute of the answer, the key the one that the request verified
  // under.
  stun::IntegrityKind kind = stun::IntegrityKind::kSha1;
  ByteView key;
};

}  // namespace culvert::turn
