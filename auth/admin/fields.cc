#include "auth/admin/fields.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "auth/base64.h"
#include "auth/gba.h"
#include "auth/hex.h"
#include "auth/keys.h"

namespace culvert::auth::admin {
namespace {

constexpr int64_t kMostUnixSeconds = 99'999'999'999;

std::optional<int64_t> Number(std::string_view text) {
  int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || value < 0 || value > kMostUnixSeconds) {
    return std::nullopt;
  }
  return value;
}

std::optional<int64_t> SecondsOf(char unit) {
  switch (unit) {
    case 's':
      return 1;
    case 'm':
      return 60;
    case 'h':
      return 3600;
    case 'd':
      return 86400;
    default:
      return std::nullopt;
  }
}

// CK and IK side by side are Ks.
Done JoinKs(Fields* fields) {
  const auto ck = fields->find("ck");
  const auto ik = fields->find("ik");
  if (ck == fields->end() && ik == fields->end()) return Ok();
  if (ck == fields->end() || ik == fields->end())
    return CouldNot("ck and ik: one without the other");
  if (fields->contains("ks")) return CouldNot("ks: it is ck and ik; give it or them");
  (*fields)["ks"] = ck->second + ik->second;
  fields->erase("ck");
  fields->erase("ik");
  return Ok();
}

// A B-TID begins with RAND (TS 33.220 section 4.5.2).
void TakeRandOf(const std::string& b_tid, Fields* fields) {
  if (!fields->contains("ks") || fields->contains("rand")) return;
  const auto rand = ParseBase64(std::string_view(b_tid).substr(0, b_tid.find('@')));
  if (rand) (*fields)["rand"] = Hex(*rand);
}

Done CompleteGba(const RecordName& record, Fields* fields) {
  if (!IsBTid(record.name)) {
    return UsedWrongly(record.name +
                       " is no B-TID: expected base64 of RAND, @, and the name of the BSF");
  }
  if (auto done = JoinKs(fields); !done) return done;
  TakeRandOf(record.name, fields);
  if (fields->contains("ks") || fields->contains("ks-naf") || fields->contains("ks-int-naf")) {
    return Ok();
  }
  return UsedWrongly(
      "which key? Give --keys-file FILE (- for standard input) with a line ks-naf=HEX, or "
      "ks=HEX, or ck=HEX and ik=HEX");
}

bool HasDigestKey(const Fields& fields) {
  return fields.contains("ha1") || fields.contains("ha1-sha256");
}

bool HasPassword(const SecretSource& source) {
  return source.value || source.file;
}

Done TakePassword(Workplace& place, const RecordName& record, Fields* fields) {
  const SecretSource& source = place.request.secret;
  if (HasDigestKey(*fields)) return UsedWrongly("a key or a password, not both");
  const auto password =
      ReadSecret(place.console, source, "password of " + record.name, /*twice=*/true);
  if (!password) return Failure{password.error()};
  const IntegrityKeys keys = DeriveKeys(record.name, record.realm, password->view());
  (*fields)["ha1"] = Hex(*keys.md5);
  (*fields)["ha1-sha256"] = Hex(*keys.sha256);
  return Ok();
}

Done CompleteDigest(Workplace& place, const RecordName& record, Fields* fields) {
  if (HasDigestKey(*fields) && !HasPassword(place.request.secret)) return Ok();
  return TakePassword(place, record, fields);
}

Done CompleteOauth(const Fields& fields) {
  if (fields.contains("ikm_key")) return Ok();
  return UsedWrongly("which key? Give --keys-file FILE (- for standard input) with ikm_key=BASE64");
}

// The fields of the command line and of a file of keys; the command line goes before.
Result<Fields, Trouble> Given(Workplace& place) {
  Fields fields = place.request.fields;
  if (place.request.keys_file.empty()) return fields;
  auto more = ReadFields(place.console, place.request.keys_file);
  if (!more) return more;
  fields.merge(*more);
  return fields;
}

Done CheckNames(Kind kind, const Fields& fields) {
  const auto& known = FieldsOf(kind);
  for (const auto& [name, value] : fields) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return CouldNot(name + ": a record of kind " + NameOf(kind) + " has no such field");
    }
  }
  return Ok();
}

Done SetDate(Workplace& place, Fields* fields) {
  const auto expires = fields->find("expires");
  if (expires == fields->end() || expires->second.empty()) return Ok();
  const auto date = ParseDate(expires->second, place.console.now);
  if (!date) {
    return UsedWrongly("--expires: expected Unix seconds, or +30d, +12h, +15m, +90s from now on");
  }
  expires->second = std::to_string(date->time_since_epoch().count());
  return Ok();
}

}  // namespace

std::optional<WallTime> ParseDate(std::string_view text, WallTime now) {
  if (!text.starts_with('+')) {
    const auto unix_seconds = Number(text);
    return unix_seconds ? std::optional(WallTime(seconds(*unix_seconds))) : std::nullopt;
  }
  text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  const auto unit = SecondsOf(text.back());
  if (unit) text.remove_suffix(1);
  const auto count = Number(text);
  if (!count || *count > kMostUnixSeconds / 86400) return std::nullopt;
  return now + seconds(*count * unit.value_or(1));
}

redis::Reply AsHash(const Fields& fields) {
  std::vector<redis::Reply> elements;
  for (const auto& [name, value] : fields) {
    elements.push_back(redis::Reply::Text(redis::Reply::Type::kString, name));
    elements.push_back(redis::Reply::Text(redis::Reply::Type::kString, value));
  }
  return redis::Reply::Array(std::move(elements));
}

Fields FromHash(const redis::Reply& hash) {
  Fields fields;
  const std::vector<redis::Reply>& elements = hash.elements();
  for (size_t i = 0; i + 1 < elements.size(); i += 2) {
    fields[elements[i].text()] = elements[i + 1].text();
  }
  return fields;
}

Result<Fields, Trouble> FieldsToWrite(Workplace& place, const RecordName& record) {
  auto fields = Given(place);
  if (!fields) return fields;
  Done done = Ok();
  if (record.kind == Kind::kGba) done = CompleteGba(record, &*fields);
  if (record.kind == Kind::kDigest) done = CompleteDigest(place, record, &*fields);
  if (record.kind == Kind::kOauth) done = CompleteOauth(*fields);
  if (done) done = CheckNames(record.kind, *fields);
  if (done) done = SetDate(place, &*fields);
  if (!done) return Failure{done.error()};
  return fields;
}

Result<Fields, Trouble> FieldsToChange(Workplace& place, const RecordName& record) {
  auto fields = Given(place);
  if (!fields) return fields;
  Done done = JoinKs(&*fields);
  const bool has_password = HasPassword(place.request.secret) || place.request.ask_password;
  if (done && has_password) done = TakePassword(place, record, &*fields);
  if (done) done = CheckNames(record.kind, *fields);
  if (done) done = SetDate(place, &*fields);
  if (!done) return Failure{done.error()};
  if (fields->empty()) return UsedWrongly("nothing to set: give the fields that are to change");
  return fields;
}

}  // namespace culvert::auth::admin
