#include "auth/providers/static_users.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "auth/keys.h"
#include "server/stun/protocol.h"

namespace culvert::auth {
namespace {

// coturn passes over blanks between the colon and the secret; files written for it may have some.
std::string_view SkipBlanks(std::string_view text) {
  const size_t start = text.find_first_not_of(" \t");
  return start == std::string_view::npos ? std::string_view() : text.substr(start);
}

// What begins with 0x is a key and never a password: a key that lost a digit must not silently
// become a password that nobody knows. A key is one-way, so there is none of the other kind.
std::optional<IntegrityKeys> KeysOf(std::string_view name, std::string_view realm,
                                    std::string_view secret) {
  if (!secret.starts_with("0x")) return DeriveKeys(name, realm, secret);
  IntegrityKeys keys;
  keys.md5 = ParseMd5Key(secret);
  keys.sha256 = ParseSha256Key(secret);
  if (!keys.md5 && !keys.sha256) return std::nullopt;
  return keys;
}

}  // namespace

Result<Credential, std::string> ParseStaticUser(std::string_view realm, std::string_view entry) {
  const size_t colon = entry.find(':');
  if (colon == std::string_view::npos) {
    return Failure{std::string("has no colon; expected name:password or name:0xkey")};
  }
  const std::string_view name = entry.substr(0, colon);
  if (name.empty()) return Failure{std::string("has no name before the colon")};
  if (name.size() > stun::kMaxUsernameSize) {
    return Failure{"has a name of " + std::to_string(name.size()) +
                   " bytes; no message carries more than " +
                   std::to_string(stun::kMaxUsernameSize)};
  }
  const std::string quoted = "'" + std::string(name) + "'";
  const std::string_view secret = SkipBlanks(entry.substr(colon + 1));
  if (secret.empty()) return Failure{quoted + " has no password or key after the colon"};
  const std::optional<IntegrityKeys> keys = KeysOf(name, realm, secret);
  if (!keys)
    return Failure{quoted + " has a key that is not 0x and 32 (MD5) or 64 (SHA-256) hex digits"};
  Credential credential;
  credential.username = name;
  credential.subject = name;
  credential.realm = realm;
  credential.keys = *keys;
  return credential;
}

Result<std::shared_ptr<const StaticUserTable>, std::string> StaticUserTable::Load(
    std::string_view realm, std::vector<SecretText> entries) {
  auto table = std::make_shared<StaticUserTable>();
  table->realm_ = realm;
  for (size_t i = 0; i < entries.size(); ++i) {
    Result<Credential, std::string> parsed = ParseStaticUser(realm, entries[i].view());
    if (!parsed) return Failure{"user " + std::to_string(i + 1) + ": " + parsed.error()};
    std::string name = parsed->username;
    table->users_.insert_or_assign(std::move(name),
                                   std::make_shared<const Credential>(std::move(parsed).value()));
  }
  table->offers_ = {.sha256 = true, .userhash = true};
  for (const auto& [name, credential] : table->users_) {
    table->names_by_hash_.emplace(DeriveUserHash(name, realm), name);
    table->offers_.sha256 &= credential->keys.sha256.has_value();
  }
  return std::shared_ptr<const StaticUserTable>(std::move(table));
}

CredentialPtr StaticUserTable::Find(std::string_view username) const {
  const auto found = users_.find(username);
  return found == users_.end() ? nullptr : found->second;
}

CredentialPtr StaticUserTable::FindByHash(ByteView userhash) const {
  UserHash hash;
  if (userhash.size() != hash.size()) return nullptr;
  std::copy(userhash.begin(), userhash.end(), hash.begin());
  const auto name = names_by_hash_.find(hash);
  if (name == names_by_hash_.end()) return nullptr;
  auto named = std::make_shared<Credential>(*Find(name->second));
  named->userhash = hash;
  return named;
}

void StaticUsers::Lookup(const Question& question, const Now&, std::function<void(Answer)> done) {
  CredentialPtr credential;
  if (question.realm == table_->realm() && question.access_token.empty()) {
    credential = question.userhash.empty() ? table_->Find(question.username)
                                           : table_->FindByHash(question.userhash);
  }
  if (!credential) return done(Failure{Refusal::kUnknownUser});
  done(std::move(credential));
}

}  // namespace culvert::auth
