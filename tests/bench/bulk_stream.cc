#include "tests/bench/bulk_stream.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "server/stun/protocol.h"

namespace culvert::bench {
namespace {

using testing::ClientError;
using testing::TurnClient;

// No power of two: bytes that are lost in blocks do not go unnoticed.
constexpr size_t kPeriod = 64507;
constexpr int kWritesPerTurn = 4;
// After so many reads in a row it is the writing's turn: a fast sender must not silence our own.
constexpr int kReadsPerWriting = 16;

std::vector<uint8_t> MakePattern() {
  std::vector<uint8_t> bytes(kPeriod + kBulkChunk);
  uint32_t state = 1;
  for (size_t i = 0; i < kPeriod; ++i) {
    state = state * 1664525 + 1013904223;
    bytes[i] = static_cast<uint8_t>(state >> 24);
  }
  for (size_t i = kPeriod; i < bytes.size(); ++i) bytes[i] = bytes[i - kPeriod];
  return bytes;
}

Failure<std::string> Because(const char* step, const ClientError& error) {
  return Failure{std::string(step) + ": " + error.ToString()};
}

Failure<std::string> SystemFailure(const char* step) {
  return Failure{std::string(step) + ": " + std::strerror(errno)};
}

// A listening TCP socket of its own for each stream: an allocation may connect to an address once.
net::Fd Listen(const IpAddress& ip, Endpoint* address) {
  sockaddr_storage storage{};
  socklen_t size = Endpoint(ip, 0).ToSockaddr(&storage);
  auto* const raw = reinterpret_cast<sockaddr*>(&storage);
  net::Fd fd(socket(raw->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid() || bind(fd.get(), raw, size) < 0 || listen(fd.get(), 1) < 0) return net::Fd();
  size = sizeof storage;
  getsockname(fd.get(), raw, &size);
  *address = Endpoint::FromSockaddr(raw);
  return fd;
}

IpAddress LoopbackLike(const IpAddress& ip) {
  return ip.is_v4() ? IpAddress::V4(127, 0, 0, 1) : *IpAddress::Parse("::1");
}

}  // namespace

BulkCounts& BulkCounts::operator+=(const BulkCounts& other) {
  sent += other.sent;
  delivered += other.delivered;
  corrupt += other.corrupt;
  return *this;
}

ByteView BulkBytes(uint64_t offset) {
  static const std::vector<uint8_t> pattern = MakePattern();
  return ByteView(pattern).subspan(offset % kPeriod, kBulkChunk);
}

BulkEnd::BulkEnd(Poller& poller, StreamIo io, BulkCounts& outgoing, BulkCounts& incoming)
    : poller_(poller), io_(io), outgoing_(outgoing), incoming_(incoming) {
  poller_.Add(io_.fd(), this);
}

void BulkEnd::StartSending() {
  sending_ = true;
  poller_.WatchWriting(io_.fd(), this, true);
}

void BulkEnd::StopSending() {
  if (sending_ && !ended_) poller_.WatchWriting(io_.fd(), this, false);
  sending_ = false;
}

void BulkEnd::OnWritable() {
  for (int i = 0; i < kWritesPerTurn && sending_ && !ended_; ++i) {
    const IoResult written = io_.Write(BulkBytes(outgoing_.sent));
    if (written.state == IoState::kEnded) return End();
    if (written.state == IoState::kWouldBlock) return;
    outgoing_.sent += written.size;
  }
}

void BulkEnd::OnReadable() {
  static thread_local std::vector<uint8_t> room(kBulkChunk);
  // Until the socket is dry: TLS may hold records that epoll does not see.
  for (int reads = 1; !ended_; ++reads) {
    const IoResult read = io_.Read(room);
    if (read.state == IoState::kWouldBlock) return;
    if (read.state == IoState::kEnded) return End();
    Check(ByteView(room).first(read.size));
    if (reads % kReadsPerWriting == 0) OnWritable();
  }
}

void BulkEnd::Check(ByteView bytes) {
  const ByteView expected = BulkBytes(incoming_.delivered);
  if (std::memcmp(bytes.data(), expected.data(), bytes.size()) != 0) ++incoming_.corrupt;
  incoming_.delivered += bytes.size();
}

void BulkEnd::End() {
  if (ended_) return;
  ended_ = true;
  poller_.Remove(io_.fd());
}

Result<std::unique_ptr<BulkStream>, std::string> BulkStream::Open(const Options& options,
                                                                  Poller& poller) {
  testing::ConnectionSettings settings;
  settings.transport = options.transport;
  settings.server = options.server;
  settings.tls = LoadTlsContext();
  auto control = TurnClient::Connect(settings, {options.user, options.password});
  if (!control) return Because("connecting", control.error());
  const auto allocation = control->Allocate({.transport = stun::kTransportTcp});
  if (!allocation) return Because("allocating", allocation.error());

  Endpoint peer_address;
  const net::Fd listener = Listen(LoopbackLike(allocation->relayed.ip()), &peer_address);
  if (!listener.valid()) return SystemFailure("peer's listening socket");
  const auto id = control->ConnectToPeer(peer_address);
  if (!id) return Because("connecting to the peer", id.error());
  net::Fd peer(accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!peer.valid()) return SystemFailure("accepting the relay's connection");
  auto data = control->BindDataConnection(*id);
  if (!data) return Because("binding the data connection", data.error());
  return std::unique_ptr<BulkStream>(
      new BulkStream(poller, std::move(*control), std::move(*data), std::move(peer)));
}

BulkStream::BulkStream(Poller& poller, TurnClient control, testing::ClientConnection data,
                       net::Fd peer)
    : control_(std::move(control)),
      data_(std::move(data)),
      peer_(std::move(peer)),
      client_end_(poller, StreamIo(data_.fd(), data_.ssl()), up_, down_),
      peer_end_(poller, StreamIo(peer_.get(), nullptr), down_, up_) {}

void BulkStream::StartSending(bool up, bool down) {
  if (up) client_end_.StartSending();
  if (down) peer_end_.StartSending();
}

void BulkStream::StopSending() {
  client_end_.StopSending();
  peer_end_.StopSending();
}

}  // namespace culvert::bench
