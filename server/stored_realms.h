// The realms of the configuration with those that Redis names by origin: what the workers serve.
// What the configuration says of an origin goes before.
//
// On one thread; what it makes may be shared by all.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "server/turn/realms.h"

namespace culvert {

class StoredRealms {
 public:
  explicit StoredRealms(turn::Realms configured) : configured_(std::move(configured)) {}

  // With the realm of each origin. A realm that was named once stays served, so that who has an
  // allocation in it may refresh it.
  std::shared_ptr<const turn::Realms> With(const std::map<std::string, std::string>& origins);

 private:
  // More of them are what a program writes that has gone wrong.
  static constexpr size_t kMostServed = 100'000;

  const turn::Realms configured_;
  std::set<std::string> served_;
};

}  // namespace culvert
