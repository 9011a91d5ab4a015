#include "auth/providers/token_users.h"

#include <algorithm>
#include <utility>

#include "auth/base64.h"

namespace culvert::auth {
namespace {

// Apart from the names that people have.
constexpr const char* kSubjectPrefix = "oauth:";

struct Entry {
  std::string_view key_id;
  std::string_view algorithm;
  std::string_view key;
};

std::optional<Entry> Split(std::string_view entry) {
  const size_t first = entry.find(':');
  if (first == std::string_view::npos || first == 0) return std::nullopt;
  const size_t second = entry.find(':', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  return Entry{entry.substr(0, first), entry.substr(first + 1, second - first - 1),
               entry.substr(second + 1)};
}

Result<TokenSeal, std::string> ReadSeal(std::string_view server_name, const Entry& entry) {
  const std::string quoted = "'" + std::string(entry.key_id) + "'";
  const auto algorithm = ParseTokenAlgorithm(entry.algorithm);
  if (!algorithm) return Failure{quoted + " has an algorithm that is not A256GCM or A128GCM"};
  const size_t size = TokenKeySize(*algorithm);
  auto key = ParseBase64(entry.key);
  if (!key || key->size() < size) {
    return Failure{quoted + " has a key that is not base64 of " + std::to_string(size) +
                   " bytes or more"};
  }
  key->resize(size);
  return TokenSeal{*algorithm, std::move(*key), std::string(server_name)};
}

// coturn's client protects its messages with the first 16 bytes of a session key of 20: the size of
// an MD5 key. (Its server does the same, so the two do not notice.)
std::vector<IntegrityKeys> CoturnsKeysOf(const std::vector<uint8_t>& session_key) {
  constexpr size_t kSha1KeySize = 20;
  if (session_key.size() != kSha1KeySize) return {};
  IntegrityKeys cut;
  cut.token.assign(session_key.begin(), session_key.begin() + sizeof(Md5Key));
  return {cut};
}

}  // namespace

Result<std::shared_ptr<const TokenKeys>, std::string> TokenKeys::Load(
    std::string_view server_name, std::vector<SecretText> entries) {
  auto keys = std::make_shared<TokenKeys>();
  for (size_t i = 0; i < entries.size(); ++i) {
    const std::string number = "key " + std::to_string(i + 1) + ": ";
    const auto entry = Split(entries[i].view());
    if (!entry) return Failure{number + "expected key-id:A256GCM:base64-key"};
    auto seal = ReadSeal(server_name, *entry);
    if (!seal) return Failure{number + seal.error()};
    keys->seals_.insert_or_assign(std::string(entry->key_id), std::move(seal).value());
  }
  return std::shared_ptr<const TokenKeys>(std::move(keys));
}

const TokenSeal* TokenKeys::Find(std::string_view key_id) const {
  const auto found = seals_.find(key_id);
  return found == seals_.end() ? nullptr : &found->second;
}

Answer CredentialOf(const Question& question, const TokenSeal& seal, WallTime now,
                    const Policy& policy) {
  auto token = OpenAccessToken(question.access_token, seal);
  if (!token) return Failure{Refusal::kBarred};
  const seconds age = std::chrono::abs(now - token->issued);
  if (age >= token->lifetime + kTokenTolerance) return Failure{Refusal::kExpired};
  auto credential = std::make_shared<Credential>();
  credential->username = question.username;
  credential->subject = kSubjectPrefix + seal.server_name;
  credential->realm = question.realm;
  credential->keys.token = std::move(token->session_key);
  credential->older_keys = CoturnsKeysOf(credential->keys.token);
  credential->policy = policy;
  credential->expiry = token->issued + token->lifetime + kTokenTolerance;
  return CredentialPtr(std::move(credential));
}

void TokenUsers::Lookup(const Question& question, const Now& now,
                        std::function<void(Answer)> done) {
  const TokenSeal* const seal =
      question.access_token.empty() ? nullptr : keys_->Find(question.username);
  if (seal == nullptr) return done(Failure{Refusal::kUnknownUser});
  done(CredentialOf(question, *seal, now.wall));
}

}  // namespace culvert::auth
