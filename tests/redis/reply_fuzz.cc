// Whatever a server sends: pieces of any size make the same replies, within the limits, and what a
// cluster's parsers make of them holds what it promises.

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "server/redis/reply_reader.h"
#include "server/redis/slot_map.h"

namespace {

using culvert::ByteView;
using culvert::redis::Limits;
using culvert::redis::Redirect;
using culvert::redis::Reply;
using culvert::redis::ReplyReader;
using culvert::redis::ServerName;
using culvert::redis::SlotMap;

void Require(bool holds) {
  if (!holds) std::abort();
}

constexpr Limits kLimits{.reply_bytes = 4096, .reply_values = 64};

struct Read {
  std::vector<Reply> replies;
  bool broken = false;
};

Read ReadIn(ByteView bytes, size_t piece) {
  ReplyReader reader(kLimits);
  Read read;
  while (!bytes.empty() && !read.broken) {
    const size_t now = std::min(piece, bytes.size());
    reader.Feed(bytes.first(now));
    bytes = bytes.subspan(now);
    Reply reply;
    ReplyReader::Outcome outcome;
    while ((outcome = reader.Next(&reply)) == ReplyReader::Outcome::kReply) {
      read.replies.push_back(std::move(reply));
    }
    read.broken = outcome == ReplyReader::Outcome::kBroken;
  }
  return read;
}

size_t CountValues(const Reply& reply) {
  size_t count = 1;
  for (const Reply& element : reply.elements()) count += CountValues(element);
  return count;
}

size_t CountBytes(const Reply& reply) {
  size_t count = reply.text().size();
  for (const Reply& element : reply.elements()) count += CountBytes(element);
  return count;
}

void CheckReply(const Reply& reply) {
  Require(CountValues(reply) <= kLimits.reply_values);
  Require(CountBytes(reply) <= kLimits.reply_bytes);
  const ServerName asked;
  if (const auto map = SlotMap::Parse(reply, asked)) {
    for (const ServerName& primary : map->primaries()) Require(primary.port != 0);
  }
  if (const auto redirect = Redirect::Parse(reply.text(), asked)) {
    Require(redirect->server.port != 0 && redirect->slot < culvert::redis::kSlots);
  }
  reply.AsInteger();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteView bytes(data, std::min<size_t>(size, 2 * kLimits.reply_bytes));
  const Read whole = ReadIn(bytes, bytes.size());
  for (const Reply& reply : whole.replies) CheckReply(reply);
  const Read single = ReadIn(bytes, 1);
  // Only what waits for its rest may be judged differently: a long text is refused by what it says
  // of itself when it is there as a whole, and by what has come of it before.
  const size_t common = std::min(whole.replies.size(), single.replies.size());
  for (size_t i = 0; i < common; ++i) Require(whole.replies[i] == single.replies[i]);
  Require(single.broken || whole.replies.size() <= single.replies.size());
  return 0;
}
