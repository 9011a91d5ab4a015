// Whether the client as a whole can serve calls. The statistics and the log hear of each change,
// the log also of another reason, but no more than once in kQuiet. On the client's thread.
#pragma once

#include <optional>
#include <string>

#include "server/base/time.h"
#include "server/observe/log.h"
#include "server/redis/statistics.h"

namespace culvert::redis {

class Health {
 public:
  static constexpr seconds kQuiet{10};

  Health(Statistics& statistics, observe::Log& log) : statistics_(statistics), log_(log) {}

  void Up(const std::string& where, Instant now);
  // Said again with another reason while it is down, too.
  void Down(const std::string& why, Instant now);
  // The same for what only Watch misses.
  void Note(const std::string& problem, Instant now);

  const std::string& last_error() const { return last_error_; }

 private:
  // What was written to the log last, and when.
  struct Said {
    std::string what;
    std::optional<Instant> at;
    bool Again(const std::string& problem, Instant now);
  };

  Statistics& statistics_;
  observe::Log& log_;
  std::string last_error_;
  Said reason_;
  Said note_;
};

}  // namespace culvert::redis
