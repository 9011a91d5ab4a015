// Shared secrets of the TURN REST API, a set for each realm (turn/realm/<realm>/secret, coturn's).
#pragma once

#include "auth/admin/workplace.h"

namespace culvert::auth::admin {

Done AddSecret(Workplace& place);
// How many there are, and with --secrets which.
Done ShowSecrets(Workplace& place);
// Which realms have how many.
Done ListSecrets(Workplace& place);
// One, or with --all every one of the realm.
Done DeleteSecret(Workplace& place);

// Sorted, as the relay has them. May be none.
Result<std::vector<std::string>, Trouble> SecretsOf(Workplace& place, const std::string& realm);

}  // namespace culvert::auth::admin
