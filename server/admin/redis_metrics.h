// The metrics of users in Redis (what is remembered of them, and how Redis answers), of the status
// database, and of the one of quotas.
#pragma once

#include <span>

#include "server/admin/families.h"
#include "server/redis/statistics.h"

namespace culvert::admin {

// REQUIRES: at least one worker and one client.
void AddRedisMetrics(Families& page, observe::AllCounters workers,
                     std::span<const redis::Statistics* const> clients);

// REQUIRES: at least one client.
void AddStatsdbMetrics(Families& page, std::span<const redis::Statistics* const> clients);
void AddQuotadbMetrics(Families& page, std::span<const redis::Statistics* const> clients);

}  // namespace culvert::admin
