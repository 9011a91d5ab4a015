// A plug-in that was built for another version of the contract.

#include "auth/plugin.h"

extern "C" const culvert::auth::Plugin* culvert_auth_plugin() {
  static constexpr culvert::auth::Plugin kPlugin{"culvert-auth-0 gcc-4", "old", nullptr};
  return &kPlugin;
}
