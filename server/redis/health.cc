#include "server/redis/health.h"

namespace culvert::redis {

void Health::Up(const std::string& where, Instant now) {
  if (statistics_.connected.value() != 0) return;
  statistics_.connected.Up();
  statistics_.changed.Set(now);
  log_.Info("Redis is connected", {{"server", where}});
}

void Health::Down(const std::string& why, Instant now) {
  const bool was_up = statistics_.connected.value() != 0;
  if (was_up) {
    statistics_.connected.Down();
    statistics_.changed.Set(now);
  }
  last_error_ = why;
  if (was_up) reason_ = {};
  if (reason_.Again(why, now)) log_.Warning("Redis is not connected", {{"reason", why}});
}

void Health::Note(const std::string& problem, Instant now) {
  if (note_.Again(problem, now)) {
    log_.Warning("changes in Redis are not seen", {{"reason", problem}});
  }
}

// Whether it is worth a line.
bool Health::Said::Again(const std::string& problem, Instant now) {
  if (at && (what == problem || now - *at < kQuiet)) return false;
  what = problem;
  at = now;
  return true;
}

}  // namespace culvert::redis
