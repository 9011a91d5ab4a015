#include "auth/admin/secrets.h"

#include <algorithm>
#include <ostream>
#include <utility>

#include "auth/providers/redis_keys.h"
#include "auth/providers/redis_records.h"

namespace culvert::auth::admin {
namespace {

std::string SecretKey(const std::string& realm) {
  return CoturnRealmKey(realm, "secret");
}

std::string Counted(size_t count) {
  return std::to_string(count) + (count == 1 ? " secret" : " secrets");
}

}  // namespace

Result<std::vector<std::string>, Trouble> SecretsOf(Workplace& place, const std::string& realm) {
  const auto store = place.OpenStore();
  if (!store) return Failure{store.error()};
  auto members = (*store)->Ask({"SMEMBERS", SecretKey(realm)});
  if (!members) return Failure{members.error()};
  std::vector<std::string> secrets;
  for (redis::Reply& member : members->elements()) secrets.push_back(member.TakeText());
  std::sort(secrets.begin(), secrets.end());
  return secrets;
}

Done AddSecret(Workplace& place) {
  const auto realm = place.Realm();
  if (!realm) return Failure{realm.error()};
  if (auto done = place.CheckWhere(); !done) return done;
  const auto secret =
      ReadSecret(place.console, place.request.secret, "secret of " + *realm, /*twice=*/true);
  if (!secret) return Failure{secret.error()};
  const auto there = SecretsOf(place, *realm);
  if (!there) return Failure{there.error()};
  if (there->size() >= kMostSecrets) {
    return CouldNot(*realm + " has " + std::to_string(there->size()) +
                    " secrets, and the relay takes no more: delete an old one first");
  }
  const auto store = place.OpenStore();
  if (!store) return Failure{store.error()};
  const auto added = (*store)->Ask({"SADD", SecretKey(*realm), std::string(secret->view())});
  if (!added) return Failure{added.error()};
  if (added->integer() == 0 && !place.request.replace) {
    return CouldNot(*realm + " has this secret already");
  }
  place.Tell("added a secret to " + *realm,
             {{"done", "added"}, {"kind", "secret"}, {"realm", *realm}});
  return Ok();
}

Done ShowSecrets(Workplace& place) {
  const auto realm = place.Realm();
  if (!realm) return Failure{realm.error()};
  const auto secrets = SecretsOf(place, *realm);
  if (!secrets) return Failure{secrets.error()};
  if (secrets->empty()) return CouldNot(*realm + " has no secrets");
  const bool shown = place.request.show_secrets;
  if (place.request.json) {
    Json json = {{"kind", "secret"}, {"realm", *realm}, {"count", secrets->size()}};
    if (shown) json["secrets"] = *secrets;
    place.PrintJson(json);
    return Ok();
  }
  place.console.out << *realm << ": " << Counted(secrets->size())
                    << (shown ? "\n" : " (hidden: --secrets shows them)\n");
  if (!shown) return Ok();
  for (const std::string& secret : *secrets) place.console.out << Printable(secret) << "\n";
  return Ok();
}

Done ListSecrets(Workplace& place) {
  const auto store = place.OpenStore();
  if (!store) return Failure{store.error()};
  const std::string wanted = place.request.realm;
  const auto keys = (*store)->Scan(SecretKey(wanted.empty() ? "*" : EscapedForPattern(wanted)));
  if (!keys) return Failure{keys.error()};
  Json all = Json::array();
  for (const std::string& key : *keys) {
    const auto concerned = ConcernedBy(key);
    if (!concerned || key != SecretKey(std::string(concerned->realm))) continue;
    const std::string realm(concerned->realm);
    const auto count = (*store)->Ask({"SCARD", key});
    if (!count) return Failure{count.error()};
    all.push_back({{"realm", realm}, {"count", count->integer()}});
    if (place.request.json) continue;
    place.console.out << Printable(realm) << ": " << Counted(static_cast<size_t>(count->integer()))
                      << "\n";
  }
  if (place.request.json) place.PrintJson(all);
  return Ok();
}

Done DeleteSecret(Workplace& place) {
  const auto realm = place.Realm();
  if (!realm) return Failure{realm.error()};
  if (auto done = place.CheckWhere(); !done) return done;
  redis::Command command = {"DEL", SecretKey(*realm)};
  if (!place.request.every_secret) {
    const auto secret = ReadSecret(place.console, place.request.secret,
                                   "secret of " + *realm + " to delete", /*twice=*/false);
    if (!secret) return Failure{secret.error()};
    command = {"SREM", SecretKey(*realm), std::string(secret->view())};
  }
  const auto store = place.OpenStore();
  if (!store) return Failure{store.error()};
  const auto gone = (*store)->Ask(std::move(command));
  if (!gone) return Failure{gone.error()};
  if (gone->integer() == 0) {
    return CouldNot(*realm +
                    (place.request.every_secret ? " has no secrets" : " has no such secret"));
  }
  const std::string what = place.request.every_secret ? "all secrets of " : "a secret of ";
  place.Tell("deleted " + what + *realm,
             {{"done", "deleted"}, {"kind", "secret"}, {"realm", *realm}});
  return Ok();
}

}  // namespace culvert::auth::admin
