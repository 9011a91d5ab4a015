#include "auth/providers/redis_keys.h"

#include "auth/hex.h"

namespace culvert::auth {
namespace {

constexpr std::string_view kDigest = "culvert/digest/";
constexpr std::string_view kGba = "culvert/gba/";
constexpr std::string_view kUserhash = "culvert/userhash/";
constexpr std::string_view kImpu = "culvert/impu/";
constexpr std::string_view kCoturnRealm = "turn/realm/";
constexpr std::string_view kCoturnToken = "turn/oauth/kid/";
constexpr std::string_view kCoturnOrigin = "turn/origin/";
constexpr std::string_view kCoturnUser = "/user/";
constexpr std::string_view kCoturnKey = "/key";

std::string Joined(std::initializer_list<std::string_view> parts) {
  std::string all;
  for (const std::string_view part : parts) all += part;
  return all;
}

// turn/realm/<realm>/user/<name>/key and turn/realm/<realm>/<what>. Below a user there are the
// states of allocations, too, which change all the time.
std::optional<Concerned> ConcernedByCoturn(std::string_view rest) {
  const size_t user = rest.find(kCoturnUser);
  if (user == std::string_view::npos) {
    const size_t slash = rest.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    return Concerned{{}, rest.substr(0, rest.rfind('/'))};
  }
  if (!rest.ends_with(kCoturnKey)) return std::nullopt;
  const std::string_view realm = rest.substr(0, user);
  rest.remove_prefix(user + kCoturnUser.size());
  if (rest.size() <= kCoturnKey.size()) return std::nullopt;
  rest.remove_suffix(kCoturnKey.size());
  return Concerned{rest, realm};
}

std::optional<Concerned> ConcernedByDigest(std::string_view rest) {
  const size_t slash = rest.find('/');
  if (slash == std::string_view::npos || slash + 1 == rest.size()) return std::nullopt;
  return Concerned{rest.substr(slash + 1), rest.substr(0, slash)};
}

std::optional<std::string_view> Behind(std::string_view prefix, std::string_view key) {
  if (!key.starts_with(prefix)) return std::nullopt;
  return key.substr(prefix.size());
}

}  // namespace

std::string DigestKey(std::string_view realm, std::string_view name) {
  return Joined({kDigest, realm, "/", name});
}

std::string GbaRecordKey(std::string_view b_tid) {
  return Joined({kGba, b_tid});
}

std::string UserhashKey(ByteView userhash) {
  return Joined({kUserhash, Hex(userhash)});
}

std::string ImpuKey(std::string_view impu) {
  return Joined({kImpu, impu});
}

std::string CoturnUserKey(std::string_view realm, std::string_view name) {
  return Joined({kCoturnRealm, realm, kCoturnUser, name, kCoturnKey});
}

std::string CoturnRealmKey(std::string_view realm, std::string_view what) {
  return Joined({kCoturnRealm, realm, "/", what});
}

std::string CoturnTokenKey(std::string_view key_id) {
  return Joined({kCoturnToken, key_id});
}

std::string OriginKey(std::string_view origin) {
  return Joined({kCoturnOrigin, origin});
}

std::vector<std::string> WatchedPrefixes() {
  std::vector<std::string> prefixes;
  for (const std::string_view prefix :
       {kDigest, kGba, kImpu, kCoturnRealm, kCoturnToken, kCoturnOrigin}) {
    prefixes.emplace_back(prefix);
  }
  return prefixes;
}

std::optional<std::string_view> TokenKeyIdIn(std::string_view key) {
  return Behind(kCoturnToken, key);
}

std::optional<std::string_view> OriginIn(std::string_view key) {
  return Behind(kCoturnOrigin, key);
}

std::optional<Concerned> ConcernedBy(std::string_view key) {
  const auto behind = [&key](std::string_view prefix) { return key.substr(prefix.size()); };
  if (key.starts_with(kDigest)) return ConcernedByDigest(behind(kDigest));
  if (key.starts_with(kCoturnRealm)) return ConcernedByCoturn(behind(kCoturnRealm));
  for (const std::string_view prefix : {kGba, kImpu}) {
    if (key.starts_with(prefix) && key.size() > prefix.size()) {
      return Concerned{behind(prefix), {}};
    }
  }
  return std::nullopt;
}

}  // namespace culvert::auth
