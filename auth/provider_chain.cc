#include "auth/provider_chain.h"

#include <string>
#include <utility>

namespace culvert::auth {

// One look-up. Kept alive by the provider that is being asked.
struct ProviderChain::Pending {
  Pending(const Question& question, const Now& asked_at, std::function<void(Answer)> when_done)
      : username(question.username),
        realm(question.realm),
        client(question.client),
        server(question.server),
        method(question.method),
        userhash(question.userhash.begin(), question.userhash.end()),
        access_token(question.access_token.begin(), question.access_token.end()),
        now(asked_at),
        done(std::move(when_done)) {}

  Question AsQuestion() const {
    return {username, realm, client, server, method, userhash, access_token};
  }

  void Finish(Answer answer) {
    // Moved out first: `done` may end whatever holds this.
    const std::function<void(Answer)> call = std::exchange(done, nullptr);
    call(std::move(answer));
  }

  const std::string username;
  const std::string realm;
  const ClientAddress client;
  const ServerAddress server;
  const stun::Method method;
  const std::vector<uint8_t> userhash;
  const std::vector<uint8_t> access_token;
  const Now now;
  std::function<void(Answer)> done;  // empty once called
  size_t asked = 0;                  // providers asked so far
  bool one_was_down = false;
};

ProviderChain::ProviderChain(std::vector<std::unique_ptr<Provider>> providers)
    : providers_(std::make_shared<Providers>(std::move(providers))) {}

ProviderChain::~ProviderChain() = default;

void ProviderChain::Lookup(const Question& question, const Now& now,
                           std::function<void(Answer)> done) {
  // The copy of the pointer keeps the providers until the call is over, should `done` destroy the
  // chain.
  const std::shared_ptr<Providers> providers = providers_;
  AskNext(providers, std::make_shared<Pending>(question, now, std::move(done)));
}

Offers ProviderChain::offers() const {
  Offers all{.sha256 = !providers_->empty(), .userhash = !providers_->empty()};
  for (const auto& provider : *providers_) {
    const Offers one = provider->offers();
    all.sha256 &= one.sha256;
    all.userhash &= one.userhash;
  }
  return all;
}

void ProviderChain::OnChange(Changed changed) {
  for (const auto& provider : *providers_) provider->OnChange(changed);
}

void ProviderChain::AskNext(const std::shared_ptr<Providers>& providers,
                            const std::shared_ptr<Pending>& pending) {
  if (pending->asked == providers->size()) {
    return pending->Finish(
        Failure{pending->one_was_down ? Refusal::kProviderDown : Refusal::kUnknownUser});
  }
  Provider& provider = *(*providers)[pending->asked++];
  provider.Lookup(pending->AsQuestion(), pending->now,
                  [chain = std::weak_ptr(providers), pending, asked = pending->asked](
                      Answer answer) { Take(chain, pending, asked, std::move(answer)); });
}

void ProviderChain::Take(const std::weak_ptr<Providers>& providers,
                         const std::shared_ptr<Pending>& pending, size_t asked, Answer answer) {
  // A shared object named by the operator may answer twice; the first answer has counted already.
  if (asked != pending->asked || !pending->done) return;
  const std::shared_ptr<Providers> alive = providers.lock();
  if (!alive) return;
  if (answer.ok()) return pending->Finish(std::move(answer));
  if (answer.error() == Refusal::kProviderDown) pending->one_was_down = true;
  if (answer.error() == Refusal::kUnknownUser || answer.error() == Refusal::kProviderDown) {
    return AskNext(alive, pending);
  }
  pending->Finish(std::move(answer));
}

}  // namespace culvert::auth
