// From what Redis holds about a user to the provider's answer. No I/O.
//
// The first of these that knows the user decides: a SIP Digest record, a GBA record (only for names
// of the shape of a B-TID), coturn's key, coturn's secrets (only for names of the shape of a TURN
// REST name). A record that cannot be read knows the user, too, and lets nobody in: the next one
// would not know that the user is barred.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/contract.h"
#include "auth/gba.h"
#include "server/redis/reply.h"

namespace culvert::auth {

struct RedisUserSettings {
  // The FQDN that UEs know this NAF by, where the realm does not name it; empty: unknown.
  std::string gba_naf;
  UaId gba_ua = kHttpDigestUa;
  char rest_separator = ':';  // of TURN REST names
  // What the operator promises of all users.
  bool userhash = false;  // each has culvert/userhash/<hex>
  bool sha256 = false;    // each has ha1-sha256, or comes with GBA or a TURN REST name
  bool impu = false;      // a USERNAME may be an IMPU, which culvert/impu/<IMPU> maps
};

struct AskedUser {
  std::string username;  // what the credential is for
  std::string account;   // what Redis knows the user by: the IMPI of an IMPU, else the same
  std::string realm;
  std::optional<UserHash> userhash;  // set where the question came with it
  Now now;
};

// Nil where the key does not exist or was not asked for; an error where it is of another type.
struct UserReplies {
  redis::Reply digest;
  redis::Reply gba;
  redis::Reply key;
  redis::Reply secrets;
  // Of the realm, from coturn's schema.
  redis::Reply user_quota;
  redis::Reply total_quota;
  redis::Reply max_bps;
  redis::Reply allowed_peers;
  redis::Reply denied_peers;
  // How many keys there are at all.
  redis::Reply database_size;
};

// Something for the operator to know about a key. Holds no value.
struct Finding {
  std::string key;
  std::string what;
  bool bad = true;  // false: in order, only worth a line
};

// What holds for the realm. A limit that cannot be read leaves the server's own in force, as in
// coturn.
Policy RealmPolicyFrom(std::string_view realm, const UserReplies& replies,
                       std::vector<Finding>* findings);

// A user whom nothing knows in a database without any key is kProviderDown: such a database has
// lost its data, and those users will be known again.
Answer AnswerFrom(const AskedUser& asked, const UserReplies& replies,
                  const RedisUserSettings& settings, std::vector<Finding>* findings);

}  // namespace culvert::auth
