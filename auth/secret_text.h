// Passwords and shared secrets under this room's name; see server/base/secret_text.h.
#pragma once

#include "server/base/secret_text.h"

namespace culvert::auth {

using culvert::SecretText;
using culvert::Wipe;

}  // namespace culvert::auth
