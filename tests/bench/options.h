// What culvert-bench is told on its command line.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "server/base/address.h"
#include "server/base/result.h"
#include "tests/support/client_connection.h"

namespace culvert::bench {

enum class Work : uint8_t {
  kMedia,        // ChannelData between clients and UDP peers
  kBulk,         // byte streams of RFC 6062
  kAllocations,  // connect, allocate, delete, close, again and again
  kConnections,  // data connections of RFC 6062: connect, bind, close, again and again
  kIdle,         // allocations that only exist
};

enum class Protocol : uint8_t {
  kTurn,
  kBare,  // bare_protocol.h: a forwarder or proxy, whose bytes move in the same pattern
};

enum class TlsVersion : uint8_t { kAny, k12, k13 };

struct Options {
  Work work = Work::kMedia;
  testing::ClientTransport transport = testing::ClientTransport::kTls;
  Endpoint server{IpAddress::V4(127, 0, 0, 1), 3478};
  std::string user = "bench";
  std::string password = "bench";
  Protocol protocol = Protocol::kTurn;
  // Where kBare's streams come out: the target that the proxy was started with. Port 0: any.
  Endpoint peer{IpAddress::V4(127, 0, 0, 1), 0};
  TlsVersion tls_version = TlsVersion::kAny;
  // Each thread offers the TLS session it was given last.
  bool resume = false;
  // Whose processor time is measured; 0 measures none.
  int server_pid = 0;

  size_t sessions = 100;
  bool up = true;    // client to peer
  bool down = true;  // peer to client
  double seconds = 5;
  double warm_up_seconds = 0.5;

  // kMedia
  size_t payload = 160;  // bytes of one packet
  // Packets per second of each session and direction; 0 saturates.
  double rate = 0;
  // Saturated: most packets of one session and direction that are under way.
  size_t window = 80;
  // Most packets that are sent at once: frames of one TLS record, datagrams of one UDP train.
  size_t batch = 40;
  // Trains of UDP datagrams leave as one UDP_SEGMENT send; otherwise as many by sendmmsg.
  bool gso = true;
  // Our own UDP sockets take coalesced trains, which spares the sender their receive path.
  bool gro = false;

  // Sparse: after the quiet window a second one, in which so many clients a second come and go; 0
  // for none. What they do: storm.h.
  double storm_rate = 0;
  size_t storm_users = 0;

  // kAllocations, kConnections: that many clients at the same time.
  size_t parallel = 16;
};

const char* WorkName(Work work);

// Accepts --name=value, --name value, and one dash as well. The failure is a sentence for the user.
Result<Options, std::string> ParseOptions(const std::vector<std::string>& arguments);
// One line per option.
std::string OptionsHelp();

}  // namespace culvert::bench
