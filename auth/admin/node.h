// What is asked of one running relay, over its admin address.
#pragma once

#include "auth/admin/trouble.h"
#include "auth/admin/workplace.h"

namespace culvert::auth::admin {

Done ListNodeSessions(Workplace& place);
Done KickSessions(Workplace& place);
Done DrainNode(Workplace& place);

}  // namespace culvert::auth::admin
