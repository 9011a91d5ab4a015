#include "auth/admin/realms.h"

#include <algorithm>
#include <cctype>
#include <limits>
#include <ostream>
#include <set>
#include <utility>

#include "auth/providers/redis_keys.h"
#include "auth/providers/redis_records.h"

namespace culvert::auth::admin {
namespace {

using redis::Reply;

constexpr const char* kAllowed = "allowed-peer-ip";
constexpr const char* kDenied = "denied-peer-ip";

// As coturn reads ranges, which knows no prefixes.
Done PutRanges(const char* command, const std::string& key, const std::vector<std::string>& ranges,
               Step* step) {
  if (ranges.empty()) return Ok();
  Step::Words words = {command, key};
  for (const std::string& text : ranges) {
    const auto range = AddressRange::Parse(text);
    if (!range) {
      return UsedWrongly(text + ": expected an address, FIRST-LAST, or ADDRESS/BITS");
    }
    words.push_back(range->ToString());
  }
  step->commands.push_back(std::move(words));
  return Ok();
}

Done PutPeers(const char* command, const Request& request, const std::string& realm, Step* step) {
  if (auto done = PutRanges(command, CoturnRealmKey(realm, kAllowed), request.allowed, step); !done)
    return done;
  return PutRanges(command, CoturnRealmKey(realm, kDenied), request.denied, step);
}

Done PutLimits(const std::map<std::string, std::string>& limits, const std::string& realm,
               Step* step) {
  for (const auto& [name, value] : limits) {
    const uint64_t most = name == "max-bps" ? std::numeric_limits<uint64_t>::max()
                                            : std::numeric_limits<uint32_t>::max();
    const auto number = ParseLimit(Reply::Text(Reply::Type::kString, value), most);
    if (!number) return UsedWrongly("--" + name + ": " + number.error());
    const std::string key = CoturnRealmKey(realm, name);
    if (**number == 0) {
      step->commands.push_back({"DEL", key});
    } else {
      step->commands.push_back({"SET", key, std::to_string(**number)});
    }
  }
  return Ok();
}

Done ApplyAndTell(Workplace& place, const Step& step, const char* verb, const std::string& realm) {
  const auto store = place.OpenStore();
  if (!store) return Failure{store.error()};
  const auto applied = (*store)->Apply(step);
  if (!applied) return Failure{applied.error()};
  const bool deleting = std::string_view(verb) == "deleted";
  if (deleting && applied->touched == 0) return CouldNot("nothing of that is set for " + realm);
  place.Tell(std::string(verb) + " realm " + realm,
             {{"done", verb}, {"kind", "realm"}, {"realm", realm}});
  return Ok();
}

std::string Joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
  return all;
}

std::vector<std::string> SortedTexts(const Reply& set) {
  std::vector<std::string> texts;
  for (const Reply& element : set.elements()) texts.push_back(element.text());
  std::sort(texts.begin(), texts.end());
  return texts;
}

// What is set, in the order in which it is shown.
Result<Json, Trouble> ReadRealm(Workplace& place, const std::string& realm) {
  const auto store = place.OpenStore();
  if (!store) return Failure{store.error()};
  std::vector<redis::Command> commands;
  for (const char* limit : kRealmLimits) commands.push_back({"GET", CoturnRealmKey(realm, limit)});
  for (const char* list : {kAllowed, kDenied}) {
    commands.push_back({"SMEMBERS", CoturnRealmKey(realm, list)});
  }
  commands.push_back({"SCARD", CoturnRealmKey(realm, "secret")});
  const auto replies = (*store)->AskAll(std::move(commands));
  if (!replies) return Failure{replies.error()};
  const auto origins = OriginsOf(place, realm);
  if (!origins) return Failure{origins.error()};

  Json json = Json::object();
  size_t at = 0;
  for (const char* limit : kRealmLimits) {
    const Reply& value = (*replies)[at++];
    if (!value.is_nil()) json[limit] = value.text();
  }
  for (const char* list : {kAllowed, kDenied}) {
    const auto texts = SortedTexts((*replies)[at++]);
    if (!texts.empty()) json[list] = texts;
  }
  for (const auto& [origin, leads_to] : *origins) json["origins"].push_back(origin);
  if (const int64_t secrets = (*replies)[at].integer(); secrets > 0) json["secrets"] = secrets;
  return json;
}

std::string AsText(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_array()) return Joined(value.get<std::vector<std::string>>());
  return value.dump();
}

}  // namespace

std::string CanonicalOrigin(std::string_view origin) {
  std::string text(origin);
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::string_view kBehindScheme = "://";
  const size_t colon = text.find(kBehindScheme);
  if (colon == std::string::npos) return text;
  const size_t host = colon + kBehindScheme.size();
  text.resize(std::min(text.find('/', host), text.size()));
  const size_t bracket = text.find(']', host);
  const bool has_port =
      text.find(':', bracket == std::string::npos ? host : bracket) != std::string::npos;
  if (has_port) return text;
  const std::string_view scheme = std::string_view(text).substr(0, colon);
  if (scheme == "http") return text + ":80";
  if (scheme == "https") return text + ":443";
  return text;
}

Result<Origins, Trouble> OriginsOf(Workplace& place, const std::string& realm) {
  const auto store = place.OpenStore();
  if (!store) return Failure{store.error()};
  const auto keys = (*store)->Scan(std::string(kOriginPrefix) + "*");
  if (!keys) return Failure{keys.error()};
  std::vector<redis::Command> commands;
  for (const std::string& key : *keys) commands.push_back({"GET", key});
  const auto values = (*store)->AskAll(std::move(commands));
  if (!values) return Failure{values.error()};
  Origins origins;
  for (size_t i = 0; i < keys->size(); ++i) {
    const std::string& leads_to = (*values)[i].text();
    if (realm.empty() || leads_to == realm) {
      origins[(*keys)[i].substr(kOriginPrefix.size())] = leads_to;
    }
  }
  return origins;
}

Done AddRealm(Workplace& place) {
  const Request& request = place.request;
  const auto realm = place.Realm();
  if (!realm) return Failure{realm.error()};
  Step step{.key = CoturnRealmKey(*realm, kRealmLimits[0]), .commands = {}};
  if (auto done = PutLimits(request.fields, *realm, &step); !done) return done;
  if (auto done = PutPeers("SADD", request, *realm, &step); !done) return done;
  for (const std::string& origin : request.origins) {
    step.commands.push_back({"SET", OriginKey(CanonicalOrigin(origin)), *realm});
  }
  if (step.commands.empty()) {
    return UsedWrongly(
        "nothing to set: a realm is there as soon as it has a user, a secret, a "
        "limit, a peer or an origin");
  }
  return ApplyAndTell(place, step, "set", *realm);
}

Done ShowRealm(Workplace& place) {
  const auto realm = place.Realm();
  if (!realm) return Failure{realm.error()};
  const auto json = ReadRealm(place, *realm);
  if (!json) return Failure{json.error()};
  if (place.request.json) {
    place.PrintJson({{"kind", "realm"}, {"realm", *realm}, {"fields", *json}});
    return Ok();
  }
  if (json->empty()) return CouldNot("nothing is set for realm " + *realm);
  place.console.out << "realm " << *realm << "\n";
  for (const auto& [name, value] : json->items()) {
    place.console.out << "  " << name << " = " << Printable(AsText(value)) << "\n";
  }
  return Ok();
}

Done ListRealms(Workplace& place) {
  const auto store = place.OpenStore();
  if (!store) return Failure{store.error()};
  std::set<std::string> realms;
  for (const char* pattern : {"turn/realm/*", "culvert/digest/*"}) {
    const auto keys = (*store)->Scan(pattern);
    if (!keys) return Failure{keys.error()};
    for (const std::string& key : *keys) {
      const auto concerned = ConcernedBy(key);
      if (concerned && !concerned->realm.empty()) realms.emplace(concerned->realm);
    }
  }
  const auto origins = OriginsOf(place, {});
  if (!origins) return Failure{origins.error()};
  for (const auto& [origin, realm] : *origins) realms.insert(realm);
  if (place.request.json) {
    place.PrintJson(realms);
    return Ok();
  }
  for (const std::string& realm : realms) place.console.out << Printable(realm) << "\n";
  return Ok();
}

Done DeleteRealm(Workplace& place) {
  const Request& request = place.request;
  const auto realm = place.Realm();
  if (!realm) return Failure{realm.error()};
  Step step{.key = CoturnRealmKey(*realm, kRealmLimits[0]), .commands = {}};
  if (auto done = PutPeers("SREM", request, *realm, &step); !done) return done;
  for (const std::string& origin : request.origins) {
    step.commands.push_back(DeleteIfEqual(OriginKey(CanonicalOrigin(origin)), *realm));
  }
  if (!step.commands.empty()) return ApplyAndTell(place, step, "deleted", *realm);
  const auto origins = OriginsOf(place, *realm);
  if (!origins) return Failure{origins.error()};
  for (const char* limit : kRealmLimits) {
    step.commands.push_back({"DEL", CoturnRealmKey(*realm, limit)});
  }
  for (const char* list : {kAllowed, kDenied}) {
    step.commands.push_back({"DEL", CoturnRealmKey(*realm, list)});
  }
  for (const auto& [origin, leads_to] : *origins) {
    step.commands.push_back(DeleteIfEqual(std::string(kOriginPrefix) + origin, *realm));
  }
  return ApplyAndTell(place, step, "deleted", *realm);
}

}  // namespace culvert::auth::admin
