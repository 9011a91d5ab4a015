// Whether the client as a whole can serve calls; the log and the statistics hear of each change
// once, however often an attempt fails. On the client's thread.
#pragma once

#include <string>

#include "server/base/time.h"
#include "server/observe/log.h"
#include "server/redis/statistics.h"

namespace culvert::redis {

class Health {
 public:
  Health(Statistics& statistics, observe::Log& log) : statistics_(statistics), log_(log) {}

  void Up(const std::string& where, Instant now);
  // Said again with another reason while it is down, too.
  void Down(const std::string& why, Instant now);
  // The same for what only Watch misses.
  void Note(const std::string& problem);

  const std::string& last_error() const { return last_error_; }

 private:
  Statistics& statistics_;
  observe::Log& log_;
  std::string last_error_;
  std::string last_note_;
};

}  // namespace culvert::redis
