// TURN REST API (draft-uberti-behave-turn-rest), coturn's use-auth-secret: a web service that
// shares a secret with the relay makes up users who are welcome until a date.
//
//   USERNAME = <Unix seconds> | <Unix seconds>:<id> | <id>:<Unix seconds>
//   password = base64(HMAC-SHA1(secret, USERNAME))
//
// The last form is coturn's addition. Several secrets may be in force while they are rotated: the
// keys of the first are the credential's `keys`, those of the others its `older_keys`. Secrets are
// good for every realm.
//
// Every name of that shape is known here. Names that could be both (subscribers' numbers) belong
// into a provider that is asked before this one.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/contract.h"
#include "server/base/secret_text.h"

namespace culvert::auth {

struct EphemeralName {
  WallTime expiry;
  std::string_view subject;  // the id, or the whole name when there is none; lives as the name does
  friend bool operator==(const EphemeralName&, const EphemeralName&) = default;
};

// nullopt for a name of another shape. The first `separator` counts: the id may contain more when
// it stands last. A date has 1 to 11 digits (up to the year 5138), so that the longer numbers that
// telephone networks call their subscribers by, and dates in milliseconds, are not taken for one.
std::optional<EphemeralName> ParseEphemeralName(std::string_view username, char separator);

// Immutable, shared by all workers.
class EphemeralSecrets {
 public:
  static constexpr char kDefaultSeparator = ':';

  // `secrets` in order of preference, the newest first. The error does not contain any of them.
  static Result<std::shared_ptr<const EphemeralSecrets>, std::string> Load(
      std::vector<SecretText> secrets, char separator = kDefaultSeparator);

  // At least one, none empty.
  const std::vector<SecretText>& secrets() const { return secrets_; }
  char separator() const { return separator_; }

 private:
  std::vector<SecretText> secrets_;
  char separator_ = kDefaultSeparator;
};

class EphemeralSecretUsers : public Provider {
 public:
  explicit EphemeralSecretUsers(std::shared_ptr<const EphemeralSecrets> secrets)
      : secrets_(std::move(secrets)) {}

  // Takes other secrets from now on; what was handed out stays as it is.
  void Use(std::shared_ptr<const EphemeralSecrets> secrets) { secrets_ = std::move(secrets); }

  std::string_view name() const override { return "ephemeral"; }
  // Answers before returning: kExpired from the second on that the name gives.
  void Lookup(const Question& question, const Now& now, std::function<void(Answer)> done) override;
  // Names are made up by others, so none is found by its hash.
  Offers offers() const override { return {.sha256 = true, .userhash = false}; }

 private:
  std::shared_ptr<const EphemeralSecrets> secrets_;
};

}  // namespace culvert::auth
