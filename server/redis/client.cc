#include "server/redis/client.h"

#include <utility>

#include "server/redis/cluster.h"
#include "server/redis/environment.h"
#include "server/redis/key_watch.h"
#include "server/redis/single.h"

namespace culvert::redis {
namespace {

std::unique_ptr<Route> NewRoute(Environment& environment) {
  if (environment.settings.shape == Settings::Shape::kCluster) {
    return std::make_unique<Cluster>(environment);
  }
  return std::make_unique<Single>(environment);
}

size_t SizeOf(const Command& command) {
  size_t size = 0;
  for (const std::string& word : command.words) size += word.size();
  return size;
}

}  // namespace

struct Client::Parts {
  Parts(net::Loop& loop, net::TimerWheel& wheel, const Settings& settings,
        std::unique_ptr<ClientTls> tls, Statistics& statistics, observe::Log& log)
      : environment(loop, wheel, settings, std::move(tls), statistics, log),
        route(NewRoute(environment)) {}

  // What died in this turn still refers to the rest.
  ~Parts() {
    watch.reset();
    route.reset();
    environment.loop.DestroyDeferred();
  }

  Environment environment;
  std::unique_ptr<Route> route;
  std::unique_ptr<KeyWatch> watch;
  size_t pending_calls = 0;
  size_t pending_bytes = 0;
};

Result<std::unique_ptr<Client>, std::string> Client::Make(net::Loop& loop, net::TimerWheel& wheel,
                                                          std::shared_ptr<const Settings> settings,
                                                          observe::Log& log) {
  std::unique_ptr<ClientTls> tls;
  if (settings->tls.on) {
    auto loaded = ClientTls::Load(settings->tls);
    if (!loaded) return Failure{loaded.error()};
    tls = std::move(loaded.value());
  }
  std::unique_ptr<Client> client(new Client(std::move(settings)));
  client->parts_ = std::make_unique<Parts>(loop, wheel, *client->settings_, std::move(tls),
                                           client->statistics_, log);
  client->parts_->route->Start();
  return client;
}

Client::Client(std::shared_ptr<const Settings> settings) : settings_(std::move(settings)) {}

Client::~Client() = default;

void Client::Call(Command command, milliseconds deadline, CallDone done) {
  Parts& parts = *parts_;
  statistics_.commands.Add();
  const size_t size = SizeOf(command);
  const Limits& limits = settings_->limits;
  if (parts.pending_calls >= limits.pending_calls ||
      parts.pending_bytes + size > limits.pending_bytes) {
    statistics_.errors[CallError::Kind::kBusy].Add();
    parts.environment.Later([done = std::move(done)] {
      done(Failure{CallError{CallError::Kind::kBusy, "too many calls to Redis are pending"}});
    });
    return;
  }
  ++parts.pending_calls;
  parts.pending_bytes += size;
  const Instant start = parts.environment.now();
  parts.route->Call(std::move(command), start + deadline,
                    [this, start, size, done = std::move(done)](CallResult result) {
                      OnResult(start, size, result);
                      done(std::move(result));
                    });
}

void Client::OnResult(Instant start, size_t size, const CallResult& result) {
  --parts_->pending_calls;
  parts_->pending_bytes -= size;
  if (!result) statistics_.errors[result.error().kind].Add();
  if (result || result.error().kind == CallError::Kind::kServer) {
    const Duration took = parts_->environment.now() - start;
    statistics_.latency.Observe(static_cast<uint64_t>(took.count()));
  }
}

void Client::Watch(std::vector<std::string> prefixes, OnChange changed) {
  parts_->watch =
      std::make_unique<KeyWatch>(parts_->environment, std::move(prefixes), std::move(changed));
  parts_->route->Watch(*parts_->watch);
}

bool Client::watching() const {
  return parts_->watch && parts_->watch->complete();
}

const std::string& Client::last_error() const {
  return parts_->environment.health.last_error();
}

}  // namespace culvert::redis
