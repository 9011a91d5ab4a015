// culvert-uring: culvert-forwarder's UDP media on io_uring instead of epoll (docs/decisions says
// what came of it).
//
//     culvert-uring --port=P       listens on 127.0.0.1; ends by signal
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/bench/uring/ring_media.h"

int main(int argc, char** argv) {
  constexpr char kPort[] = "--port=";
  constexpr int kReceiveBuffer = 4 * 1024 * 1024;
  if (argc < 2 || std::strncmp(argv[1], kPort, sizeof kPort - 1) != 0) {
    std::fprintf(stderr, "culvert-uring: --port=... is missing\n");
    return 2;
  }
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  at.sin_port = htons(static_cast<uint16_t>(std::atoi(argv[1] + sizeof kPort - 1)));
  culvert::net::Fd front(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  setsockopt(front.get(), SOL_SOCKET, SO_RCVBUF, &kReceiveBuffer, sizeof kReceiveBuffer);
  if (bind(front.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) {
    std::perror("culvert-uring: bind");
    return 1;
  }
  culvert::bench::RingMedia media(std::move(front));
  if (!media.valid()) {
    std::perror("culvert-uring: io_uring");
    return 1;
  }
  // That it listens shows that it is ready.
  const culvert::net::Fd ready(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (bind(ready.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 ||
      listen(ready.get(), 1) != 0) {
    std::perror("culvert-uring: listen");
    return 1;
  }
  media.RunForever();
}
