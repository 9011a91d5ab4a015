// PASSWORD-ALGORITHMS and PASSWORD-ALGORITHM (RFC 8489 sections 14.11, 14.12): which hash makes the
// long-term key, announced with each challenge, repeated and chosen by the client. Repeating it
// under integrity is what keeps somebody on the way from striking the better one off the list.
#pragma once

#include "auth/nonce.h"
#include "server/base/bytes.h"
#include "server/stun/message.h"
#include "server/stun/protocol.h"

namespace culvert::turn {

// The value of PASSWORD-ALGORITHMS for a nonce with these features, best first (RFC 8656 section 6
// wants SHA-256 taken where it is offered). Lives for ever.
ByteView PasswordAlgorithms(const auth::SecurityFeatures& features);

// Step 3 of RFC 8489 section 9.2.4, by what the request's own nonce announced: a client knows both
// attributes or neither, repeats the list to the byte, and chooses from it. A nonce of another form
// is found out in step 6; it announced nothing.
bool KeepsToPasswordAlgorithms(const stun::Message& message);

// MD5 where the client did not choose.
stun::PasswordAlgorithm ChosenPasswordAlgorithm(const stun::Message& message);

}  // namespace culvert::turn
