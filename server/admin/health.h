// GET /healthz and GET /readyz, as Kubernetes asks them. Live: every worker's loop still turns; a
// relay that is not live wants a restart. Ready: new clients may come; a relay that is starting,
// draining or stopping is live and not ready.
#pragma once

#include <optional>

#include "server/admin/facts.h"
#include "server/base/time.h"
#include "server/net/http_server.h"
#include "server/observe/counters.h"

namespace culvert::admin {

// A loop that did not turn for this long hangs. Far above any turn's length, so that an overloaded
// relay is not killed for being busy; a longer wait leaves clients of a dead one in silence.
inline constexpr seconds kLoopTurnsWithin{10};

// 200, or 503 naming the workers that hang. A worker that has not begun to turn does not count.
// `handshaking_since`: when the longest step of the handshake threads began, if there is one.
net::HttpResponse Healthz(observe::AllCounters workers, std::optional<Instant> handshaking_since,
                          Instant now);

// 200 when serving, else 503 with the state's name. A relay whose users are all in a store that it
// has never reached is not ready either; one that has lost it is, for it serves those it knows.
net::HttpResponse Readyz(State state, bool users_never_reached = false);

}  // namespace culvert::admin
