// The peer's side of a media path: a UDP socket of its own, as an allocation has one.
#pragma once

#include <netinet/in.h>

#include "server/net/fd.h"
#include "tests/bench/bare_protocol.h"

namespace culvert::bench {

// Connected to the peer that `hello` names; `answer` gets its own address. Invalid on failure.
net::Fd OpenRelay(const Endpoint& peer, Hello* answer);

}  // namespace culvert::bench
