#include "server/stored_realms.h"

namespace culvert {

std::shared_ptr<const turn::Realms> StoredRealms::With(
    const std::map<std::string, std::string>& origins) {
  auto realms = std::make_shared<turn::Realms>(configured_);
  for (const auto& [origin, realm] : origins) {
    if (served_.size() < kMostServed) served_.insert(realm);
    realms->AddIfFree(origin, realm);
  }
  for (const std::string& realm : served_) realms->Serve(realm);
  return realms;
}

}  // namespace culvert
