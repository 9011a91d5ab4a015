// A provider around a slow one: remembers its answers for a time, asks it once where many wait for
// the same user, and goes on serving whom it knows while the store behind it is down.
//
// What the provider says has changed is forgotten at once (Provider::OnChange); when anything may
// have changed everybody is asked for again before being served, unless the store is down.
//
// Owner and threads: as every provider, one for each worker, on its thread. Reads no clock: an
// answer is as old as the question that it was given to. Tokens (RFC 7635) pass through.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "auth/contract.h"
#include "auth/credential_table.h"
#include "server/observe/counters.h"

namespace culvert::auth {

struct CacheSettings {
  // How long an answer holds without asking again. Changes are told, so that this is for stores
  // that cannot tell: more spares questions, less has them noticed sooner. 0: always ask.
  seconds fresh{300};
  // The same of a refusal: long enough to blunt a client that repeats itself, short enough that
  // nobody notices who has just been let in.
  seconds refused{2};
  // How long a user is served whom the store cannot be asked for, after it was asked last.
  seconds stale{3600};
  size_t most_entries = 100'000;
  size_t most_bytes = 64 * 1024 * 1024;
  // Apart from those who are known, whom strangers with made-up names must not push out.
  size_t most_refusals = 10'000;
  // Questions that wait for an answer. More are answered kProviderDown.
  size_t most_waiting = 10'000;
};

class CredentialCache : public Provider {
 public:
  // `counters` outlives it; caches of one worker may share it.
  CredentialCache(std::unique_ptr<Provider> provider, const CacheSettings& settings,
                  observe::CredentialCounters& counters);
  ~CredentialCache() override;

  std::string_view name() const override { return provider_->name(); }
  void Lookup(const Question& question, const Now& now, std::function<void(Answer)> done) override;
  Offers offers() const override { return provider_->offers(); }
  // Told whether or not the user is in the cache.
  void OnChange(Changed changed) override { changed_ = std::move(changed); }

 private:
  struct Flight;

  CredentialTable::Entry* FindKnown(const std::string& key, const Now& now);
  void Join(const std::string& key, const Question& question, const Now& now,
            std::function<void(Answer)> done);
  void Ask(Flight& flight);
  void Land(const std::string& landing, Answer answer);
  Answer Remember(const Flight& flight, Answer answer);
  Answer AnswerWithoutStore(const Flight& flight);
  void OnStoreChange(std::string_view name, std::string_view realm);
  void CountEntries();

  const CacheSettings settings_;
  observe::CredentialCounters& counters_;
  CredentialTable known_;
  CredentialTable refused_;
  // Questions under way, by the key of their answer.
  absl::flat_hash_map<std::string, std::unique_ptr<Flight>> flights_;
  size_t waiting_ = 0;
  int64_t counted_entries_ = 0;  // ours among those that the counters have
  Changed changed_;
  // Expires with this object: tells a caller of several waiters that one of them has ended it.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
  std::unique_ptr<Provider> provider_;  // first to go: its answers refer to the rest
};

}  // namespace culvert::auth
