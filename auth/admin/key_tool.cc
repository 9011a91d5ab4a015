#include "auth/admin/key_tool.h"

#include <algorithm>
#include <ostream>
#include <string_view>

#include "auth/admin/fields.h"
#include "auth/admin/records.h"
#include "auth/admin/secrets.h"
#include "auth/gba.h"
#include "auth/hex.h"
#include "auth/keys.h"

namespace culvert::auth::admin {
namespace {

// Names and values in columns, or an object.
void Print(Workplace& place, const Json& values) {
  if (place.request.json) {
    place.PrintJson(values);
    return;
  }
  constexpr size_t kColumn = 12;
  for (const auto& [name, value] : values.items()) {
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    place.console.out << name << std::string(kColumn - std::min(kColumn - 1, name.size()), ' ')
                      << text << "\n";
  }
}

template <typename Bytes>
Result<Bytes, Trouble> HexField(const Fields& fields, const std::string& name) {
  const auto field = fields.find(name);
  if (field == fields.end() || field->second.empty()) {
    return UsedWrongly("which " + name + "? Give --" + name + ", or a line " + name +
                       "=HEX in --keys-file");
  }
  Bytes bytes{};
  if (!ParseHex(field->second, bytes)) {
    return UsedWrongly(name + ": expected " + std::to_string(2 * bytes.size()) + " hex digits");
  }
  return bytes;
}

Result<Ks, Trouble> KsOf(const Fields& fields) {
  if (fields.contains("ks")) return HexField<Ks>(fields, "ks");
  std::array<std::array<uint8_t, 16>, 2> halves{};
  for (size_t i = 0; i < halves.size(); ++i) {
    const auto half = HexField<std::array<uint8_t, 16>>(fields, i == 0 ? "ck" : "ik");
    if (!half) return Failure{half.error()};
    halves[i] = *half;
  }
  Ks ks{};
  const auto behind_ck = std::copy(halves[0].begin(), halves[0].end(), ks.begin());
  std::copy(halves[1].begin(), halves[1].end(), behind_ck);
  return ks;
}

// From the command line, and from a file what should not stand there.
Result<Fields, Trouble> GbaFields(Workplace& place) {
  const Request& request = place.request;
  Fields fields;
  if (!request.ck.empty()) fields["ck"] = request.ck;
  if (!request.ik.empty()) fields["ik"] = request.ik;
  if (!request.rand.empty()) fields["rand"] = request.rand;
  if (request.keys_file.empty()) return fields;
  auto more = ReadFields(place.console, request.keys_file);
  if (!more) return Failure{more.error()};
  fields.merge(*more);
  return fields;
}

// The one of the request; else the newest that Redis has cannot be told, so the first.
Result<SecretText, Trouble> SharedSecret(Workplace& place) {
  const Request& request = place.request;
  const bool from_redis = !request.redis.empty() || !request.config.empty();
  if (request.secret.value || request.secret.file || !from_redis) {
    return ReadSecret(place.console, request.secret, "shared secret", /*twice=*/false);
  }
  const auto realm = place.Realm();
  if (!realm) return Failure{realm.error()};
  auto secrets = SecretsOf(place, *realm);
  if (!secrets) return Failure{secrets.error()};
  if (secrets->empty()) {
    return CouldNot(*realm + " has no secrets: culvert-admin add secret --realm " + *realm);
  }
  return SecretText(std::move(secrets->front()));
}

}  // namespace

Done PrintUserKeys(Workplace& place) {
  const auto record = NameOfRequest(place);
  if (!record) return Failure{record.error()};
  const auto password = ReadSecret(place.console, place.request.secret,
                                   "password of " + record->name, /*twice=*/false);
  if (!password) return Failure{password.error()};
  const IntegrityKeys keys = DeriveKeys(record->name, record->realm, password->view());
  Print(place, {{"ha1", Hex(*keys.md5)},
                {"ha1-sha256", Hex(*keys.sha256)},
                {"userhash", Hex(DeriveUserHash(record->name, record->realm))}});
  return Ok();
}

Done PrintGbaKeys(Workplace& place) {
  const Request& request = place.request;
  const auto fields = GbaFields(place);
  if (!fields) return Failure{fields.error()};
  const auto ks = KsOf(*fields);
  if (!ks) return Failure{ks.error()};
  const auto rand = HexField<Rand>(*fields, "rand");
  if (!rand) return Failure{rand.error()};
  const auto ua = request.ua.empty() ? std::optional(kHttpDigestUa) : ParseUaId(request.ua);
  if (!ua) return UsedWrongly("--ua: expected 10 hex digits");
  const GbaKey which = request.uicc ? GbaKey::kUicc : GbaKey::kMe;
  const auto ks_naf = DeriveKsNaf(which, *ks, *rand, request.impi, request.naf, *ua);
  if (!ks_naf) return UsedWrongly("--impi and --naf: expected names");
  Print(place, {{request.uicc ? "ks-int-naf" : "ks-naf", Hex(*ks_naf)},
                {"password", std::string(GbaPassword(*ks_naf).view())}});
  return Ok();
}

Done PrintCredential(Workplace& place) {
  const Request& request = place.request;
  if (!request.name.empty()) {
    if (const auto wrong = WrongName(request.name)) return UsedWrongly("--user " + *wrong);
  }
  const auto secret = SharedSecret(place);
  if (!secret) return Failure{secret.error()};
  const auto now = static_cast<uint64_t>(place.console.now.time_since_epoch().count());
  std::string username = std::to_string(now + request.ttl_seconds);
  if (!request.name.empty()) username += ":" + request.name;
  const std::string password(EphemeralPassword(secret->view(), username).view());
  Json credential = {{"username", username}, {"password", password}, {"ttl", request.ttl_seconds}};
  if (request.json || !request.uris.empty()) credential["uris"] = request.uris;
  Print(place, credential);
  return Ok();
}

}  // namespace culvert::auth::admin
