// Both ends of a byte stream through the server: endless known bytes both ways, checked where they
// arrive.
#pragma once

#include <cstdint>

#include "tests/bench/poller.h"
#include "tests/bench/stream_io.h"
#include "tests/bench/stream_path.h"

namespace culvert::bench {

struct BulkCounts {
  uint64_t sent = 0;
  uint64_t delivered = 0;
  uint64_t corrupt = 0;  // chunks that were not what was sent at that offset

  BulkCounts& operator+=(const BulkCounts& other);
};

// The bytes from `offset` on of what every sender sends: at least kBulkChunk of them.
inline constexpr size_t kBulkChunk = size_t{128} << 10;
ByteView BulkBytes(uint64_t offset);

// One end of the relayed connection. Sends into one direction and receives from the other.
class BulkEnd : public Pollable {
 public:
  BulkEnd(Poller& poller, StreamIo io, BulkCounts& outgoing, BulkCounts& incoming);

  void StartSending();
  void StopSending();
  bool ended() const { return ended_; }
  void OnReadable() override;
  void OnWritable() override;

 private:
  void Check(ByteView bytes);
  void End();

  Poller& poller_;
  const StreamIo io_;
  BulkCounts& outgoing_;
  BulkCounts& incoming_;
  bool sending_ = false;
  bool ended_ = false;
};

class BulkStream {
 public:
  BulkStream(Poller& poller, StreamPath path);

  void StartSending(bool up, bool down);
  void StopSending();
  const BulkCounts& up() const { return up_; }
  const BulkCounts& down() const { return down_; }
  bool ended() const { return client_end_.ended() || peer_end_.ended(); }

 private:
  StreamPath path_;
  BulkCounts up_;
  BulkCounts down_;
  BulkEnd client_end_;
  BulkEnd peer_end_;
};

}  // namespace culvert::bench
