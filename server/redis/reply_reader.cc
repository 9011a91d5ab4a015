#include "server/redis/reply_reader.h"

#include <hiredis/read.h>

#include <new>
#include <utility>

namespace culvert::redis {

// What hiredis calls for each value. A null result stops it.
struct ReplyReader::Builder {
  // Puts a value where it belongs: elements come in order, and an array that is being filled is the
  // last element of its own parent, so that growing a parent moves none that hiredis still knows.
  static void* Place(const redisReadTask* task, Reply value, size_t bytes, size_t elements = 0) {
    auto* const reader = static_cast<ReplyReader*>(task->privdata);
    Budget& used = reader->used_;
    used.bytes += bytes;
    ++used.values;
    // An array is refused by what it says that it holds, before anything of it is kept.
    if (used.bytes > reader->limits_.reply_bytes || used.values > reader->limits_.reply_values ||
        elements > reader->limits_.reply_values - used.values) {
      used.exceeded = true;
      return nullptr;
    }
    if (task->parent == nullptr) return new (std::nothrow) Reply(std::move(value));
    auto& siblings = static_cast<Reply*>(task->parent->obj)->elements();
    siblings.push_back(std::move(value));
    return &siblings.back();
  }

  static void* OnString(const redisReadTask* task, char* text, size_t size) {
    Reply::Type type = Reply::Type::kString;
    if (task->type == REDIS_REPLY_STATUS) type = Reply::Type::kStatus;
    if (task->type == REDIS_REPLY_ERROR) type = Reply::Type::kError;
    return Place(task, Reply::Text(type, std::string(text, size)), size);
  }
  static void* OnArray(const redisReadTask* task, int elements) {
    return Place(task, Reply::Array({}), 0, static_cast<size_t>(elements));
  }
  static void* OnInteger(const redisReadTask* task, long long value) {
    return Place(task, Reply::Integer(value), 0);
  }
  static void* OnNil(const redisReadTask* task) { return Place(task, Reply(), 0); }
  static void Free(void* reply) { delete static_cast<Reply*>(reply); }
};

ReplyReader::ReplyReader(const Limits& limits) : limits_(limits) {
  static redisReplyObjectFunctions functions = {Builder::OnString, Builder::OnArray,
                                                Builder::OnInteger, Builder::OnNil, Builder::Free};
  reader_ = redisReaderCreateWithFunctions(&functions);
  if (reader_ == nullptr) throw std::bad_alloc();
  reader_->privdata = this;
}

ReplyReader::~ReplyReader() {
  redisReaderFree(reader_);
}

void ReplyReader::Feed(ByteView bytes) {
  if (!error_.empty() || bytes.empty()) return;
  redisReaderFeed(reader_, reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

ReplyReader::Outcome ReplyReader::Next(Reply* reply) {
  if (!error_.empty()) return Outcome::kBroken;
  void* whole = nullptr;
  if (redisReaderGetReply(reader_, &whole) != REDIS_OK) {
    return Break(used_.exceeded ? "a reply is larger than the limit" : reader_->errstr);
  }
  if (whole == nullptr) {
    // What hiredis keeps until a long string is there as a whole.
    const size_t waiting = reader_->len - reader_->pos;
    if (used_.bytes + waiting > limits_.reply_bytes)
      return Break("a reply is larger than the limit");
    return Outcome::kMore;
  }
  const std::unique_ptr<Reply> owner(static_cast<Reply*>(whole));
  *reply = std::move(*owner);
  used_ = {};
  return Outcome::kReply;
}

ReplyReader::Outcome ReplyReader::Break(std::string why) {
  error_ = why.empty() ? "not a reply" : std::move(why);
  return Outcome::kBroken;
}

}  // namespace culvert::redis
