// Users who come with an access token of an authorization server (RFC 7635): USERNAME names the key
// that the token is sealed with, and the token brings the session key that their messages are
// protected with. Who they are the token does not say. So all are one subject: a client must be
// able to go on with a new token under a new key, and user-quota counts all of them together.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "auth/access_token.h"
#include "auth/contract.h"
#include "server/base/secret_text.h"

namespace culvert::auth {

// Immutable, shared by all workers.
class TokenKeys {
 public:
  // Each entry is <key id>:<A256GCM or A128GCM>:<key in base64>; of a key that is longer than the
  // algorithm wants the first bytes count, as in coturn. The error names the entry by number and
  // key id, never by its key.
  static Result<std::shared_ptr<const TokenKeys>, std::string> Load(
      std::string_view server_name, std::vector<SecretText> entries);

  // Null for a key id that is not there.
  const TokenSeal* Find(std::string_view key_id) const;

 private:
  std::map<std::string, TokenSeal, std::less<>> seals_;
};

// What a token that `seal` belongs to is worth at `now` (RFC 7635 section 4.1.1): a credential good
// until its time is over, kBarred if it is none, kExpired if its time is over or far ahead.
Answer CredentialOf(const Question& question, const TokenSeal& seal, WallTime now,
                    const Policy& policy = {});

class TokenUsers : public Provider {
 public:
  explicit TokenUsers(std::shared_ptr<const TokenKeys> keys) : keys_(std::move(keys)) {}

  std::string_view name() const override { return "oauth"; }
  // Answers before returning. A question without a token is about somebody else's user.
  void Lookup(const Question& question, const Now& now, std::function<void(Answer)> done) override;
  // Who has a token knows nothing of passwords, so that no promise about them is broken.
  Offers offers() const override { return {.sha256 = true, .userhash = false}; }

 private:
  std::shared_ptr<const TokenKeys> keys_;
};

}  // namespace culvert::auth
