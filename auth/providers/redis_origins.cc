#include "auth/providers/redis_origins.h"

#include <algorithm>
#include <utility>

#include "auth/providers/redis_keys.h"

namespace culvert::auth {
namespace {

using redis::CallResult;
using redis::Command;
using redis::Reply;
using Replies = std::optional<std::vector<Reply>>;

// Of a scan: keys in a piece, and pieces in a row before a tick of the wheel is let pass. More make
// a scan of millions of keys shorter, fewer leave more of Redis to others: these take some tenth of
// its time, for ten seconds a million.
constexpr const char* kKeysOfPiece = "1000";
constexpr unsigned kPiecesInARow = 10;
constexpr Duration kPause = net::TimerWheel::kTick;
// After Redis could not be asked.
constexpr seconds kRetry{5};
constexpr size_t kReadAtOnce = 100;
// RFC 8489 section 14.9.
constexpr size_t kLongestRealm = 763;

// It goes into keys, and into lines of the log.
bool IsRealm(std::string_view text) {
  return !text.empty() && text.size() <= kLongestRealm &&
         std::none_of(text.begin(), text.end(),
                      [](unsigned char c) { return c < 0x20 || c == 0x7f || c == '/'; });
}

}  // namespace

RedisOrigins::RedisOrigins(std::shared_ptr<RedisStore> store, net::Loop& loop,
                           net::TimerWheel& wheel, std::function<void(const Origins&)> changed)
    : store_(std::move(store)), loop_(loop), wheel_(wheel), changed_(std::move(changed)) {
  if (store_->client().settings().shape == redis::Settings::Shape::kCluster) return;
  store_->Watch([this](std::optional<std::string_view> key) { OnKey(key); });
  // That begins a scan as soon as changes are told. A Redis that cannot tell is read once.
  wheel_.Arm(this, loop_.now().instant + kRetry);
}

void RedisOrigins::OnKey(std::optional<std::string_view> key) {
  if (!key) return BeginScan();
  if (!OriginIn(*key)) return;
  // The scan may have passed by before it was there.
  if (scanning_) seen_.emplace(*key);
  unread_.emplace(*key);
  ReadNext();
}

// --- all keys

void RedisOrigins::BeginScan() {
  if (scanning_) {
    scan_again_ = true;
    return;
  }
  wheel_.Disarm(this);
  scanning_ = true;
  scan_again_ = false;
  pieces_ = 0;
  seen_.clear();
  Scan("0");
}

void RedisOrigins::Scan(const std::string& cursor) {
  const std::string pattern = OriginKey("*");
  store_->AskAll(
      {Command({"SCAN", cursor, "MATCH", pattern, "COUNT", kKeysOfPiece}, Command::kNoKey)},
      [this](const Replies& replies) {
        if (!replies) return TryLater();
        OnScanned(replies->front());
      });
}

void RedisOrigins::OnScanned(const Reply& reply) {
  // The next cursor, and the keys.
  if (reply.elements().size() != 2) return TryLater();
  for (const Reply& key : reply.elements()[1].elements()) {
    if (seen_.size() < kMostOrigins) seen_.insert(key.text());
  }
  cursor_ = reply.elements()[0].text();
  if (cursor_ == "0") return EndScan();
  if (++pieces_ % kPiecesInARow != 0) return Scan(cursor_);
  wheel_.Arm(this, loop_.now().instant + kPause);
}

void RedisOrigins::OnTimer(Instant) {
  scanning_ ? Scan(cursor_) : BeginScan();
}

void RedisOrigins::EndScan() {
  store_->Ask(Command({"DBSIZE"}, Command::kNoKey), [this](const CallResult& size) {
    scanning_ = false;
    if (!size || *size != Reply::Integer(0)) {
      std::erase_if(origins_, [this](const auto& origin) {
        return !seen_.contains(OriginKey(origin.first));
      });
      unread_.merge(seen_);
    }
    ReadNext();
    if (scan_again_) BeginScan();
  });
}

void RedisOrigins::TryLater() {
  scanning_ = false;
  wheel_.Arm(this, loop_.now().instant + kRetry);
}

// --- values

void RedisOrigins::ReadNext() {
  if (reading_) return;
  if (unread_.empty()) {
    if (!scanning_) Publish();
    return;
  }
  reading_ = true;
  std::vector<std::string> keys;
  std::vector<Command> commands;
  while (!unread_.empty() && keys.size() < kReadAtOnce) {
    keys.push_back(std::move(unread_.extract(unread_.begin()).value()));
    commands.push_back({"GET", keys.back()});
  }
  store_->AskAll(std::move(commands), [this, keys](const Replies& replies) {
    reading_ = false;
    if (replies) return OnRead(keys, *replies);
    unread_.clear();
    scanning_ ? void(scan_again_ = true) : TryLater();
  });
}

void RedisOrigins::OnRead(const std::vector<std::string>& keys, const std::vector<Reply>& replies) {
  for (size_t i = 0; i < keys.size(); ++i) Take(keys[i], replies[i]);
  ReadNext();
}

void RedisOrigins::Take(const std::string& key, const Reply& reply) {
  const std::string origin(OriginIn(key).value_or(std::string_view()));
  if (reply.is_nil()) {
    origins_.erase(origin);
  } else if (!reply.is_text() || !IsRealm(reply.text())) {
    origins_.erase(origin);
    store_->Tell({{key, "expected a realm, without a slash"}});
  } else if (origins_.size() >= kMostOrigins && !origins_.contains(origin)) {
    store_->Tell({{OriginKey("*"), "there are more than " + std::to_string(kMostOrigins)}});
  } else {
    origins_.insert_or_assign(origin, reply.text());
  }
}

void RedisOrigins::Publish() {
  if (origins_ == published_) return;
  published_ = origins_;
  changed_(published_);
}

}  // namespace culvert::auth
