#include "auth/providers/ephemeral_secret.h"

#include <charconv>
#include <utility>

#include "auth/keys.h"

namespace culvert::auth {
namespace {

constexpr size_t kMaxDateDigits = 11;

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

std::optional<WallTime> ParseDate(std::string_view text) {
  if (text.empty() || text.size() > kMaxDateDigits) return std::nullopt;
  for (const char c : text) {
    if (!IsDigit(c)) return std::nullopt;
  }
  int64_t count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return WallTime(seconds(count));
}

IntegrityKeys KeysUnder(const SecretText& secret, const Question& question) {
  const SecretText password = EphemeralPassword(secret.view(), question.username);
  return DeriveKeys(question.username, question.realm, password.view());
}

}  // namespace

std::optional<EphemeralName> ParseEphemeralName(std::string_view username, char separator) {
  const size_t at = username.find(separator);
  const std::string_view head = username.substr(0, at);
  const std::string_view tail =
      at == std::string_view::npos ? std::string_view() : username.substr(at + 1);
  if (const std::optional<WallTime> date = ParseDate(head)) {
    return EphemeralName{*date, tail.empty() ? username : tail};
  }
  if (const std::optional<WallTime> date = ParseDate(tail)) {
    return EphemeralName{*date, head.empty() ? username : head};
  }
  return std::nullopt;
}

Result<std::shared_ptr<const EphemeralSecrets>, std::string> EphemeralSecrets::Load(
    std::vector<SecretText> secrets, char separator) {
  if (secrets.empty()) return Failure{std::string("no shared secret is given")};
  for (size_t i = 0; i < secrets.size(); ++i) {
    if (secrets[i].empty()) return Failure{"shared secret " + std::to_string(i + 1) + " is empty"};
  }
  if (IsDigit(separator)) {
    return Failure{std::string("the separator is a digit; no one could tell it from the date")};
  }
  auto loaded = std::make_shared<EphemeralSecrets>();
  loaded->secrets_ = std::move(secrets);
  loaded->separator_ = separator;
  return std::shared_ptr<const EphemeralSecrets>(std::move(loaded));
}

void EphemeralSecretUsers::Lookup(const Question& question, const Now& now,
                                  std::function<void(Answer)> done) {
  const std::optional<EphemeralName> name =
      ParseEphemeralName(question.username, secrets_->separator());
  if (!name || !question.access_token.empty()) return done(Failure{Refusal::kUnknownUser});
  if (now.wall >= name->expiry) return done(Failure{Refusal::kExpired});
  auto credential = std::make_shared<Credential>();
  credential->username = question.username;
  credential->subject = name->subject;
  credential->realm = question.realm;
  credential->expiry = name->expiry;
  const std::vector<SecretText>& secrets = secrets_->secrets();
  credential->keys = KeysUnder(secrets.front(), question);
  for (size_t i = 1; i < secrets.size(); ++i) {
    credential->older_keys.push_back(KeysUnder(secrets[i], question));
  }
  done(CredentialPtr(std::move(credential)));
}

}  // namespace culvert::auth
