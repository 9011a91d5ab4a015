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
  if (was_up || why != last_error_) log_.Warning("Redis is not connected", {{"reason", why}});
  last_error_ = why;
}

void Health::Note(const std::string& problem) {
  if (problem != last_note_) log_.Warning("changes in Redis are not seen", {{"reason", problem}});
  last_note_ = problem;
}

}  // namespace culvert::redis
