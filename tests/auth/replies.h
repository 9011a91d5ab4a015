// Replies of Redis, as a test writes them down.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "server/redis/reply.h"

namespace culvert::auth {

inline redis::Reply String(std::string text) {
  return redis::Reply::Text(redis::Reply::Type::kString, std::move(text));
}

inline redis::Reply Set(std::initializer_list<std::string> members) {
  std::vector<redis::Reply> elements;
  for (const std::string& member : members) elements.push_back(String(member));
  return redis::Reply::Array(std::move(elements));
}

// HGETALL: names and values in turn.
inline redis::Reply Hash(std::initializer_list<std::pair<std::string, std::string>> fields) {
  std::vector<redis::Reply> elements;
  for (const auto& [name, value] : fields) {
    elements.push_back(String(name));
    elements.push_back(String(value));
  }
  return redis::Reply::Array(std::move(elements));
}

inline redis::Reply WrongType() {
  return redis::Reply::Text(redis::Reply::Type::kError,
                            "WRONGTYPE Operation against a key holding the wrong kind of value");
}

}  // namespace culvert::auth
