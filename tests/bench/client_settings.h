// How the load's clients connect: transport, TLS version, sessions to resume.
#pragma once

#include <openssl/ssl.h>

#include "tests/bench/options.h"
#include "tests/support/client_connection.h"

namespace culvert::bench {

// Settings for a client of the calling thread. With options.resume they offer the session that this
// thread's connections were given last, if there is one: such settings are for one connection. The
// session stays valid until the thread's next connection reads.
//
// The TLS context checks no certificate and reads many records with one system call, so that the
// generator stays cheaper than the server. All calls of a process pass the same options.
testing::ConnectionSettings ClientSettings(const Options& options);

// Of the whole of 127.0.0.0/8 another source address each time where the server is on loopback: a
// server may remember an address and port for a while after its allocation is gone (RFC 8656
// section 7.2 has it answer 437), and the ports of one address are soon used up.
std::optional<IpAddress> NextSource(const Endpoint& server);

// True when the server took up the session that was offered.
bool IsResumed(const testing::ClientConnection& connection);

}  // namespace culvert::bench
