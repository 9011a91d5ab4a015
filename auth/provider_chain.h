// Several providers as one: asked in order, and the first answer that is not kUnknownUser counts.
//
// A provider that is down does not hide those behind it, but when none of them knows the user
// either the answer is kProviderDown: the user may well be one of those that could not be asked
// for, and a client told so tries again, where a 401 would make it give up.
//
// Owner and threads: as for every provider, one chain for each worker, on that worker's thread. The
// chain owns its providers. Destroyed with look-ups under way it drops their answers: `done` is not
// called.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "auth/contract.h"

namespace culvert::auth {

class ProviderChain : public Provider {
 public:
  // An empty chain knows no user.
  explicit ProviderChain(std::vector<std::unique_ptr<Provider>> providers);
  ~ProviderChain() override;

  std::string_view name() const override { return "chain"; }
  // Each provider is told the `now` of the question, also when an earlier one answered late.
  void Lookup(const Question& question, const Now& now, std::function<void(Answer)> done) override;
  // What all of them offer.
  Offers offers() const override;
  void OnChange(Changed changed) override;

 private:
  using Providers = std::vector<std::unique_ptr<Provider>>;
  struct Pending;

  static void AskNext(const std::shared_ptr<Providers>& providers,
                      const std::shared_ptr<Pending>& pending);
  static void Take(const std::weak_ptr<Providers>& providers,
                   const std::shared_ptr<Pending>& pending, size_t asked, Answer answer);

  // Shared with nobody but the calls on the stack: a look-up under way holds it weakly, and so
  // learns that the chain is gone.
  std::shared_ptr<Providers> providers_;
};

}  // namespace culvert::auth
