// The way from a client to a peer through the server, set up and ready for packets: an allocation
// with a bound channel, or a path of bare_protocol.h.
#pragma once

#include <string>

#include "server/net/fd.h"
#include "tests/bench/options.h"
#include "tests/support/client_connection.h"

namespace culvert::bench {

struct MediaPath {
  testing::ClientConnection client;
  net::Fd peer;  // UDP, connected to the relayed address
};

// Waits until the path is open. The failure is a sentence.
Result<MediaPath, std::string> OpenMediaPath(const Options& options, uint16_t channel);

}  // namespace culvert::bench
