// Which realm clients of a web origin are asked for, as coturn's turnadmin writes it into Redis:
// turn/origin/<origin>, a string, the realm (docs/redis.md). All of them are read at the start, by
// SCAN and a little at a time, for it looks at every key that there is, and again whenever changes
// may have gone unseen; what changes is read when it does.
//
// An empty database has lost its data, and what was known stays. In a cluster nothing is read: SCAN
// knows the keys of one node only.
//
// Owner and threads: on the thread of its store, with which it goes.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "auth/providers/redis_store.h"
#include "server/net/loop.h"
#include "server/net/timer_wheel.h"

namespace culvert::auth {

class RedisOrigins final : private net::TimerWheel::Entry {
 public:
  using Origins = std::map<std::string, std::string>;  // realm by origin, as the keys have it

  // More of them are passed over, and the log says so.
  static constexpr size_t kMostOrigins = 10'000;

  // `changed` is called from the loop with all there are, when that is something new. `loop` and
  // `wheel` are the store's and outlive this.
  RedisOrigins(std::shared_ptr<RedisStore> store, net::Loop& loop, net::TimerWheel& wheel,
               std::function<void(const Origins&)> changed);

 private:
  // The next piece of a scan, or another try to begin one.
  void OnTimer(Instant now) override;
  void OnKey(std::optional<std::string_view> key);
  void BeginScan();
  void Scan(const std::string& cursor);
  void OnScanned(const redis::Reply& reply);
  // Forgets what a finished scan has not seen.
  void EndScan();
  void ReadNext();
  void OnRead(const std::vector<std::string>& keys, const std::vector<redis::Reply>& replies);
  void Take(const std::string& key, const redis::Reply& reply);
  void TryLater();
  void Publish();

  const std::shared_ptr<RedisStore> store_;
  net::Loop& loop_;
  net::TimerWheel& wheel_;
  const std::function<void(const Origins&)> changed_;
  Origins origins_;
  Origins published_;
  // --- of the scan that is under way
  bool scanning_ = false;
  bool scan_again_ = false;  // a change may have gone unseen by it
  std::string cursor_;
  unsigned pieces_ = 0;
  std::set<std::string> seen_;
  // --- keys whose value is asked for
  std::set<std::string> unread_;
  bool reading_ = false;
};

}  // namespace culvert::auth
