#include "auth/providers/redis_answer.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "auth/keys.h"
#include "auth/providers/ephemeral_secret.h"
#include "auth/providers/redis_keys.h"
#include "auth/providers/redis_records.h"

namespace culvert::auth {
namespace {

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool EqualHosts(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return Lower(x) == Lower(y); });
}

template <typename T>
std::optional<T> Limit(const std::string& key, const redis::Reply& reply,
                       std::vector<Finding>* findings) {
  const auto parsed = ParseLimit(reply, std::numeric_limits<T>::max());
  if (!parsed) {
    findings->push_back({key, parsed.error()});
    return std::nullopt;
  }
  if (!*parsed) return std::nullopt;
  return static_cast<T>(**parsed);
}

std::vector<AddressRange> Ranges(const std::string& key, const redis::Reply& reply,
                                 std::vector<Finding>* findings) {
  std::string wrong;
  std::vector<AddressRange> ranges = ParseRanges(reply, &wrong);
  if (!wrong.empty()) findings->push_back({key, wrong});
  return ranges;
}

class Answering {
 public:
  Answering(const AskedUser& asked, const UserReplies& replies, const RedisUserSettings& settings,
            std::vector<Finding>* findings)
      : asked_(asked), replies_(replies), settings_(settings), findings_(*findings) {}

  Answer Run() {
    if (auto answer = FromDigest()) return *answer;
    if (auto answer = FromGba()) return *answer;
    if (auto answer = FromCoturnKey()) return *answer;
    if (auto answer = FromSecrets()) return *answer;
    const bool lost = replies_.database_size == redis::Reply::Integer(0);
    return Failure{lost ? Refusal::kProviderDown : Refusal::kUnknownUser};
  }

 private:
  using Found = std::optional<Answer>;  // nothing: this kind of record does not know the user

  Found FromDigest() {
    const std::string key = DigestKey(asked_.realm, asked_.account);
    const auto parsed = ParseDigestRecord(replies_.digest);
    if (!parsed) return Bad(key, parsed.error());
    const std::optional<DigestRecord>& record = *parsed;
    if (!record) return std::nullopt;
    if (record->barred) return Refused(Refusal::kBarred);
    if (record->expiry <= asked_.now.wall) return Refused(Refusal::kExpired);
    Credential credential;
    credential.keys = record->keys;
    credential.subject = record->subject.empty() ? asked_.account : record->subject;
    credential.expiry = record->expiry;
    return Known(std::move(credential), record->policy);
  }

  Found FromGba() {
    const std::string key = GbaRecordKey(asked_.account);
    const auto parsed = ParseGbaRecord(replies_.gba);
    if (!parsed) return Bad(key, parsed.error());
    const std::optional<GbaRecord>& record = *parsed;
    if (!record) return std::nullopt;
    if (record->barred) return Refused(Refusal::kBarred);
    if (record->expiry <= asked_.now.wall) {
      findings_.push_back({key, "the key's time is over: bootstrapping is due", /*bad=*/false});
      return Refused(Refusal::kExpired);
    }
    const std::optional<KsNaf> ks_naf = KsNafFor(*record, key);
    if (!ks_naf) return Refused(Refusal::kUnknownUser);
    Credential credential;
    credential.keys = DeriveKeys(asked_.username, asked_.realm, GbaPassword(*ks_naf).view());
    credential.subject = record->impi.empty() ? asked_.account : record->impi;
    credential.expiry = record->expiry;
    return Known(std::move(credential), record->policy);
  }

  // The key that the realm asks for: of the NAF that it names, else of the one that we are.
  std::optional<KsNaf> KsNafFor(const GbaRecord& record, const std::string& key) {
    const std::optional<GbaRealm> realm = ParseGbaRealm(asked_.realm);
    const GbaKey which = realm ? realm->key : GbaKey::kMe;
    const std::string_view naf = realm ? realm->naf : std::string_view(settings_.gba_naf);
    if (const auto& ready = which == GbaKey::kUicc ? record.ks_int_naf : record.ks_naf) {
      const bool fits = (naf.empty() || EqualHosts(naf, record.naf)) &&
                        record.ua.value_or(settings_.gba_ua) == settings_.gba_ua;
      if (fits) return ready;
    }
    if (record.ks) {
      const auto derived =
          DeriveKsNaf(which, *record.ks, record.rand, record.impi, naf, settings_.gba_ua);
      if (derived) return derived;
    }
    findings_.push_back({key, "holds no key for this realm's NAF, Ua and kind of GBA"});
    return std::nullopt;
  }

  Found FromCoturnKey() {
    const auto parsed = ParseCoturnKey(replies_.key);
    if (!parsed) return Bad(CoturnUserKey(asked_.realm, asked_.account), parsed.error());
    const std::optional<Md5Key>& key = *parsed;
    if (!key) return std::nullopt;
    Credential credential;
    credential.keys.md5 = *key;
    credential.subject = asked_.account;
    return Known(std::move(credential), {});
  }

  Found FromSecrets() {
    const auto name = ParseEphemeralName(asked_.username, settings_.rest_separator);
    if (!name) return std::nullopt;
    const auto parsed = ParseSecrets(replies_.secrets);
    if (!parsed) return Bad(CoturnRealmKey(asked_.realm, "secret"), parsed.error());
    const std::optional<std::vector<SecretText>>& secrets = *parsed;
    if (!secrets) return std::nullopt;
    if (name->expiry <= asked_.now.wall) return Refused(Refusal::kExpired);
    Credential credential;
    for (const SecretText& secret : *secrets) {
      const SecretText password = EphemeralPassword(secret.view(), asked_.username);
      credential.older_keys.push_back(DeriveKeys(asked_.username, asked_.realm, password.view()));
    }
    credential.keys = credential.older_keys.front();
    credential.older_keys.erase(credential.older_keys.begin());
    credential.subject = name->subject;
    credential.expiry = name->expiry;
    return Known(std::move(credential), {});
  }

  Found Refused(Refusal refusal) const { return Answer(Failure{refusal}); }

  Found Bad(const std::string& key, const std::string& what) {
    findings_.push_back({key, what});
    return Refused(Refusal::kUnknownUser);
  }

  // `of_user` goes before what holds for the realm. Ranges do so as a whole: one that is denied to
  // a user must not be behind one that is allowed to the realm.
  Found Known(Credential credential, const Policy& of_user) {
    credential.username = asked_.username;
    credential.realm = asked_.realm;
    credential.userhash = asked_.userhash;
    if (asked_.account != asked_.username) credential.account = asked_.account;
    Policy policy = RealmPolicyFrom(asked_.realm, replies_, &findings_);
    if (of_user.user_quota) policy.user_quota = of_user.user_quota;
    if (of_user.max_bytes_per_second) policy.max_bytes_per_second = of_user.max_bytes_per_second;
    policy.max_lifetime = of_user.max_lifetime;
    if (!of_user.allowed_peers.empty() || !of_user.denied_peers.empty()) {
      policy.allowed_peers = of_user.allowed_peers;
      policy.denied_peers = of_user.denied_peers;
    }
    credential.policy = std::move(policy);
    return Answer(CredentialPtr(std::make_shared<const Credential>(std::move(credential))));
  }

  const AskedUser& asked_;
  const UserReplies& replies_;
  const RedisUserSettings& settings_;
  std::vector<Finding>& findings_;
};

}  // namespace

Policy RealmPolicyFrom(std::string_view realm, const UserReplies& replies,
                       std::vector<Finding>* findings) {
  const auto key = [realm](const char* what) { return CoturnRealmKey(realm, what); };
  Policy policy;
  policy.user_quota = Limit<uint32_t>(key("user-quota"), replies.user_quota, findings);
  policy.realm_quota = Limit<uint32_t>(key("total-quota"), replies.total_quota, findings);
  policy.max_bytes_per_second = Limit<uint64_t>(key("max-bps"), replies.max_bps, findings);
  policy.allowed_peers = Ranges(key("allowed-peer-ip"), replies.allowed_peers, findings);
  policy.denied_peers = Ranges(key("denied-peer-ip"), replies.denied_peers, findings);
  return policy;
}

Answer AnswerFrom(const AskedUser& asked, const UserReplies& replies,
                  const RedisUserSettings& settings, std::vector<Finding>* findings) {
  return Answering(asked, replies, settings, findings).Run();
}

}  // namespace culvert::auth
