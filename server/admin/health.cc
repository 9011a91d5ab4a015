#include "server/admin/health.h"

#include <string>
#include <utility>

namespace culvert::admin {
namespace {

bool Hangs(const observe::WorkerCounters& worker, Instant now) {
  return worker.last_turn.is_set() && now - worker.last_turn.value() > kLoopTurnsWithin;
}

net::HttpResponse Unavailable(std::string reason) {
  return {.status = 503, .body = std::move(reason) + "\n"};
}

}  // namespace

net::HttpResponse Healthz(observe::AllCounters workers, std::optional<Instant> handshaking_since,
                          Instant now) {
  std::string hanging;
  for (size_t i = 0; i < workers.size(); ++i) {
    if (Hangs(*workers[i], now)) hanging += " " + std::to_string(i);
  }
  if (!hanging.empty()) return Unavailable("workers that hang:" + hanging);
  if (handshaking_since && now - *handshaking_since > kLoopTurnsWithin) {
    return Unavailable("a handshake thread hangs");
  }
  return {.body = "ok\n"};
}

net::HttpResponse Readyz(State state, bool users_never_reached) {
  if (state != State::kServing) return Unavailable(StateName(state));
  if (users_never_reached) return Unavailable("waiting for Redis, where the users are");
  return {.body = "ok\n"};
}

}  // namespace culvert::admin
