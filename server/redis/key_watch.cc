#include "server/redis/key_watch.h"

#include <algorithm>
#include <set>
#include <utility>

namespace culvert::redis {

KeyWatch::KeyWatch(Environment& environment, std::vector<std::string> prefixes, OnChange changed)
    : environment_(environment), prefixes_(std::move(prefixes)), changed_(std::move(changed)) {}

void KeyWatch::Follow(std::unique_ptr<Target> target, bool primary_only) {
  sources_[""] = Listen(std::move(target), primary_only);
  sources_[""].subscription->Start();
}

void KeyWatch::FollowAll(const std::vector<ServerName>& servers) {
  std::set<std::string> names;
  for (const ServerName& server : servers) names.insert(server.ToString());
  std::erase_if(sources_, [&names](const auto& source) { return !names.contains(source.first); });
  for (const ServerName& server : servers) {
    const std::string name = server.ToString();
    if (sources_.contains(name)) continue;
    sources_[name] = Listen(std::make_unique<FixedTarget>(server), false);
    sources_[name].subscription->Start();
  }
}

bool KeyWatch::complete() const {
  return !sources_.empty() && std::all_of(sources_.begin(), sources_.end(), [](const auto& source) {
    return source.second.subscription->up();
  });
}

KeyWatch::Source KeyWatch::Listen(std::unique_ptr<Target> target, bool primary_only) {
  const Settings& settings = environment_.settings;
  // No database is chosen: Redis tells of keys of all of them.
  Greeting greeting{.credentials = &settings.credentials,
                    .name = settings.client_name,
                    .primary_only = primary_only};
  Source source;
  source.target = std::move(target);
  source.subscription = std::make_unique<Subscription>(
      environment_, *source.target, std::move(greeting), "__redis__:invalidate",
      Subscription::Events{
          .on_up = [this] { Tell(std::nullopt); },
          .on_down =
              [this](const std::string& why) { environment_.health.Note(why, environment_.now()); },
          .on_message = [this](const Reply& payload) { OnMessage(payload); }});
  source.subscription->TrackKeys(prefixes_);
  return source;
}

// The keys, or nil when all of them went at once (FLUSHALL).
void KeyWatch::OnMessage(const Reply& payload) {
  if (!payload.is_array()) return Tell(std::nullopt);
  for (const Reply& key : payload.elements()) Tell(key.text());
}

void KeyWatch::Tell(std::optional<std::string_view> key) {
  environment_.statistics.invalidations.Add();
  changed_(key);
}

}  // namespace culvert::redis
