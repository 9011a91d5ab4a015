#include "server/relay/media_queue.h"

#include <algorithm>

namespace culvert::relay {

void MediaQueue::Push(const OutFrame& frame, bool reply, Instant now, size_t limit,
                      Dropped* dropped) {
  Item item{now, reply, {}};
  item.bytes.reserve(frame.size());
  item.bytes.insert(item.bytes.end(), frame.head.begin(), frame.head.end());
  item.bytes.insert(item.bytes.end(), frame.body.begin(), frame.body.end());
  item.bytes.insert(item.bytes.end(), frame.padding, 0);
  (reply ? reply_bytes_ : media_bytes_) += item.bytes.size();
  items_.push_back(std::move(item));
  while (media_bytes_ > limit) DropOldest(dropped);
}

void MediaQueue::DropOldest(Dropped* dropped) {
  const auto oldest =
      std::find_if(items_.begin(), items_.end(), [](const Item& item) { return !item.reply; });
  if (oldest == items_.end()) return;
  Uncount(*oldest);
  items_.erase(oldest);
  ++dropped->full;
}

std::vector<uint8_t> MediaQueue::Pop(size_t most, Instant now, Duration max_age, Dropped* dropped) {
  std::vector<uint8_t> out;
  while (!items_.empty()) {
    Item& item = items_.front();
    if (!item.reply && now - item.queued > max_age) {
      ++dropped->aged;
    } else {
      if (!out.empty() && out.size() + item.bytes.size() > most) break;
      out.insert(out.end(), item.bytes.begin(), item.bytes.end());
    }
    Uncount(item);
    items_.pop_front();
  }
  return out;
}

}  // namespace culvert::relay
