// Sessions as their operator sees them.
#pragma once

#include "server/observe/session_facts.h"
#include "server/relay/client_session.h"

namespace culvert::relay {

// False for a session without an allocation. On its worker, as the next.
bool Takes(const observe::SessionFilter& filter, const ClientSession& session);

// REQUIRES: it has an allocation.
observe::SessionFacts FactsOf(const ClientSession& session, Instant now);

}  // namespace culvert::relay
