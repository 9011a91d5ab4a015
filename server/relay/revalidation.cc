#include "server/relay/revalidation.h"

#include <algorithm>
#include <utility>

#include "server/relay/client_session.h"
#include "server/relay/worker.h"

namespace culvert::relay {

using observe::SessionId;

void Revalidation::Watch(auth::Provider& provider) {
  provider_ = &provider;
  provider.OnChange(
      [this](std::string_view name, std::string_view realm) { OnChange(name, realm); });
}

void Revalidation::Track(SessionId session, const auth::CredentialPtr& credential) {
  if (provider_ == nullptr || credential == nullptr) return;
  // Who came with a token cannot be asked for without it, and is good until its time is over.
  if (!credential->keys.token.empty()) return Forget(session);
  const auto known = tracked_.find(session);
  if (known != tracked_.end() && known->second.credential == credential) return;
  Forget(session);
  tracked_[session].credential = credential;
  by_name_.emplace(credential->username, session);
  if (!credential->account.empty()) by_name_.emplace(credential->account, session);
}

void Revalidation::Forget(SessionId session) {
  const auto found = tracked_.find(session);
  if (found == tracked_.end()) return;
  const auth::CredentialPtr& credential = found->second.credential;
  Unindex(credential->username, session);
  Unindex(credential->account, session);
  tracked_.erase(found);
}

void Revalidation::Unindex(std::string_view name, SessionId session) {
  const auto [first, last] = by_name_.equal_range(name);
  const auto found =
      std::find_if(first, last, [session](const auto& at) { return at.second == session; });
  if (found != last) by_name_.erase(found);
}

void Revalidation::OnChange(std::string_view name, std::string_view realm) {
  const auto concerns = [realm](const Tracked& tracked) {
    return realm.empty() || tracked.credential->realm == realm;
  };
  if (name.empty()) {
    for (auto& [session, tracked] : tracked_) {
      if (concerns(tracked)) Enqueue(session, tracked, !realm.empty());
    }
  } else {
    const auto [first, last] = by_name_.equal_range(name);
    for (auto it = first; it != last; ++it) {
      Tracked& tracked = tracked_[it->second];
      if (concerns(tracked)) Enqueue(it->second, tracked, true);
    }
  }
  Pump();
}

// What was verified before the change says nothing about the next request.
void Revalidation::Enqueue(SessionId session, Tracked& tracked, bool told) {
  if (ClientSession* const client = worker_.SessionById(session)) client->turn().ForgetCredential();
  if (!tracked.queued) queue_.push_back(session);
  tracked.queued = true;
  tracked.told |= told;
}

void Revalidation::Pump() {
  while (!queue_.empty() && asking_ < kAtOnce) {
    const SessionId session = queue_.front();
    queue_.pop_front();
    Ask(session);
  }
}

void Revalidation::Ask(SessionId session) {
  ClientSession* const client = worker_.SessionById(session);
  const auto found = tracked_.find(session);
  if (client == nullptr || found == tracked_.end()) return;
  found->second.queued = false;
  const bool told = std::exchange(found->second.told, false);
  const auth::CredentialPtr credential = found->second.credential;
  ++asking_;
  const auth::Question question{credential->username, credential->realm, client->path().client,
                                client->path().server, stun::Method::kRefresh};
  provider_->Lookup(question, worker_.now(), [this, session, told](const auth::Answer& answer) {
    --asking_;
    Judge(session, told, answer);
    // The answer may have come from within Pump.
    if (!queue_.empty()) worker_.Later([this] { Pump(); });
  });
}

void Revalidation::Judge(SessionId session, bool told, const auth::Answer& answer) {
  if (answer.ok() || answer.error() == auth::Refusal::kProviderDown) return;
  if (answer.error() == auth::Refusal::kUnknownUser && !told) return;
  ClientSession* const client = worker_.SessionById(session);
  if (client == nullptr || !tracked_.contains(session)) return;
  worker_.log().Info("the user of an allocation was withdrawn",
                     {{"session", session}, {"why", auth::RefusalName(answer.error())}});
  client->End(turn::EndReason::kCredentialExpired);
}

}  // namespace culvert::relay
