#include "tests/bench/bulk_stream.h"

#include <cstring>
#include <utility>
#include <vector>

namespace culvert::bench {
namespace {

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

BulkStream::BulkStream(Poller& poller, StreamPath path)
    : path_(std::move(path)),
      client_end_(poller, StreamIo(path_.data.fd(), path_.data.ssl()), up_, down_),
      peer_end_(poller, StreamIo(path_.peer.get(), nullptr), down_, up_) {}

void BulkStream::StartSending(bool up, bool down) {
  if (up) client_end_.StartSending();
  if (down) peer_end_.StartSending();
}

void BulkStream::StopSending() {
  client_end_.StopSending();
  peer_end_.StopSending();
}

}  // namespace culvert::bench
