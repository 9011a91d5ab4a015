#include "server/admin/redis_metrics.h"

#include "server/redis/call.h"

namespace culvert::admin {
namespace {

using observe::CredentialCounters;
using redis::Statistics;

using Clients = std::span<const Statistics* const>;

constexpr double kMicrosPerSecond = 1e6;

// Over all clients, of what `pick(const Statistics&)` gives.
template <typename Pick>
double Total(Clients clients, Pick pick) {
  double sum = 0;
  for (const Statistics* client : clients) sum += static_cast<double>(pick(*client));
  return sum;
}

double Total(Clients clients, observe::Counter Statistics::*counter) {
  return Total(clients, [counter](const Statistics& s) { return (s.*counter).value(); });
}

void AddCache(Families& page, observe::AllCounters workers) {
  const auto total = [&workers](auto CredentialCounters::*cell) {
    return static_cast<double>(observe::Sum(workers, [cell](const observe::WorkerCounters& w) {
      return (w.credentials.*cell).value();
    }));
  };
  page.Counter("culvert_credential_cache_lookups_total",
               "Look-ups of users in Redis, by how they were answered.")
      .With({{"result", "hit"}}, total(&CredentialCounters::hits))
      .With({{"result", "miss"}}, total(&CredentialCounters::misses))
      .With({{"result", "joined"}}, total(&CredentialCounters::joined))
      .With({{"result", "stale"}}, total(&CredentialCounters::stale));
  page.Gauge("culvert_credential_cache_entries", "Users from Redis that are remembered.")
      .Value(total(&CredentialCounters::entries));
  page.Counter("culvert_credential_bad_records_total", "Records in Redis that could not be used.")
      .Value(total(&CredentialCounters::bad_records));
}

void AddErrors(Family errors, Clients clients) {
  for (size_t i = 0; i < redis::CallError::kKinds; ++i) {
    const auto kind = static_cast<redis::CallError::Kind>(i);
    errors.With({{"kind", redis::NameOf(kind)}},
                Total(clients, [kind](const Statistics& s) { return s.errors[kind].value(); }));
  }
}

}  // namespace

void AddRedisMetrics(Families& page, observe::AllCounters workers, Clients clients) {
  AddCache(page, workers);
  page.Gauge("culvert_redis_connected", "Workers that Redis answers now.")
      .Value(Total(clients, [](const Statistics& s) { return s.connected.value(); }));
  page.Counter("culvert_redis_commands_total", "Commands for Redis.")
      .Value(Total(clients, &Statistics::commands));
  AddErrors(page.Counter("culvert_redis_errors_total", "Commands that failed, and why."), clients);
  page.Counter("culvert_redis_connects_total", "Attempts to connect to Redis.")
      .With({{"result", "ok"}}, Total(clients, &Statistics::connects))
      .With({{"result", "failed"}}, Total(clients, &Statistics::failed_connects));
  page.Counter("culvert_redis_redirects_total", "Commands that a cluster sent elsewhere.")
      .Value(Total(clients, &Statistics::redirects));
  page.Counter("culvert_redis_invalidations_total", "Changes that Redis told of.")
      .Value(Total(clients, &Statistics::invalidations));
  page.Histogram("culvert_redis_command_seconds", "How long Redis took to answer.", clients,
                 &Statistics::latency, kMicrosPerSecond);
}

void AddStatsdbMetrics(Families& page, Clients clients) {
  page.Gauge("culvert_statsdb_connected", "Workers that the status database answers now.")
      .Value(Total(clients, [](const Statistics& s) { return s.connected.value(); }));
  page.Counter("culvert_statsdb_commands_total",
               "Keys and events for the status database, also those that were lost.")
      .Value(Total(clients, &Statistics::commands));
  AddErrors(page.Counter("culvert_statsdb_lost_total",
                         "Keys and events that the status database did not take, and why."),
            clients);
}

void AddQuotadbMetrics(Families& page, Clients clients) {
  page.Gauge("culvert_quotadb_connected", "Workers that the database of quotas answers now.")
      .Value(Total(clients, [](const Statistics& s) { return s.connected.value(); }));
  page.Counter("culvert_quotadb_commands_total", "Commands for the database of quotas.")
      .Value(Total(clients, &Statistics::commands));
  AddErrors(page.Counter("culvert_quotadb_errors_total",
                         "Those that failed, and why: the quotas of this node alone held then."),
            clients);
}

}  // namespace culvert::admin
