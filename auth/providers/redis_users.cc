#include "auth/providers/redis_users.h"

#include <algorithm>
#include <utility>

#include "auth/keys.h"
#include "auth/providers/ephemeral_secret.h"
#include "auth/providers/redis_keys.h"
#include "auth/providers/redis_records.h"

namespace culvert::auth {
namespace {

using redis::CallResult;
using redis::Command;
using redis::Reply;

// RFC 3261 and 3966: what IMS knows a user by in public.
bool IsImpu(std::string_view name) {
  return name.starts_with("sip:") || name.starts_with("sips:") || name.starts_with("tel:");
}

std::optional<UserHash> HashIn(ByteView userhash) {
  UserHash hash;
  if (userhash.size() != hash.size()) return std::nullopt;
  std::copy(userhash.begin(), userhash.end(), hash.begin());
  return hash;
}

}  // namespace

struct RedisUsers::Pending {
  AskedUser asked;
  UserReplies replies;
  size_t awaited = 0;
  bool failed = false;
  std::function<void(Answer)> done;
};

RedisUsers::RedisUsers(std::shared_ptr<RedisStore> store,
                       std::shared_ptr<const RedisUserSettings> settings)
    : settings_(std::move(settings)), store_(std::move(store)) {}

RedisUsers::~RedisUsers() = default;

void RedisUsers::Lookup(const Question& question, const Now& now,
                        std::function<void(Answer)> done) {
  const bool hashed = !question.userhash.empty();
  const auto hash = HashIn(question.userhash);
  const bool can_be_known = question.access_token.empty() &&
                            (hashed ? settings_->userhash && hash : !question.username.empty());
  if (!can_be_known) return done(Failure{Refusal::kUnknownUser});
  const auto pending = std::make_shared<Pending>();
  pending->asked = {std::string(question.username), std::string(question.username),
                    std::string(question.realm), hash, now};
  pending->done = std::move(done);
  if (hashed) return FindName(pending, UserhashKey(question.userhash), true);
  if (settings_->impu && IsImpu(question.username)) {
    return FindName(pending, ImpuKey(question.username), false);
  }
  AskRecords(pending);
}

// --- a name for a hash, an IMPI for an IMPU

void RedisUsers::FindName(const PendingPtr& pending, const std::string& key, bool is_hash) {
  store_->Ask({"GET", key}, [this, pending, key, is_hash](const CallResult& result) {
    OnName(pending, key, is_hash, result);
  });
}

void RedisUsers::OnName(const PendingPtr& pending, const std::string& key, bool is_hash,
                        const CallResult& result) {
  if (!result && !store_->Understood(result.error()))
    return pending->done(Failure{Refusal::kProviderDown});
  const Reply reply = result ? *result : Reply::Text(Reply::Type::kError, result.error().text);
  const Parsed<std::string> name = ParseName(reply);
  if (!name) store_->Tell({{key, name.error()}});
  if (!name || !*name) return pending->done(Failure{Refusal::kUnknownUser});
  AskedUser& asked = pending->asked;
  asked.account = **name;
  if (is_hash) {
    asked.username = asked.account;
    // An entry that is wrong, or made for another realm.
    if (DeriveUserHash(asked.username, asked.realm) != *asked.userhash) {
      store_->Tell({{key, "holds a name of which this is not the USERHASH in this realm"}});
      return pending->done(Failure{Refusal::kUnknownUser});
    }
  }
  AskRecords(pending);
}

// --- the records

void RedisUsers::AskRecords(const PendingPtr& pending) {
  const AskedUser& asked = pending->asked;
  const std::string& realm = asked.realm;
  const auto of_realm = [&](const char* command, const char* what, Reply UserReplies::*into) {
    Ask(pending, {command, CoturnRealmKey(realm, what)}, into);
  };
  Ask(pending, {"HGETALL", DigestKey(realm, asked.account)}, &UserReplies::digest);
  // H(A1) is over the IMPI, so that it fits who comes by its IMPU; keys of other records are not.
  if (asked.account == asked.username) {
    if (IsBTid(asked.username)) {
      Ask(pending, {"HGETALL", GbaRecordKey(asked.username)}, &UserReplies::gba);
    }
    Ask(pending, {"GET", CoturnUserKey(realm, asked.username)}, &UserReplies::key);
    if (ParseEphemeralName(asked.username, settings_->rest_separator)) {
      of_realm("SMEMBERS", "secret", &UserReplies::secrets);
    }
  }
  of_realm("GET", "user-quota", &UserReplies::user_quota);
  of_realm("GET", "total-quota", &UserReplies::total_quota);
  of_realm("GET", "max-bps", &UserReplies::max_bps);
  of_realm("SMEMBERS", "allowed-peer-ip", &UserReplies::allowed_peers);
  of_realm("SMEMBERS", "denied-peer-ip", &UserReplies::denied_peers);
  // One node of a cluster may well have none.
  if (store_->client().settings().shape != redis::Settings::Shape::kCluster) {
    Ask(pending, Command({"DBSIZE"}, Command::kNoKey), &UserReplies::database_size);
  }
}

void RedisUsers::Ask(const PendingPtr& pending, Command command, Reply UserReplies::*into) {
  ++pending->awaited;
  store_->Ask(std::move(command),
              [this, pending, into](CallResult result) { Take(pending, into, std::move(result)); });
}

void RedisUsers::Take(const PendingPtr& pending, Reply UserReplies::*into, CallResult result) {
  if (result) {
    pending->replies.*into = std::move(result).value();
  } else if (into == &UserReplies::database_size) {
    // Without the right to ask an empty database is taken for what it says.
  } else if (store_->Understood(result.error())) {
    pending->replies.*into = Reply::Text(Reply::Type::kError, result.error().text);
  } else {
    pending->failed = true;
  }
  if (--pending->awaited == 0) Finish(pending);
}

void RedisUsers::Finish(const PendingPtr& pending) {
  if (pending->failed) return pending->done(Failure{Refusal::kProviderDown});
  std::vector<Finding> findings;
  Answer answer = AnswerFrom(pending->asked, pending->replies, *settings_, &findings);
  store_->Tell(findings);
  pending->done(std::move(answer));
}

// --- changes

void RedisUsers::OnChange(Changed changed) {
  store_->Watch([changed = std::move(changed)](std::optional<std::string_view> key) {
    if (!key) return changed({}, {});
    if (const auto concerned = ConcernedBy(*key)) changed(concerned->name, concerned->realm);
  });
}

}  // namespace culvert::auth
