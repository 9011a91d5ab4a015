#include "tests/support/redis_subscriber.h"

#include <hiredis/hiredis.h>
#include <poll.h>

#include <chrono>
#include <memory>

namespace culvert::testing {
namespace {

constexpr timeval kAnswerPatience{20, 0};

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using ReplyPtr = std::unique_ptr<redisReply, FreeReply>;

ReplyPtr Ask(redisContext* context, const char* format, const char* word) {
  return ReplyPtr(static_cast<redisReply*>(redisCommand(context, format, word)));
}

}  // namespace

RedisSubscriber::RedisSubscriber(const RedisProcess& redis, const std::string& pattern)
    : context_(redisConnectUnixWithTimeout(redis.socket_path().c_str(), kAnswerPatience)) {
  if (context_ == nullptr || context_->err != 0) return;
  redisSetTimeout(context_, kAnswerPatience);
  const ReplyPtr login = Ask(context_, "AUTH admin %s", "admin");
  const ReplyPtr answer = Ask(context_, "PSUBSCRIBE %s", pattern.c_str());
  subscribed_ = answer != nullptr && answer->type == REDIS_REPLY_ARRAY;
}

RedisSubscriber::~RedisSubscriber() {
  if (context_ != nullptr) redisFree(context_);
}

PublishedEvent RedisSubscriber::Next(milliseconds patience) {
  if (!subscribed_) return {};
  const auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    void* got = nullptr;
    if (redisGetReplyFromReader(context_, &got) != REDIS_OK) return {};
    const ReplyPtr reply(static_cast<redisReply*>(got));
    // "pmessage", the pattern, the channel, the message.
    if (reply != nullptr && reply->type == REDIS_REPLY_ARRAY && reply->elements == 4) {
      return {{reply->element[2]->str, reply->element[2]->len},
              {reply->element[3]->str, reply->element[3]->len}};
    }
    const auto left =
        std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now()).count();
    pollfd waiting{context_->fd, POLLIN, 0};
    if (left <= 0 || poll(&waiting, 1, static_cast<int>(left)) <= 0) return {};
    if (redisBufferRead(context_) != REDIS_OK) return {};
  }
}

}  // namespace culvert::testing
