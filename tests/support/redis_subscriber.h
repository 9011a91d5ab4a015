// Hears what is published in a RedisProcess, over its unix socket, as a user who may do everything.
// The test's thread waits in Next; what came before is kept.
#pragma once

#include <ostream>
#include <string>

#include "server/base/time.h"
#include "tests/support/redis_process.h"

struct redisContext;

namespace culvert::testing {

struct PublishedEvent {
  std::string channel;  // empty: none came in time
  std::string message;
  friend bool operator==(const PublishedEvent&, const PublishedEvent&) = default;
};
// For GoogleTest.
inline void PrintTo(const PublishedEvent& event, std::ostream* out) {
  *out << event.channel << ": " << event.message;
}

class RedisSubscriber {
 public:
  // Subscribed when it returns, if the server answers.
  RedisSubscriber(const RedisProcess& redis, const std::string& pattern);
  ~RedisSubscriber();
  RedisSubscriber(const RedisSubscriber&) = delete;
  RedisSubscriber& operator=(const RedisSubscriber&) = delete;

  bool subscribed() const { return subscribed_; }
  PublishedEvent Next(milliseconds patience);

 private:
  redisContext* context_;
  bool subscribed_ = false;
};

}  // namespace culvert::testing
