// Looks after running allocations when their users change: asks the provider again for those that
// it says have changed (Provider::OnChange), and ends what nobody may keep any longer.
//
// Ended is who is barred or over, and who is unknown where the change was told of by name or realm.
// After changes that nobody saw (the store was out of reach, or has lost its data) an unknown user
// may be known again in a minute, and keeps the allocation for the rest of its lifetime.
//
// Part of a worker, on its thread.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <deque>
#include <string_view>
#include <unordered_map>

#include "auth/contract.h"
#include "server/observe/log.h"

namespace culvert::relay {

class ClientSession;
class Worker;

class Revalidation {
 public:
  // Questions on their way at one time: after a loss of the store everybody is asked for. More are
  // done sooner, fewer leave room for those who wait.
  static constexpr size_t kAtOnce = 64;

  explicit Revalidation(Worker& worker) : worker_(worker) {}

  // `provider` lives as long as this.
  void Watch(auth::Provider& provider);

  // An allocation runs with this credential; may be called again with another.
  void Track(observe::SessionId session, const auth::CredentialPtr& credential);
  void Forget(observe::SessionId session);

  size_t tracked() const { return tracked_.size(); }

 private:
  struct Tracked {
    auth::CredentialPtr credential;
    bool queued = false;
    // A change of this user or realm was told, not only that anything may have changed.
    bool told = false;
  };

  void OnChange(std::string_view name, std::string_view realm);
  void Enqueue(observe::SessionId session, Tracked& tracked, bool told);
  void Pump();
  void Ask(observe::SessionId session);
  void Judge(observe::SessionId session, bool told, const auth::Answer& answer);
  void Unindex(std::string_view name, observe::SessionId session);

  Worker& worker_;
  auth::Provider* provider_ = nullptr;
  absl::flat_hash_map<observe::SessionId, Tracked> tracked_;
  // By username and account; views into the credentials above.
  std::unordered_multimap<std::string_view, observe::SessionId> by_name_;
  std::deque<observe::SessionId> queue_;  // each once
  size_t asking_ = 0;
};

}  // namespace culvert::relay
