// A call: a command, and what comes of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "server/base/result.h"
#include "server/redis/reply.h"

namespace culvert::redis {

// Words are binary-safe; nothing needs quoting.
struct Command {
  static constexpr size_t kNoKey = 0;

  Command(std::vector<std::string> all_words, size_t key_word = 1)  // NOLINT: implicit
      : words(std::move(all_words)), key(key_word) {}
  Command(std::initializer_list<std::string> all_words)  // NOLINT: implicit
      : words(all_words) {}

  std::vector<std::string> words;
  // Which word is the key that decides on the node of a cluster (EVAL: 3); kNoKey: any node will
  // do. Ignored elsewhere.
  size_t key = 1;
};

struct CallError {
  enum class Kind : uint8_t {
    kDown,     // no connection; or it broke, and whether the command was executed is not known
    kTimeout,  // no answer within the deadline; the command may still have been executed
    kBusy,     // too much is pending already; not sent
    kServer,   // Redis answered with an error: `text` is its own ("WRONGTYPE ...")
  };
  static constexpr size_t kKinds = 4;

  Kind kind;
  std::string text;  // for the log: never holds a password or a value
};

// "down", "timeout", "busy", "server": for metrics and logs.
const char* NameOf(CallError::Kind kind);

using CallResult = Result<Reply, CallError>;
using CallDone = std::function<void(CallResult)>;

}  // namespace culvert::redis
