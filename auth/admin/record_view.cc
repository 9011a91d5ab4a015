#include <ostream>
#include <utility>

#include "auth/admin/records.h"

namespace culvert::auth::admin {
namespace {

using redis::Reply;

constexpr const char* kHidden = "(hidden: --secrets shows it)";

// Names and values, sorted by whoever wrote them. A string is a hash with one field.
std::vector<std::pair<std::string, std::string>> FieldsIn(Kind kind, const Reply& value) {
  std::vector<std::pair<std::string, std::string>> fields;
  if (kind == Kind::kUser) fields.emplace_back("key", value.text());
  const std::vector<Reply>& elements = value.elements();
  for (size_t i = 0; i + 1 < elements.size(); i += 2) {
    fields.emplace_back(elements[i].text(), elements[i + 1].text());
  }
  return fields;
}

bool IsNothing(const Reply& value) {
  return value.is_nil() || (value.is_array() && value.elements().empty());
}

Json AsJson(const RecordName& record) {
  Json json = {{"kind", NameOf(record.kind)}};
  if (HasRealm(record.kind)) json["realm"] = record.realm;
  json["name"] = record.name;
  return json;
}

void ShowAsJson(Workplace& place, const RecordName& record, const Reply& value, int64_t ttl) {
  Json json = AsJson(record);
  json["key"] = KeyOf(record);
  Json fields = Json::object();
  for (const auto& [name, text] : FieldsIn(record.kind, value)) {
    const bool hidden = IsSecretField(name) && !place.request.show_secrets;
    fields[name] = hidden ? Json(nullptr) : Json(text);
  }
  json["fields"] = std::move(fields);
  if (ttl >= 0) json["ttl"] = ttl;
  if (const auto problem = ProblemOf(record.kind, value)) json["problem"] = *problem;
  place.PrintJson(json);
}

void ShowAsText(Workplace& place, const RecordName& record, const Reply& value, int64_t ttl) {
  std::ostream& out = place.console.out;
  out << Printable(Describe(record)) << "\n";
  for (const auto& [name, text] : FieldsIn(record.kind, value)) {
    const bool hidden = IsSecretField(name) && !place.request.show_secrets;
    out << "  " << Printable(name) << " = " << (hidden ? kHidden : Printable(text)) << "\n";
  }
  if (ttl >= 0) out << "  Redis removes it in " << ttl << " s\n";
  if (const auto problem = ProblemOf(record.kind, value)) {
    out << "  The relay cannot read it: " << *problem << "\n";
  }
}

}  // namespace

Done ShowRecord(Workplace& place) {
  const auto record = NameOfRequest(place);
  if (!record) return Failure{record.error()};
  const auto store = place.OpenStore();
  if (!store) return Failure{store.error()};
  const std::string key = KeyOf(*record);
  const char* const command = record->kind == Kind::kUser ? "GET" : "HGETALL";
  const auto replies = (*store)->AskAll({{command, key}, {"TTL", key}});
  if (!replies) return Failure{replies.error()};
  const Reply& value = replies->front();
  if (IsNothing(value)) return CouldNot("there is no " + Describe(*record));
  const int64_t ttl = replies->back().integer();
  if (place.request.json) {
    ShowAsJson(place, *record, value, ttl);
  } else {
    ShowAsText(place, *record, value, ttl);
  }
  return Ok();
}

Done ListRecords(Workplace& place) {
  const Kind kind = place.request.kind;
  // Without a realm those of all realms.
  const std::string& realm = place.request.realm;
  const auto store = place.OpenStore();
  if (!store) return Failure{store.error()};
  const auto keys = (*store)->Scan(PatternOf(kind, realm));
  if (!keys) return Failure{keys.error()};
  Json all = Json::array();
  for (const std::string& key : *keys) {
    const auto record = RecordOf(kind, key);
    if (!record || (!realm.empty() && HasRealm(kind) && record->realm != realm)) continue;
    if (place.request.json) {
      all.push_back(AsJson(*record));
      continue;
    }
    place.console.out << Printable(record->name);
    if (HasRealm(kind)) place.console.out << "[" << Printable(record->realm) << "]";
    place.console.out << "\n";
  }
  if (place.request.json) place.PrintJson(all);
  return Ok();
}

}  // namespace culvert::auth::admin
