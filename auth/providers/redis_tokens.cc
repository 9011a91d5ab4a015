#include "auth/providers/redis_tokens.h"

#include <utility>
#include <vector>

#include "auth/access_token.h"
#include "auth/providers/redis_keys.h"
#include "auth/providers/redis_records.h"
#include "auth/providers/token_users.h"

namespace culvert::auth {
namespace {

using redis::CallResult;
using redis::Command;
using redis::Reply;
using Replies = std::optional<std::vector<Reply>>;

TokenSeal SealWith(const std::vector<uint8_t>& key, const std::string& server_name) {
  const bool long_key = key.size() == TokenKeySize(TokenAlgorithm::kA256Gcm);
  return {long_key ? TokenAlgorithm::kA256Gcm : TokenAlgorithm::kA128Gcm, key, server_name};
}

}  // namespace

// --- keys

struct RedisTokenKeys::Pending {
  Credential credential;
  WallTime now;
  std::function<void(Answer)> done;
};

void RedisTokenKeys::Lookup(const Question& question, const Now& now,
                            std::function<void(Answer)> done) {
  if (question.username.empty() || question.username.size() > kLongestKeyId) {
    return done(Failure{Refusal::kUnknownUser});
  }
  const auto pending = std::make_shared<Pending>();
  pending->credential.username = question.username;
  pending->credential.realm = question.realm;
  pending->now = now.wall;
  pending->done = std::move(done);
  store_->AskAll({{"HGETALL", CoturnTokenKey(question.username)}},
                 [this, pending](const Replies& replies) {
                   if (!replies) return pending->done(Failure{Refusal::kProviderDown});
                   OnRecord(pending, replies->front());
                 });
}

void RedisTokenKeys::OnRecord(const PendingPtr& pending, const Reply& hash) {
  Credential& credential = pending->credential;
  const auto parsed = ParseTokenKeyRecord(hash);
  if (!parsed) {
    store_->Tell({{CoturnTokenKey(credential.username), parsed.error()}});
    return pending->done(Failure{Refusal::kUnknownUser});
  }
  const std::optional<TokenKeyRecord>& record = *parsed;
  if (!record) return OnUnknown(pending);
  if (record->expiry <= pending->now) {
    store_->Tell({{CoturnTokenKey(credential.username), "the key's time is over", /*bad=*/false}});
    return pending->done(Failure{Refusal::kExpired});
  }
  credential.keys.token = record->key;
  credential.expiry = record->expiry;
  AskLimits(pending, record->realm.empty() ? credential.realm : record->realm);
}

void RedisTokenKeys::OnUnknown(const PendingPtr& pending) {
  // One node of a cluster may well have none.
  if (store_->client().settings().shape == redis::Settings::Shape::kCluster) {
    return pending->done(Failure{Refusal::kUnknownUser});
  }
  store_->Ask(Command({"DBSIZE"}, Command::kNoKey), [pending](const CallResult& result) {
    const bool lost = result && *result == Reply::Integer(0);
    pending->done(Failure{lost ? Refusal::kProviderDown : Refusal::kUnknownUser});
  });
}

void RedisTokenKeys::AskLimits(const PendingPtr& pending, const std::string& realm) {
  std::vector<Command> commands;
  for (const char* what : {"total-quota", "max-bps"}) {
    commands.push_back({"GET", CoturnRealmKey(realm, what)});
  }
  for (const char* what : {"allowed-peer-ip", "denied-peer-ip"}) {
    commands.push_back({"SMEMBERS", CoturnRealmKey(realm, what)});
  }
  store_->AskAll(std::move(commands), [this, pending, realm](const Replies& replies) {
    if (!replies) return pending->done(Failure{Refusal::kProviderDown});
    // Who comes with a token has no name, so that the realm's user-quota would count all together;
    // coturn does not apply it either.
    UserReplies limits;
    limits.total_quota = (*replies)[0];
    limits.max_bps = (*replies)[1];
    limits.allowed_peers = (*replies)[2];
    limits.denied_peers = (*replies)[3];
    std::vector<Finding> findings;
    pending->credential.policy = RealmPolicyFrom(realm, limits, &findings);
    store_->Tell(findings);
    pending->done(
        CredentialPtr(std::make_shared<const Credential>(std::move(pending->credential))));
  });
}

// Realms' limits are part of the answer, and one may hold for keys whose clients name another: so a
// change of any realm concerns all keys.
void RedisTokenKeys::OnChange(Changed changed) {
  store_->Watch([changed = std::move(changed)](std::optional<std::string_view> key) {
    if (!key) return changed({}, {});
    if (const auto key_id = TokenKeyIdIn(*key)) {
      if (!key_id->empty()) changed(*key_id, {});
    } else if (const auto concerned = ConcernedBy(*key); concerned && concerned->name.empty()) {
      changed({}, {});
    }
  });
}

// --- users

void RedisTokens::Lookup(const Question& question, const Now& now,
                         std::function<void(Answer)> done) {
  if (question.access_token.empty()) return done(Failure{Refusal::kUnknownUser});
  // Of the question views may be gone when the key is there.
  struct Asked {
    std::string username;
    std::string realm;
    std::vector<uint8_t> token;
  };
  const auto asked = std::make_shared<const Asked>(
      Asked{std::string(question.username),
            std::string(question.realm),
            {question.access_token.begin(), question.access_token.end()}});
  Question about_key = question;
  about_key.access_token = {};
  about_key.userhash = {};
  keys_->Lookup(
      about_key, now,
      [this, asked, about_key, wall = now.wall, done = std::move(done)](Answer answer) {
        if (!answer.ok()) return done(std::move(answer));
        Question with_token = about_key;
        with_token.username = asked->username;
        with_token.realm = asked->realm;
        with_token.access_token = asked->token;
        const Credential& key = **answer;
        done(CredentialOf(with_token, SealWith(key.keys.token, server_name_), wall, key.policy));
      });
}

}  // namespace culvert::auth
