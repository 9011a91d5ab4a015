#include "server/providers.h"

#include <utility>
#include <vector>

#include "auth/provider_chain.h"
#include "auth/providers/ephemeral_secret.h"
#include "auth/providers/shared_object.h"
#include "auth/providers/static_users.h"
#include "auth/providers/token_users.h"
#include "server/setup.h"
#include "server/user_store.h"

namespace culvert {
namespace {

using config::UserSource;
using Made = Result<WorkerProvider, std::string>;

// One kind of users: makes a worker's provider of them.
using Source = std::function<Made(const ProviderParts&)>;
// Null: the operator has no such users.
using Loaded = Result<Source, std::string>;

std::vector<SecretText> Secrets(const std::vector<std::string>& texts) {
  std::vector<SecretText> secrets;
  secrets.reserve(texts.size());
  for (const std::string& text : texts) secrets.emplace_back(text);
  return secrets;
}

// Of a provider that asks nobody and stands on nothing.
template <typename Provider, typename Table>
Source InMemory(std::shared_ptr<const Table> table) {
  return [table](const ProviderParts&) -> Made {
    return WorkerProvider{std::make_unique<Provider>(table)};
  };
}

Loaded StaticSource(const config::Options& options, const std::string& realm) {
  if (options.users.empty()) return Source();
  auto table = auth::StaticUserTable::Load(realm, Secrets(options.users));
  if (!table) return Failure{"user: " + table.error()};
  return InMemory<auth::StaticUsers>(*table);
}

Loaded SecretSource(const config::Options& options) {
  if (options.static_auth_secrets.empty()) return Source();
  auto secrets = auth::EphemeralSecrets::Load(Secrets(options.static_auth_secrets),
                                              options.rest_api_separator);
  if (!secrets) return Failure{"static-auth-secret: " + secrets.error()};
  return InMemory<auth::EphemeralSecretUsers>(*secrets);
}

Loaded TokenSource(const config::Options& options) {
  if (options.oauth_keys.empty()) return Source();
  auto keys = auth::TokenKeys::Load(ServerNameOf(options), Secrets(options.oauth_keys));
  if (!keys) return Failure{"oauth-key: " + keys.error()};
  return InMemory<auth::TokenUsers>(*keys);
}

Loaded PluginSource(const config::Options& options) {
  if (options.auth_plugin.empty()) return Source();
  auto object = auth::SharedObject::Load(options.auth_plugin);
  if (!object) return Failure{"auth-plugin: " + object.error()};
  // Shared, for a plug-in may look at it as long as the process lives.
  const auto config = std::make_shared<const std::string>(options.auth_plugin_config);
  return Source([object = *object, config](const ProviderParts& parts) -> Made {
    auto provider = object->MakeFor({*config, parts.post});
    if (!provider) return Failure{"auth-plugin: " + provider.error()};
    return WorkerProvider{std::move(provider).value()};
  });
}

Loaded RedisSource(const config::Options& options) {
  if (options.redis_userdb.empty()) return Source();
  auto store = UserStore::Load(options);
  if (!store) return Failure{store.error()};
  return Source([store = *store](const ProviderParts& parts) { return store->MakeFor(parts); });
}

Loaded Load(UserSource kind, const config::Options& options, const std::string& realm) {
  switch (kind) {
    case UserSource::kStatic:
      return StaticSource(options, realm);
    case UserSource::kSecret:
      return SecretSource(options);
    case UserSource::kOauth:
      return TokenSource(options);
    case UserSource::kPlugin:
      return PluginSource(options);
    case UserSource::kRedis:
      return RedisSource(options);
  }
  return Source();
}

Made Chain(const std::vector<Source>& sources, const ProviderParts& parts) {
  WorkerProvider chain;
  std::vector<std::unique_ptr<auth::Provider>> providers;
  for (const Source& source : sources) {
    auto made = source(parts);
    if (!made) return Failure{made.error()};
    if (made->redis != nullptr) chain.redis = made->redis;
    providers.push_back(std::move(made->provider));
  }
  chain.only_redis = chain.redis != nullptr && providers.size() == 1;
  chain.provider = std::make_unique<auth::ProviderChain>(std::move(providers));
  return chain;
}

}  // namespace

Result<ProviderFactory, std::string> ProvidersOf(const config::Options& options,
                                                 const std::string& realm) {
  std::vector<Source> sources;
  for (const UserSource kind : options.auth_order) {
    auto loaded = Load(kind, options, realm);
    if (!loaded) return Failure{loaded.error()};
    if (*loaded) sources.push_back(std::move(*loaded));
  }
  return ProviderFactory([sources](const ProviderParts& parts) { return Chain(sources, parts); });
}

}  // namespace culvert
