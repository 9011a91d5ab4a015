// culvert-forwarder: moves the bytes of a relay in a relay's pattern, and does nothing else that a
// relay does. What it takes is the limit that a relay on this machine can come near.
//
//     culvert-forwarder --port=P --tls-port=P --stream-port=P --tls-stream-port=P
//                       --peer=ADDRESS:PORT --cert=FILE --pkey=FILE
//
// Listens on 127.0.0.1: media over UDP and TCP on `port`, over TLS on `tls-port`; byte streams to
// the one peer on the others. How a path is opened: bare_protocol.h. One thread. Ends by signal.
#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "server/base/address.h"
#include "tests/bench/forwarder/acceptor.h"
#include "tests/bench/forwarder/plain_relay.h"
#include "tests/bench/forwarder/stream_media.h"
#include "tests/bench/forwarder/tls_relay.h"
#include "tests/bench/forwarder/udp_media.h"

namespace {

using culvert::Endpoint;
using culvert::net::Fd;
using namespace culvert::bench;  // NOLINT: the program is that room

using Arguments = std::map<std::string, std::string>;

// --name=value each. Exits when one has another shape or is missing.
Arguments ParseArguments(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const size_t equals = argument.find('=');
    if (argument.starts_with("--") && equals != std::string::npos)
      arguments[argument.substr(2, equals - 2)] = argument.substr(equals + 1);
  }
  for (const char* name :
       {"port", "tls-port", "stream-port", "tls-stream-port", "peer", "cert", "pkey"}) {
    if (arguments.count(name) > 0) continue;
    std::fprintf(stderr, "culvert-forwarder: --%s=... is missing\n", name);
    std::exit(2);
  }
  return arguments;
}

uint16_t PortOf(const Arguments& arguments, const char* name) {
  return static_cast<uint16_t>(std::atoi(arguments.at(name).c_str()));
}

void RaiseOpenFiles() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments = ParseArguments(argc, argv);
  std::signal(SIGPIPE, SIG_IGN);
  RaiseOpenFiles();
  SSL_CTX* const tls =
      MakeServerContext(arguments.at("cert").c_str(), arguments.at("pkey").c_str());
  const auto peer = Endpoint::Parse(arguments.at("peer"));
  if (tls == nullptr || !peer || !peer->ip().is_v4()) {
    std::fprintf(stderr, "culvert-forwarder: bad certificate, key or peer\n");
    return 2;
  }
  sockaddr_storage storage{};
  peer->ToSockaddr(&storage);
  const sockaddr_in target = *reinterpret_cast<sockaddr_in*>(&storage);

  World world;
  const UdpMedia udp(world, PortOf(arguments, "port"));
  const Acceptor tcp_media(world.poller, PortOf(arguments, "port"),
                           [&](Fd fd) { StreamMedia::Start(world, std::move(fd), nullptr); });
  const Acceptor tls_media(world.poller, PortOf(arguments, "tls-port"),
                           [&](Fd fd) { StreamMedia::Start(world, std::move(fd), tls); });
  const Acceptor tcp_stream(world.poller, PortOf(arguments, "stream-port"),
                            [&](Fd fd) { PlainRelay::Start(world, std::move(fd), target); });
  const Acceptor tls_stream(world.poller, PortOf(arguments, "tls-stream-port"),
                            [&](Fd fd) { TlsRelay::Start(world, std::move(fd), tls, target); });
  if (!udp.valid() || !tcp_media.valid() || !tls_media.valid() || !tcp_stream.valid() ||
      !tls_stream.valid()) {
    std::perror("culvert-forwarder: listening");
    return 1;
  }
  world.RunForever();
}
