#include <utility>

#include "auth/admin/fields.h"
#include "auth/admin/records.h"

namespace culvert::auth::admin {
namespace {

// One step that writes what has a value and removes what has none.
Step Changing(const std::string& key, const Fields& changes) {
  Step step{.key = key, .when = Step::When::kThere, .commands = {}};
  for (const auto& [name, value] : changes) {
    if (value.empty()) {
      step.commands.push_back({"HDEL", key, name});
    } else {
      step.commands.push_back({"HSET", key, name, value});
    }
  }
  return step;
}

// Redis's own date goes with the field, lest it removes the record at the old one.
void MoveExpiry(const std::string& expires, bool may_begin, bool has_ttl, Step* step) {
  if (expires.empty()) {
    step->commands.push_back({"PERSIST", step->key});
  } else if (may_begin || has_ttl) {
    step->commands.push_back({"EXPIREAT", step->key, expires});
  }
}

Fields Merged(Fields fields, const Fields& changes) {
  for (const auto& [name, value] : changes) {
    if (value.empty()) {
      fields.erase(name);
    } else {
      fields[name] = value;
    }
  }
  return fields;
}

}  // namespace

Done SetRecord(Workplace& place) {
  const auto record = NameOfRequest(place);
  if (!record) return Failure{record.error()};
  if (auto done = place.CheckWhere(); !done) return done;
  const auto changes = FieldsToChange(place, *record);
  if (!changes) return Failure{changes.error()};
  const auto store = place.OpenStore();
  if (!store) return Failure{store.error()};
  const std::string key = KeyOf(*record);
  const auto there = (*store)->AskAll({{"HGETALL", key}, {"TTL", key}});
  if (!there) return Failure{there.error()};
  if (there->front().elements().empty()) return CouldNot("there is no " + Describe(*record));
  const Fields result = Merged(FromHash(there->front()), *changes);
  if (result.empty()) return UsedWrongly("nothing would be left of it: delete does that");
  if (const auto problem = ProblemOf(record->kind, AsHash(result))) {
    return UsedWrongly("nothing is written: " + *problem);
  }
  Step step = Changing(key, *changes);
  if (const auto expires = changes->find("expires"); expires != changes->end()) {
    const bool may_begin = place.request.expire_key || record->kind == Kind::kGba;
    MoveExpiry(expires->second, may_begin, there->back().integer() >= 0, &step);
  }
  const auto applied = (*store)->Apply(step);
  if (!applied) return Failure{applied.error()};
  if (!applied->condition_held) return CouldNot("there is no " + Describe(*record));
  TellDone(place, "set", *record);
  return Ok();
}

}  // namespace culvert::auth::admin
