// Data connections of RFC 6062: Connect to a listening peer, connect, ConnectionBind, close, until
// the peer sees the end; all over one allocation. With --protocol=bare: connect, a byte each way to
// and from the peer, close.
#pragma once

#include "server/net/fd.h"
#include "tests/bench/cycle_load.h"

namespace culvert::bench {

// `target` of ListenAsTarget() is for --protocol=bare, and shared by all cycles.
Result<std::unique_ptr<Cycle>, std::string> MakeConnectionCycle(const Options& options,
                                                                const net::Fd& target);

}  // namespace culvert::bench
