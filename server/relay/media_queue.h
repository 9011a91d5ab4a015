// What waits for a TCP or TLS client whose connection is blocked. Media must not grow old:
// datagrams are bounded in bytes and age, the oldest go first. Replies are never dropped; the
// connection stops reading requests instead.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "server/base/time.h"
#include "server/relay/out_frame.h"

namespace culvert::relay {

class MediaQueue {
 public:
  struct Dropped {
    uint64_t full = 0;
    uint64_t aged = 0;
  };

  // Copies `frame`. Makes room by dropping the oldest datagrams once more than `limit` bytes of
  // them wait.
  void Push(const OutFrame& frame, bool reply, Instant now, size_t limit, Dropped* dropped);
  // Takes whole messages from the front, up to `most` bytes (at least one message), leaving out
  // datagrams that have waited longer than `max_age`.
  std::vector<uint8_t> Pop(size_t most, Instant now, Duration max_age, Dropped* dropped);

  bool empty() const { return items_.empty(); }
  size_t bytes() const { return media_bytes_ + reply_bytes_; }
  size_t reply_bytes() const { return reply_bytes_; }

 private:
  struct Item {
    Instant queued;
    bool reply;
    std::vector<uint8_t> bytes;
  };
  void DropOldest(Dropped* dropped);
  void Uncount(const Item& item) {
    (item.reply ? reply_bytes_ : media_bytes_) -= item.bytes.size();
  }

  std::deque<Item> items_;
  size_t media_bytes_ = 0;
  size_t reply_bytes_ = 0;
};

}  // namespace culvert::relay
