#include "auth/providers/redis_users.h"

#include <algorithm>
#include <utility>

#include "auth/keys.h"
#include "auth/providers/ephemeral_secret.h"
#include "auth/providers/redis_keys.h"
#include "auth/providers/redis_records.h"

namespace culvert::auth {
namespace {

using redis::CallError;
using redis::CallResult;
using redis::Command;
using redis::Reply;

// More distinct complaints than a person reads; beyond them some are repeated.
constexpr size_t kMostTold = 1000;

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

RedisUsers::RedisUsers(std::unique_ptr<redis::Client> client,
                       std::shared_ptr<const RedisUserSettings> settings, observe::Log& log,
                       observe::Counter& bad_records)
    : settings_(std::move(settings)),
      log_(log),
      bad_records_(bad_records),
      client_(std::move(client)) {}

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
  client_->Call({"GET", key}, client_->settings().command_timeout,
                [this, pending, key, is_hash](const CallResult& result) {
                  OnName(pending, key, is_hash, result);
                });
}

void RedisUsers::OnName(const PendingPtr& pending, const std::string& key, bool is_hash,
                        const CallResult& result) {
  if (!result && !Understood(result.error())) return pending->done(Failure{Refusal::kProviderDown});
  const Reply reply = result ? *result : Reply::Text(Reply::Type::kError, result.error().text);
  const Parsed<std::string> name = ParseName(reply);
  if (!name) Tell({{key, name.error()}});
  if (!name || !*name) return pending->done(Failure{Refusal::kUnknownUser});
  AskedUser& asked = pending->asked;
  asked.account = **name;
  if (is_hash) {
    asked.username = asked.account;
    // An entry that is wrong, or made for another realm.
    if (DeriveUserHash(asked.username, asked.realm) != *asked.userhash) {
      Tell({{key, "holds a name of which this is not the USERHASH in this realm"}});
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
  if (client_->settings().shape != redis::Settings::Shape::kCluster) {
    Ask(pending, Command({"DBSIZE"}, Command::kNoKey), &UserReplies::database_size);
  }
}

void RedisUsers::Ask(const PendingPtr& pending, Command command, Reply UserReplies::*into) {
  ++pending->awaited;
  client_->Call(
      std::move(command), client_->settings().command_timeout,
      [this, pending, into](CallResult result) { Take(pending, into, std::move(result)); });
}

void RedisUsers::Take(const PendingPtr& pending, Reply UserReplies::*into, CallResult result) {
  if (result) {
    pending->replies.*into = std::move(result).value();
  } else if (into == &UserReplies::database_size) {
    // Without the right to ask an empty database is taken for what it says.
  } else if (Understood(result.error())) {
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
  Tell(findings);
  pending->done(std::move(answer));
}

// Of the errors that Redis answers only this one is about the key. The others (no right to ask,
// still loading, no quorum) say nothing about the user.
bool RedisUsers::Understood(const CallError& error) {
  if (error.kind != CallError::Kind::kServer) return false;
  if (error.text.starts_with("WRONGTYPE")) return true;
  if (told_.size() < kMostTold && told_.insert(error.text).second) {
    log_.Warning("Redis refuses to say who the users are", {{"why", error.text}});
  }
  return false;
}

void RedisUsers::Tell(const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) {
    if (finding.bad) bad_records_.Add();
    if (told_.size() >= kMostTold) told_.clear();
    if (!told_.insert(finding.key).second) continue;
    const observe::Fields fields = {{"key", finding.key}, {"why", finding.what}};
    if (finding.bad) {
      log_.Warning("a record in Redis cannot be used", fields);
    } else {
      log_.Info("a record in Redis is over", fields);
    }
  }
}

// --- changes

void RedisUsers::OnChange(Changed changed) {
  client_->Watch(WatchedPrefixes(),
                 [this, changed = std::move(changed)](std::optional<std::string_view> key) {
                   OnKey(key, changed);
                 });
}

void RedisUsers::OnKey(std::optional<std::string_view> key, const Changed& changed) {
  if (!key) {
    told_.clear();
    return changed({}, {});
  }
  const auto told = told_.find(*key);
  if (told != told_.end()) told_.erase(told);
  if (const auto concerned = ConcernedBy(*key)) changed(concerned->name, concerned->realm);
}

}  // namespace culvert::auth
