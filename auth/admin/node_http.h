// One request to a relay's admin address, and its answer. Blocks, for kNodeTimeout at most.
#pragma once

#include <string>

#include "auth/admin/trouble.h"
#include "server/base/address.h"
#include "server/base/secret_text.h"
#include "server/base/time.h"

namespace culvert::auth::admin {

inline constexpr seconds kNodeTimeout{10};

enum class NodeMethod : uint8_t { kGet, kPost };

// The body of an answer with status 200. `target`: path and query. What the relay complains about
// is the trouble.
Result<std::string, Trouble> AskNode(const Endpoint& node, NodeMethod method,
                                     const std::string& target, const SecretText& token);

}  // namespace culvert::auth::admin
