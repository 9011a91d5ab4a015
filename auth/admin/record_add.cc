#include <utility>

#include "auth/admin/fields.h"
#include "auth/admin/records.h"
#include "auth/hex.h"
#include "auth/keys.h"
#include "auth/providers/redis_keys.h"
#include "auth/providers/redis_records.h"

namespace culvert::auth::admin {
namespace {

using redis::Reply;

template <typename T>
std::optional<std::string> ErrorOf(const Parsed<T>& parsed) {
  return parsed ? std::nullopt : std::optional(parsed.error());
}

Result<std::string, Trouble> UserKey(Workplace& place, const RecordName& record) {
  const Request& request = place.request;
  Fields fields = request.fields;
  if (!request.keys_file.empty()) {
    auto more = ReadFields(place.console, request.keys_file);
    if (!more) return Failure{more.error()};
    fields.merge(*more);
  }
  if (const auto given = fields.find("key"); given != fields.end()) {
    const auto key = ParseMd5Key(given->second);
    if (!key) return UsedWrongly("key: expected 32 hex digits");
    return Hex(*key);
  }
  const auto password =
      ReadSecret(place.console, request.secret, "password of " + record.name, /*twice=*/true);
  if (!password) return Failure{password.error()};
  return Hex(DeriveMd5Key(record.name, record.realm, password->view()));
}

// The record's own commands. With --replace nothing of an older one stays.
Result<std::vector<Step::Words>, Trouble> Writing(Workplace& place, const RecordName& record) {
  const std::string key = KeyOf(record);
  std::vector<Step::Words> commands = {{"DEL", key}};
  if (record.kind == Kind::kUser) {
    auto user_key = UserKey(place, record);
    if (!user_key) return Failure{user_key.error()};
    commands.push_back({"SET", key, std::move(*user_key)});
    return commands;
  }
  const auto fields = FieldsToWrite(place, record);
  if (!fields) return Failure{fields.error()};
  if (const auto problem = ProblemOf(record.kind, AsHash(*fields))) {
    return UsedWrongly("nothing is written: " + *problem);
  }
  Step::Words hset = {"HSET", key};
  for (const auto& [name, value] : *fields) {
    hset.push_back(name);
    hset.push_back(value);
  }
  commands.push_back(std::move(hset));
  const auto expires = fields->find("expires");
  if (expires != fields->end() && (place.request.expire_key || record.kind == Kind::kGba)) {
    commands.push_back({"EXPIREAT", key, expires->second});
  }
  return commands;
}

}  // namespace

std::optional<std::string> ProblemOf(Kind kind, const Reply& value) {
  switch (kind) {
    case Kind::kUser:
      return ErrorOf(ParseCoturnKey(value));
    case Kind::kDigest:
      return ErrorOf(ParseDigestRecord(value));
    case Kind::kGba:
      return ErrorOf(ParseGbaRecord(value));
    case Kind::kOauth:
      return ErrorOf(ParseTokenKeyRecord(value));
    case Kind::kSecret:
      return ErrorOf(ParseSecrets(value));
    case Kind::kRealm:
      break;
  }
  return std::nullopt;
}

Result<RecordName, Trouble> NameOfRequest(Workplace& place) {
  RecordName record{place.request.kind, {}, place.request.name};
  if (const auto wrong = WrongName(record.name)) return UsedWrongly("the name " + *wrong);
  if (!HasRealm(record.kind)) return record;
  auto realm = place.Realm();
  if (!realm) return Failure{realm.error()};
  record.realm = std::move(*realm);
  return record;
}

void TellDone(Workplace& place, const std::string& verb, const RecordName& record) {
  Json json = {{"done", verb}, {"kind", NameOf(record.kind)}};
  if (HasRealm(record.kind)) json["realm"] = record.realm;
  json["name"] = record.name;
  place.Tell(verb + " " + Describe(record), json);
}

std::vector<Pointer> PointersOf(const Request& request, const RecordName& record) {
  std::vector<Pointer> pointers;
  if (request.userhash) {
    pointers.push_back({UserhashKey(DeriveUserHash(record.name, record.realm)), record.name});
  }
  for (const std::string& impu : request.impus) pointers.push_back({ImpuKey(impu), record.name});
  return pointers;
}

Done AddRecord(Workplace& place) {
  const auto record = NameOfRequest(place);
  if (!record) return Failure{record.error()};
  if (auto done = place.CheckWhere(); !done) return done;
  auto commands = Writing(place, *record);
  if (!commands) return Failure{commands.error()};
  for (Pointer& pointer : PointersOf(place.request, *record)) {
    commands->push_back({"SET", std::move(pointer.key), std::move(pointer.name)});
  }
  const auto store = place.OpenStore();
  if (!store) return Failure{store.error()};
  const auto when = place.request.replace ? Step::When::kAlways : Step::When::kNew;
  const auto applied =
      (*store)->Apply({.key = KeyOf(*record), .when = when, .commands = std::move(*commands)});
  if (!applied) return Failure{applied.error()};
  if (!applied->condition_held) {
    return CouldNot(Describe(*record) + " is there already: --replace writes it anew");
  }
  TellDone(place, "added", *record);
  return Ok();
}

}  // namespace culvert::auth::admin
