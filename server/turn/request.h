// A request on its way through the steps of a session, and the answer being written to it. Internal
// to server/turn; both live on the stack of one entry point.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "server/base/time.h"
#include "server/stun/builder.h"
#include "server/stun/message.h"
#include "server/turn/session.h"

namespace culvert::turn {

// What an Allocate asks for, as far as the checks have come.
struct Wish {
  uint8_t protocol = stun::kTransportUdp;
  Family family = Family::kIPv4;
  bool both_families = false;
  PortChoice port = PortChoice::kAny;
  std::optional<ReservationToken> token;
};

struct Session::Request {
  Request(const stun::Message& m, const Now& n, bool fingerprint, bool unproven)
      : message(m), now(n) {
    answer_to.method = m.method();
    answer_to.transaction_id = m.transaction_id();
    answer_to.fingerprint = fingerprint;
    answer_to.unproven = unproven;
  }

  const stun::Message& message;
  const Now& now;
  AnswerTo answer_to;
  Wish wish;  // of an Allocate
  // Once it was looked into.
  std::optional<auth::NonceVerdict> nonce;
  // It has waited because of a limit of failures.
  bool held = false;

  // Null unless authenticated.
  const auth::CredentialPtr& credential() const { return answer_to.credential; }
  // Empty where nobody is asked for credentials: then everybody is one subject.
  std::string_view subject() const {
    return credential() ? std::string_view(credential()->subject) : std::string_view();
  }
  const auth::Policy* policy() const { return credential() ? &credential()->policy : nullptr; }
};

struct Session::AwaitedQuota {
  AnswerTo answer_to;
  Wish wish;
};

class Session::Answer {
 public:
  explicit Answer(const AnswerTo& to)
      : attributes(buffer_, stun::Class::kSuccess, to.method, to.transaction_id), to_(to) {}
  Answer(const AnswerTo& to, stun::ErrorCode code)
      : attributes(buffer_, stun::Class::kError, to.method, to.transaction_id),
        to_(to),
        code_(static_cast<int>(code)) {
    // The phrase is for people (RFC 8489 section 14.8), and may be empty.
    if (to.unproven) {
      attributes.AddErrorCodeWithoutPhrase(code);
    } else {
      attributes.AddErrorCode(code);
    }
  }

 private:
  // Before `attributes`, which writes into it. Room for the longest realm that may be configured
  // and the longest list of unknown attributes; answers of ordinary length stay below 548 bytes.
  std::array<uint8_t, 2048> buffer_;

 public:
  stun::Builder attributes;

 private:
  friend class Session;
  const AnswerTo& to_;
  int code_ = 0;  // of an error answer
};

}  // namespace culvert::turn
