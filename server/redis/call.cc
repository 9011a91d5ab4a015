#include "server/redis/call.h"

namespace culvert::redis {

const char* NameOf(CallError::Kind kind) {
  switch (kind) {
    case CallError::Kind::kDown:
      return "down";
    case CallError::Kind::kTimeout:
      return "timeout";
    case CallError::Kind::kBusy:
      return "busy";
    case CallError::Kind::kServer:
      return "server";
  }
  return "unknown";
}

}  // namespace culvert::redis
