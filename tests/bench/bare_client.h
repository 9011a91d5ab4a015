// The client's side of bare_protocol.h; every call waits for its answer.
#pragma once

#include "tests/support/client_connection.h"

namespace culvert::bench {

// Names the peer; returns the relayed address. REQUIRES: `peer` is IPv4.
testing::ClientResult<Endpoint> OpenBarePath(testing::ClientConnection& connection,
                                             const Endpoint& peer);

// One small message and its answer: what is least that a connection is good for.
testing::ClientResult<Ok> GreetBare(testing::ClientConnection& connection);

}  // namespace culvert::bench
