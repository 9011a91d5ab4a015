// Limits and peers of a realm, and the origins that lead to it: coturn's records.
#pragma once

#include <map>
#include <string>

#include "auth/admin/workplace.h"

namespace culvert::auth::admin {

// Sets what the request names and leaves the rest. A limit of 0 is removed, as in turnadmin.
Done AddRealm(Workplace& place);
Done ShowRealm(Workplace& place);
Done ListRealms(Workplace& place);
// What the request names; else all limits, peers and origins, but no user and no secret.
Done DeleteRealm(Workplace& place);

// Origin to realm; with a realm its own alone.
using Origins = std::map<std::string, std::string>;
Result<Origins, Trouble> OriginsOf(Workplace& place, const std::string& realm);

// As turnadmin writes it: small letters, and the port of the scheme where none is given.
std::string CanonicalOrigin(std::string_view origin);

inline constexpr const char* kRealmLimits[] = {"user-quota", "total-quota", "max-bps"};

}  // namespace culvert::auth::admin
