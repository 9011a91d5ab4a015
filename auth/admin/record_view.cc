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

// What is shown of a record.
struct View {
  Reply value;
  int64_t ttl = -1;  // seconds; negative: for ever
  // One of coturn's, which has no such field: the digest record before it has.
  bool barred_elsewhere = false;
};

void ShowAsJson(Workplace& place, const RecordName& record, const View& view) {
  Json json = AsJson(record);
  json["key"] = KeyOf(record);
  Json fields = Json::object();
  for (const auto& [name, text] : FieldsIn(record.kind, view.value)) {
    const bool hidden = IsSecretField(name) && !place.request.show_secrets;
    fields[name] = hidden ? Json(nullptr) : Json(text);
  }
  json["fields"] = std::move(fields);
  if (view.ttl >= 0) json["ttl"] = view.ttl;
  if (view.barred_elsewhere) json["barred"] = true;
  if (const auto problem = ProblemOf(record.kind, view.value)) json["problem"] = *problem;
  place.PrintJson(json);
}

void ShowAsText(Workplace& place, const RecordName& record, const View& view) {
  std::ostream& out = place.console.out;
  out << Printable(Describe(record)) << "\n";
  for (const auto& [name, text] : FieldsIn(record.kind, view.value)) {
    const bool hidden = IsSecretField(name) && !place.request.show_secrets;
    out << "  " << Printable(name) << " = " << (hidden ? kHidden : Printable(text)) << "\n";
  }
  if (view.ttl >= 0) out << "  Redis removes it in " << view.ttl << " s\n";
  if (view.barred_elsewhere) out << "  barred, by the digest record of this name\n";
  if (const auto problem = ProblemOf(record.kind, view.value)) {
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
  const bool is_user = record->kind == Kind::kUser;
  std::vector<redis::Command> questions = {{is_user ? "GET" : "HGETALL", key}, {"TTL", key}};
  if (is_user) {
    questions.push_back({"HGET", KeyOf({Kind::kDigest, record->realm, record->name}), "barred"});
  }
  auto replies = (*store)->AskAll(std::move(questions));
  if (!replies) return Failure{replies.error()};
  if (IsNothing(replies->front())) return CouldNot("there is no " + Describe(*record));
  const View view{.value = std::move(replies->front()),
                  .ttl = (*replies)[1].integer(),
                  .barred_elsewhere = is_user && replies->back().text() == "1"};
  if (place.request.json) {
    ShowAsJson(place, *record, view);
  } else {
    ShowAsText(place, *record, view);
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
