// How failed authentications are limited, without a lock-out that a stranger can cause.
//
// Only looking at a request tells a right key from a wrong one, so whoever bounds guessing also
// turns away some who have the right key. This is how it hurts strangers only:
//
//   source and user   10 failures, then one request a second is looked at, of this user from this
//                     source; of other users, or from elsewhere, everything is.
//   user, source      beyond their limits a new pair of source and user gets one request looked at,
//                     then one in 10 s; the answers to failing ones are withheld, or come late.
//   acquaintances     where the user has come from with the right key in the last hour he is always
//                     looked at: only answers to failing requests are withheld or late.
//   nonce             a datagram without a nonce that was given to its source proves nothing, so it
//                     charges nobody above: for its source such ones are counted apart, and beyond
//                     the limit they are told to take a new nonce (438) without being looked at.
//
// A source is an IPv4 address or an IPv6 /64. Memory is fixed. One per worker.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "server/base/address.h"
#include "server/base/keyed_hash.h"
#include "server/base/time.h"
#include "server/turn/acquaintances.h"
#include "server/turn/debt_table.h"
#include "server/turn/effects.h"

namespace culvert::turn {

struct FailureRates {
  uint32_t per_source = 10;  // failures a second; 0: no limit
  uint32_t per_user = 10;    // failures a minute; 0: no limit, nor one of source and user
};

class FailureLimits {
 public:
  // What is known of one who authenticates. `name` is USERNAME, or the bytes of USERHASH.
  class Attempt {
   public:
    Attempt(const HashKey& key, const IpAddress& source, std::string_view realm,
            std::string_view name);

   private:
    friend class FailureLimits;
    uint64_t source_;
    uint64_t user_;
    uint64_t pair_;
  };

  struct Judgement {
    // When the request may be looked at: `now`, or later.
    Instant look_at;
    // Set: it is beyond this limit; if it fails it gets no answer, or a late one.
    std::optional<AuthLimit> beyond;
  };

  // `acquaintances` outlive this.
  FailureLimits(const FailureRates& rates, Acquaintances& acquaintances)
      : rates_(rates), acquaintances_(acquaintances) {}

  Attempt Of(const IpAddress& source, std::string_view realm, std::string_view name) const {
    return {acquaintances_.key(), source, realm, name};
  }

  // --- requests whose source is proven: over a connection, or with a nonce that was given to it
  Judgement Judge(const Attempt& attempt, Instant now) const;
  void Failed(const Attempt& attempt, Instant now);
  void Succeeded(const Attempt& attempt, Instant now) {
    acquaintances_.Remember(attempt.pair_, now);
  }

  // --- datagrams that prove nothing
  bool MayLookAtUnproven(const Attempt& attempt, Instant now) const;
  void UnprovenFailed(const Attempt& attempt, Instant now);

 private:
  std::optional<AuthLimit> Pressure(const Attempt& attempt, Instant now) const;

  const FailureRates rates_;
  Acquaintances& acquaintances_;
  DebtTable sources_;
  DebtTable users_;
  DebtTable pairs_;
  DebtTable unproven_;  // by source
};

}  // namespace culvert::turn
