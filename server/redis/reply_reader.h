// Bytes of a connection to replies (RESP2). hiredis parses; the values are built here, so that what
// a server may make us hold is bounded: bytes and values of a reply by Limits, nesting by hiredis
// (seven levels).
//
// One per connection, on its thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "server/base/bytes.h"
#include "server/redis/reply.h"
#include "server/redis/settings.h"

struct redisReader;

namespace culvert::redis {

class ReplyReader {
 public:
  enum class Outcome : uint8_t {
    kReply,
    kMore,    // the rest of a reply is still to come
    kBroken,  // no RESP2, or beyond the limits; there is nothing more to be read
  };

  explicit ReplyReader(const Limits& limits);
  ~ReplyReader();
  ReplyReader(const ReplyReader&) = delete;
  ReplyReader& operator=(const ReplyReader&) = delete;

  // What came. Then Next until it is not kReply.
  void Feed(ByteView bytes);
  Outcome Next(Reply* reply);
  // Why it is broken.
  const std::string& error() const { return error_; }

 private:
  struct Builder;
  struct Budget {
    size_t bytes = 0;
    size_t values = 0;
    bool exceeded = false;
  };

  Outcome Break(std::string why);

  const Limits limits_;
  Budget used_;  // by the reply that is being read
  redisReader* reader_;
  std::string error_;
};

}  // namespace culvert::redis
