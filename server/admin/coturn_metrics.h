// The metrics under the names that coturn gives them, so that its dashboards and alerts go on
// working. Unlike coturn's they have no realm or user label, and they are live: a call counts while
// it runs, not when it has ended.
#pragma once

#include "server/admin/families.h"

namespace culvert::admin {

void AddCoturnMetrics(Families& page, observe::AllCounters workers);

}  // namespace culvert::admin
