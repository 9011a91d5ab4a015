#include "auth/admin/layout.h"

#include <algorithm>

#include "auth/admin/store.h"
#include "auth/providers/redis_keys.h"
#include "server/stun/protocol.h"

namespace culvert::auth::admin {
namespace {

constexpr std::string_view kDigestPrefix = "culvert/digest/";
constexpr std::string_view kGbaPrefix = "culvert/gba/";
constexpr std::string_view kOauthPrefix = "turn/oauth/kid/";
constexpr std::string_view kRealmPrefix = "turn/realm/";

const std::vector<std::string_view> kDigestFields = {
    "ha1",        "ha1-sha256", "expires",      "barred",          "subject",
    "user-quota", "max-bps",    "max-lifetime", "allowed-peer-ip", "denied-peer-ip"};
const std::vector<std::string_view> kGbaFields = {"ks-naf",
                                                  "ks-int-naf",
                                                  "naf",
                                                  "ua",
                                                  "ks",
                                                  "rand",
                                                  "impi",
                                                  "expires",
                                                  "barred",
                                                  "user-quota",
                                                  "max-bps",
                                                  "max-lifetime",
                                                  "allowed-peer-ip",
                                                  "denied-peer-ip"};
const std::vector<std::string_view> kOauthFields = {"ikm_key", "timestamp", "lifetime", "as_rs_alg",
                                                    "realm"};
const std::vector<std::string_view> kNoFields;

bool HasControlCharacter(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

// turn/realm/<realm>/user/<name>/key; the name may hold a '/'.
std::optional<RecordName> CoturnUserOf(std::string_view rest) {
  constexpr std::string_view kUser = "/user/";
  constexpr std::string_view kKey = "/key";
  const size_t user = rest.find(kUser);
  if (user == std::string_view::npos || !rest.ends_with(kKey)) return std::nullopt;
  const size_t name = user + kUser.size();
  if (rest.size() <= name + kKey.size()) return std::nullopt;
  return RecordName{Kind::kUser, std::string(rest.substr(0, user)),
                    std::string(rest.substr(name, rest.size() - name - kKey.size()))};
}

std::optional<RecordName> DigestOf(std::string_view rest) {
  const size_t slash = rest.find('/');
  if (slash == std::string_view::npos || slash + 1 == rest.size()) return std::nullopt;
  return RecordName{Kind::kDigest, std::string(rest.substr(0, slash)),
                    std::string(rest.substr(slash + 1))};
}

std::string_view PrefixOf(Kind kind) {
  switch (kind) {
    case Kind::kDigest:
      return kDigestPrefix;
    case Kind::kGba:
      return kGbaPrefix;
    case Kind::kOauth:
      return kOauthPrefix;
    case Kind::kUser:
    case Kind::kSecret:
    case Kind::kRealm:
      break;
  }
  return kRealmPrefix;
}

}  // namespace

const char* NameOf(Kind kind) {
  switch (kind) {
    case Kind::kUser:
      return "user";
    case Kind::kDigest:
      return "digest";
    case Kind::kGba:
      return "gba";
    case Kind::kSecret:
      return "secret";
    case Kind::kOauth:
      return "oauth";
    case Kind::kRealm:
      break;
  }
  return "realm";
}

bool HasRealm(Kind kind) {
  return kind != Kind::kGba && kind != Kind::kOauth;
}

std::string KeyOf(const RecordName& record) {
  if (record.kind == Kind::kUser) return CoturnUserKey(record.realm, record.name);
  if (record.kind == Kind::kDigest) return DigestKey(record.realm, record.name);
  return std::string(PrefixOf(record.kind)) + record.name;
}

std::string PatternOf(Kind kind, const std::string& realm) {
  const std::string in = realm.empty() ? "*" : EscapedForPattern(realm);
  if (kind == Kind::kUser) return std::string(kRealmPrefix) + in + "/user/*/key";
  if (kind == Kind::kDigest) return std::string(kDigestPrefix) + in + "/*";
  return std::string(PrefixOf(kind)) + "*";
}

std::optional<RecordName> RecordOf(Kind kind, std::string_view key) {
  const std::string_view prefix = PrefixOf(kind);
  if (!key.starts_with(prefix) || key.size() == prefix.size()) return std::nullopt;
  const std::string_view rest = key.substr(prefix.size());
  if (kind == Kind::kUser) return CoturnUserOf(rest);
  if (kind == Kind::kDigest) return DigestOf(rest);
  return RecordName{kind, {}, std::string(rest)};
}

std::string Describe(const RecordName& record) {
  const std::string text = std::string(NameOf(record.kind)) + " " + record.name;
  return record.realm.empty() ? text : text + " in " + record.realm;
}

bool IsSecretField(std::string_view field) {
  constexpr std::string_view kSecretFields[] = {"ha1", "ha1-sha256", "ks-naf", "ks-int-naf",
                                                "ks",  "ikm_key",    "key",    "secret"};
  return std::find(std::begin(kSecretFields), std::end(kSecretFields), field) !=
         std::end(kSecretFields);
}

const std::vector<std::string_view>& FieldsOf(Kind kind) {
  switch (kind) {
    case Kind::kDigest:
      return kDigestFields;
    case Kind::kGba:
      return kGbaFields;
    case Kind::kOauth:
      return kOauthFields;
    case Kind::kUser:
    case Kind::kSecret:
    case Kind::kRealm:
      break;
  }
  return kNoFields;
}

std::optional<std::string> WrongRealm(std::string_view realm) {
  if (realm.empty()) return "is empty";
  if (realm.find('/') != std::string_view::npos) return "must not hold a /";
  if (HasControlCharacter(realm)) return "must not hold control characters";
  return std::nullopt;
}

std::optional<std::string> WrongName(std::string_view name) {
  if (name.empty()) return "is empty";
  if (HasControlCharacter(name)) return "must not hold control characters";
  if (name.size() > stun::kMaxUsernameSize) {
    return "is longer than any message can carry (" + std::to_string(stun::kMaxUsernameSize) +
           " bytes)";
  }
  return std::nullopt;
}

}  // namespace culvert::auth::admin
