#include "server/redis/settings.h"

namespace culvert::redis {

std::string ServerName::ToString() const {
  if (!path.empty()) return path;
  const bool is_v6 = host.find(':') != std::string::npos;
  return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace culvert::redis
