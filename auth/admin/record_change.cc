#include <utility>

#include "auth/admin/records.h"

namespace culvert::auth::admin {
namespace {

constexpr const char* kBarred = "barred";

struct Target {
  RecordName asked;    // what the operator calls it
  RecordName written;  // where barring is written
};

Result<Target, Trouble> TargetOf(Workplace& place) {
  auto record = NameOfRequest(place);
  if (!record) return Failure{record.error()};
  RecordName written = *record;
  if (written.kind == Kind::kUser) written.kind = Kind::kDigest;
  return Target{std::move(*record), std::move(written)};
}

}  // namespace

Done DeleteRecord(Workplace& place) {
  const auto record = NameOfRequest(place);
  if (!record) return Failure{record.error()};
  const auto store = place.OpenStore();
  if (!store) return Failure{store.error()};
  Step step{.key = KeyOf(*record), .when = Step::When::kThere, .commands = {}};
  step.commands.push_back({"DEL", step.key});
  for (Pointer& pointer : PointersOf(place.request, *record)) {
    step.commands.push_back(DeleteIfEqual(std::move(pointer.key), std::move(pointer.name)));
  }
  const auto applied = (*store)->Apply(step);
  if (!applied) return Failure{applied.error()};
  if (!applied->condition_held) return CouldNot("there is no " + Describe(*record));
  TellDone(place, "deleted", *record);
  return Ok();
}

Done BarRecord(Workplace& place) {
  const auto target = TargetOf(place);
  if (!target) return Failure{target.error()};
  const auto store = place.OpenStore();
  if (!store) return Failure{store.error()};
  // Users may be barred whom no record names: those of shared secrets make up their names.
  const auto when = target->asked.kind == Kind::kUser ? Step::When::kAlways : Step::When::kThere;
  const std::string key = KeyOf(target->written);
  const auto applied =
      (*store)->Apply({.key = key, .when = when, .commands = {{"HSET", key, kBarred, "1"}}});
  if (!applied) return Failure{applied.error()};
  if (!applied->condition_held) return CouldNot("there is no " + Describe(target->asked));
  TellDone(place, "barred", target->asked);
  return Ok();
}

Done UnbarRecord(Workplace& place) {
  const auto target = TargetOf(place);
  if (!target) return Failure{target.error()};
  const auto store = place.OpenStore();
  if (!store) return Failure{store.error()};
  const std::string key = KeyOf(target->written);
  const auto applied = (*store)->Apply(
      {.key = key, .when = Step::When::kAlways, .commands = {{"HDEL", key, kBarred}}});
  if (!applied) return Failure{applied.error()};
  if (applied->touched == 0) return CouldNot(Describe(target->asked) + " is not barred");
  TellDone(place, "unbarred", target->asked);
  return Ok();
}

}  // namespace culvert::auth::admin
