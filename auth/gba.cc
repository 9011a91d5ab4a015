#include "auth/gba.h"

#include <algorithm>

#include "auth/base64.h"
#include "auth/hex.h"
#include "server/stun/integrity.h"

namespace culvert::auth {
namespace {

// Annex B.1: the code of all keys of B.3.
constexpr uint8_t kKsNafFc = 0x01;
constexpr size_t kMostParameterBytes = 0xffff;

struct RealmKind {
  std::string_view prefix;
  GbaKey key;
};
constexpr RealmKind kRealmKinds[] = {{"3GPP-bootstrapping@", GbaKey::kMe},
                                     {"3GPP-bootstrapping-uicc@", GbaKey::kUicc},
                                     {"3GPP-bootstrapping-digest@", GbaKey::kDigest}};

bool IsHostCharacter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}

}  // namespace

std::optional<GbaRealm> ParseGbaRealm(std::string_view realm) {
  for (const RealmKind& kind : kRealmKinds) {
    if (!realm.starts_with(kind.prefix) || realm.size() == kind.prefix.size()) continue;
    return GbaRealm{kind.key, realm.substr(kind.prefix.size())};
  }
  return std::nullopt;
}

bool IsBTid(std::string_view username) {
  const size_t at = username.find('@');
  if (at == std::string_view::npos || at + 1 == username.size()) return false;
  const auto rand = ParseBase64(username.substr(0, at));
  const std::string_view server = username.substr(at + 1);
  return rand && rand->size() == Rand().size() &&
         std::all_of(server.begin(), server.end(), IsHostCharacter);
}

std::optional<UaId> ParseUaId(std::string_view hex) {
  UaId ua;
  if (!ParseHex(hex, ua)) return std::nullopt;
  return ua;
}

std::vector<uint8_t> NafId(std::string_view fqdn, const UaId& ua) {
  std::vector<uint8_t> id(fqdn.begin(), fqdn.end());
  id.insert(id.end(), ua.begin(), ua.end());
  return id;
}

std::array<uint8_t, 32> GbaKdf(ByteView key, uint8_t fc,
                               std::initializer_list<ByteView> parameters) {
  std::vector<uint8_t> s = {fc};
  for (const ByteView& parameter : parameters) {
    s.insert(s.end(), parameter.begin(), parameter.end());
    s.push_back(static_cast<uint8_t>(parameter.size() >> 8));
    s.push_back(static_cast<uint8_t>(parameter.size()));
  }
  return stun::HmacSha256(key, s);
}

std::optional<KsNaf> DeriveKsNaf(GbaKey which, const Ks& ks, const Rand& rand,
                                 std::string_view impi, std::string_view fqdn, const UaId& ua) {
  if (which == GbaKey::kDigest || impi.empty() || fqdn.empty()) return std::nullopt;
  if (std::max(impi.size(), fqdn.size() + ua.size()) > kMostParameterBytes) return std::nullopt;
  const std::string_view label = which == GbaKey::kUicc ? "gba-u" : "gba-me";
  return GbaKdf(ks, kKsNafFc, {AsBytes(label), rand, AsBytes(impi), NafId(fqdn, ua)});
}

SecretText GbaPassword(const KsNaf& ks_naf) {
  return SecretText(ToBase64(ks_naf));
}

}  // namespace culvert::auth
