#include "auth/credential_cache.h"

#include <utility>

namespace culvert::auth {
namespace {

// An answer that a change has overtaken is asked for again; a user who changes all the time gets
// the last of them.
constexpr int kMostAttempts = 3;

// A realm holds no line end (it is an option's text), so that no two pairs make the same key.
std::string KeyOf(const Question& question) {
  std::string key(question.realm);
  key += question.userhash.empty() ? "\nname " : "\nhash ";
  key += question.userhash.empty() ? question.username : AsText(question.userhash);
  return key;
}

bool HasEnded(const Answer& answer, const Now& now) {
  return answer.ok() && (*answer)->expiry <= now.wall;
}

}  // namespace

// One question to the provider, and who waits for the answer.
struct CredentialCache::Flight {
  Flight(std::string its_key, const Question& question, const Now& asked_at)
      : key(std::move(its_key)),
        username(question.username),
        realm(question.realm),
        userhash(question.userhash.begin(), question.userhash.end()),
        client(question.client),
        server(question.server),
        method(question.method),
        now(asked_at) {}

  Question AsQuestion() const { return {username, realm, client, server, method, userhash}; }
  bool Concerns(std::string_view changed_name, std::string_view changed_realm) const {
    // What name is behind a hash is not known yet.
    return (changed_name.empty() || changed_name == username || !userhash.empty()) &&
           (changed_realm.empty() || changed_realm == realm);
  }

  const std::string key;
  const std::string username;
  const std::string realm;
  const std::vector<uint8_t> userhash;
  const ClientAddress client;
  const ServerAddress server;
  const stun::Method method;
  const Now now;
  std::vector<std::function<void(Answer)>> waiters;
  int attempts = 0;
  bool overtaken = false;  // by a change, since the last attempt
};

CredentialCache::CredentialCache(std::unique_ptr<Provider> provider, const CacheSettings& settings,
                                 observe::CredentialCounters& counters)
    : settings_(settings),
      counters_(counters),
      known_(settings.most_entries, settings.most_bytes),
      refused_(settings.most_refusals, settings.most_bytes),
      provider_(std::move(provider)) {
  provider_->OnChange(
      [this](std::string_view name, std::string_view realm) { OnStoreChange(name, realm); });
}

CredentialCache::~CredentialCache() = default;

void CredentialCache::Lookup(const Question& question, const Now& now,
                             std::function<void(Answer)> done) {
  if (!question.access_token.empty()) {
    return provider_->Lookup(question, now, std::move(done));
  }
  const std::string key = KeyOf(question);
  const auto usable = [&now](const CredentialTable::Entry* entry, seconds time) {
    return entry != nullptr && !entry->suspect && now.instant - entry->asked_at < time;
  };
  const CredentialTable::Entry* entry = FindKnown(key, now);
  if (!usable(entry, settings_.fresh)) {
    entry = refused_.Find(key);
    if (!usable(entry, settings_.refused)) return Join(key, question, now, std::move(done));
  }
  counters_.hits.Add();
  done(Answer(entry->answer));
}

CredentialTable::Entry* CredentialCache::FindKnown(const std::string& key, const Now& now) {
  CredentialTable::Entry* const entry = known_.Find(key);
  if (entry == nullptr || !HasEnded(entry->answer, now)) return entry;
  known_.Erase(key);
  CountEntries();
  return nullptr;
}

void CredentialCache::Join(const std::string& key, const Question& question, const Now& now,
                           std::function<void(Answer)> done) {
  if (waiting_ >= settings_.most_waiting) return done(Failure{Refusal::kProviderDown});
  ++waiting_;
  std::unique_ptr<Flight>& flight = flights_[key];
  if (flight) {
    counters_.joined.Add();
    flight->waiters.push_back(std::move(done));
    return;
  }
  counters_.misses.Add();
  flight = std::make_unique<Flight>(key, question, now);
  flight->waiters.push_back(std::move(done));
  Ask(*flight);
}

void CredentialCache::Ask(Flight& flight) {
  ++flight.attempts;
  flight.overtaken = false;
  // The provider may answer before it returns, and that ends the flight.
  const Question question = flight.AsQuestion();
  provider_->Lookup(question, flight.now,
                    [this, key = flight.key](Answer answer) { Land(key, std::move(answer)); });
}

void CredentialCache::Land(const std::string& landing, Answer answer) {
  const auto found = flights_.find(landing);
  if (found == flights_.end()) return;
  if (found->second->overtaken && found->second->attempts < kMostAttempts) {
    return Ask(*found->second);
  }
  const std::unique_ptr<Flight> flight = std::move(found->second);
  flights_.erase(found);
  waiting_ -= flight->waiters.size();
  answer = Remember(*flight, std::move(answer));
  const std::weak_ptr<const bool> alive = alive_;
  for (const auto& done : flight->waiters) {
    if (alive.expired()) return;
    done(answer);
  }
}

Answer CredentialCache::Remember(const Flight& flight, Answer answer) {
  const bool refused = !answer.ok();
  if (refused && answer.error() == Refusal::kProviderDown) return AnswerWithoutStore(flight);
  CredentialTable::Entry entry{.key = flight.key,
                               .realm = flight.realm,
                               .username = refused ? flight.username : (*answer)->username,
                               .account = {},
                               .answer = answer,
                               .asked_at = flight.now.instant,
                               .suspect = flight.overtaken};
  entry.account = refused || (*answer)->account.empty() ? entry.username : (*answer)->account;
  (refused ? known_ : refused_).Erase(flight.key);
  (refused ? refused_ : known_).Put(std::move(entry));
  CountEntries();
  return answer;
}

Answer CredentialCache::AnswerWithoutStore(const Flight& flight) {
  const CredentialTable::Entry* const entry = FindKnown(flight.key, flight.now);
  if (entry == nullptr || flight.now.instant - entry->asked_at > settings_.stale) {
    return Failure{Refusal::kProviderDown};
  }
  counters_.stale.Add();
  return entry->answer;
}

void CredentialCache::OnStoreChange(std::string_view name, std::string_view realm) {
  if (name.empty()) {
    known_.SuspectRealm(realm);
    refused_.EraseRealm(realm);
  } else {
    known_.EraseUser(name, realm);
    refused_.EraseUser(name, realm);
  }
  CountEntries();
  for (const auto& [key, flight] : flights_) {
    if (flight->Concerns(name, realm)) flight->overtaken = true;
  }
  if (changed_) changed_(name, realm);
}

void CredentialCache::CountEntries() {
  const auto entries = static_cast<int64_t>(known_.size() + refused_.size());
  counters_.entries.Up(entries - std::exchange(counted_entries_, entries));
}

}  // namespace culvert::auth
