#include "tests/scenario/peers.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "server/net/socket.h"
#include "tests/scenario/relay_fixture.h"

namespace culvert::testing {
namespace {

net::Fd Loopback(int type) {
  net::Fd fd(socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_storage storage;
  const socklen_t size = Endpoint(IpAddress::V4(127, 0, 0, 1), 0).ToSockaddr(&storage);
  EXPECT_EQ(bind(fd.get(), reinterpret_cast<sockaddr*>(&storage), size), 0);
  return fd;
}

bool Readable(int fd, milliseconds timeout) {
  pollfd waiting = {fd, POLLIN, 0};
  return poll(&waiting, 1, static_cast<int>(timeout.count())) > 0;
}

}  // namespace

std::vector<uint8_t> Pattern(size_t size, uint64_t seed) {
  std::vector<uint8_t> bytes(size);
  uint64_t state = seed * 0x9e3779b97f4a7c15u + 1;
  for (uint8_t& byte : bytes) {
    // xorshift64
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    byte = static_cast<uint8_t>(state >> 32);
  }
  return bytes;
}

PeerListener::PeerListener(int backlog)
    : fd_(Loopback(SOCK_STREAM)), address_(net::LocalEndpoint(fd_.get())) {
  EXPECT_EQ(listen(fd_.get(), backlog), 0);
}

ClientResult<ClientConnection> PeerListener::Accept() {
  if (!Readable(fd_.get(), kPatience)) return Failure{ClientError{ClientFailure::kTimeout}};
  sockaddr_storage storage;
  socklen_t size = sizeof storage;
  net::Fd accepted(accept4(fd_.get(), reinterpret_cast<sockaddr*>(&storage), &size, SOCK_NONBLOCK));
  if (!accepted.valid()) return Failure{ClientError{ClientFailure::kSystem, errno, "accept"}};
  source_ = Endpoint::FromSockaddr(reinterpret_cast<sockaddr*>(&storage));
  return ClientConnection::Adopt(std::move(accepted));
}

UdpPeer::UdpPeer() : fd_(Loopback(SOCK_DGRAM)), address_(net::LocalEndpoint(fd_.get())) {}

void UdpPeer::Send(const Endpoint& to, ByteView data) {
  sockaddr_storage storage;
  const socklen_t size = to.ToSockaddr(&storage);
  EXPECT_EQ(
      sendto(fd_.get(), data.data(), data.size(), 0, reinterpret_cast<sockaddr*>(&storage), size),
      static_cast<ssize_t>(data.size()));
}

UdpPeer::Datagram UdpPeer::Receive(milliseconds timeout) {
  Datagram datagram;
  if (!Readable(fd_.get(), timeout)) return datagram;
  datagram.data.resize(65536);
  sockaddr_storage storage;
  socklen_t size = sizeof storage;
  const ssize_t got = recvfrom(fd_.get(), datagram.data.data(), datagram.data.size(), 0,
                               reinterpret_cast<sockaddr*>(&storage), &size);
  datagram.arrived = got >= 0;
  datagram.data.resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
  if (datagram.arrived) {
    datagram.from = Endpoint::FromSockaddr(reinterpret_cast<sockaddr*>(&storage));
  }
  return datagram;
}

StreamRest ReadToEnd(ClientConnection& stream) {
  StreamRest rest{{}, ClientFailure::kTimeout};
  std::vector<uint8_t> piece(256 * 1024);
  for (;;) {
    const auto got = stream.Receive(piece, kPatience);
    if (!got) {
      rest.end = got.error().failure;
      return rest;
    }
    rest.bytes.insert(rest.bytes.end(), piece.begin(),
                      piece.begin() + static_cast<ptrdiff_t>(*got));
  }
}

std::string Difference(ByteView got, ByteView expected) {
  const size_t both = std::min(got.size(), expected.size());
  const auto at = static_cast<size_t>(
      std::mismatch(got.begin(), got.begin() + static_cast<ptrdiff_t>(both), expected.begin())
          .first -
      got.begin());
  if (at < both) return "byte " + std::to_string(at) + " differs";
  if (got.size() == expected.size()) return "";
  return std::to_string(got.size()) + " bytes came, not " + std::to_string(expected.size());
}

std::string Difference(ClientConnection& stream, ByteView expected) {
  std::vector<uint8_t> got(expected.size());
  const auto done = stream.ReceiveAll(got, kPatience);
  if (!done) return done.error().ToString();
  return Difference(got, expected);
}

BackgroundSend::BackgroundSend(ClientConnection& stream, ByteView bytes)
    : thread_([this, &stream, bytes] { sent_ = stream.Send(bytes, kPatience * 2).ok(); }) {}

bool BackgroundSend::Finish() {
  if (thread_.joinable()) thread_.join();
  return sent_;
}

ClientResult<Path> OpenPath(TurnClient& control, PeerListener& listener) {
  const auto id = control.ConnectToPeer(listener.address());
  if (!id) return Failure{id.error()};
  auto peer = listener.Accept();
  if (!peer) return Failure{peer.error()};
  auto client = control.BindDataConnection(*id);
  if (!client) return Failure{client.error()};
  return Path{std::move(*client), std::move(*peer)};
}

}  // namespace culvert::testing
