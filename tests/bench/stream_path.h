// A byte stream from a client to a TCP peer through the server: a data connection of RFC 6062, or
// what a proxy with one fixed target makes of a connection (--protocol=bare).
#pragma once

#include <optional>
#include <string>

#include "server/net/fd.h"
#include "tests/bench/options.h"
#include "tests/support/turn_client.h"

namespace culvert::bench {

struct StreamPath {
  std::optional<testing::TurnClient> control;  // of TURN; the path ends with it
  testing::ClientConnection data;
  net::Fd peer;  // accepted, does not block
};

// The listening socket of a proxy's target: options.peer. Invalid, and errno, on failure.
net::Fd ListenAsTarget(const Options& options);

// Waits until the path is open. A path of TURN gets an allocation and a listening peer of its own;
// `target` is for bare ones, all of which it may serve. The failure is a sentence.
Result<StreamPath, std::string> OpenStreamPath(const Options& options, const net::Fd& target);

// A connection that `listener` gets within 5 seconds; invalid, and errno, if there is none.
net::Fd AcceptWithin5Seconds(const net::Fd& listener);
// Listens on `*address`; where its port is 0 the kernel's choice is written there.
net::Fd ListenOn(Endpoint* address, int backlog);

}  // namespace culvert::bench
