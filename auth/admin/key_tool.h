// key and credential: computations alone. What they print is secret, and is what they were asked
// for.
#pragma once

#include "auth/admin/workplace.h"

namespace culvert::auth::admin {

// The long-term keys of a user, and the USERHASH.
Done PrintUserKeys(Workplace& place);
// Ks_NAF of a bootstrapping, and the password that follows from it.
Done PrintGbaKeys(Workplace& place);
// A user who is welcome until a date, in the form of the TURN REST API
// (draft-uberti-behave-turn-rest section 2.2).
Done PrintCredential(Workplace& place);

}  // namespace culvert::auth::admin
