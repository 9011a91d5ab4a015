#include "auth/admin/store.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "server/observe/log.h"
#include "server/redis/connection_string.h"
#include "server/redis/slot_map.h"

namespace culvert::auth::admin {
namespace {

using redis::CallError;
using redis::CallResult;
using redis::Command;
using redis::Reply;

// A tool may wait longer than a relay: a Redis that saves its data is slow for a while.
constexpr milliseconds kPatience = seconds(10);
// How much of the keyspace Redis looks at in one go. More is fewer round trips, and keeps Redis's
// other clients waiting for as long as it takes (about a millisecond).
constexpr const char* kScanCount = "1000";
// Far below what the client takes at a time.
constexpr size_t kMostAtOnce = 500;

redis::Credentials Copy(const redis::Credentials& from) {
  return {.user = from.user, .password = SecretText(from.password.view())};
}

// A primary of a cluster, spoken to by itself.
std::shared_ptr<const redis::Settings> SettingsFor(const redis::Settings& cluster,
                                                   const redis::ServerName& primary) {
  auto settings = std::make_shared<redis::Settings>();
  settings->servers = {primary};
  settings->credentials = Copy(cluster.credentials);
  settings->tls = cluster.tls;
  settings->client_name = cluster.client_name;
  settings->connect_timeout = cluster.connect_timeout;
  return settings;
}

std::string NamesOf(const redis::Settings& settings) {
  std::string names;
  for (const redis::ServerName& server : settings.servers) {
    names += (names.empty() ? "" : ", ") + server.ToString();
  }
  return names;
}

}  // namespace

Result<std::unique_ptr<Store>, Trouble> Store::Open(std::string_view connection_string) {
  auto parsed = redis::ParseConnectionString(connection_string);
  if (!parsed) return UsedWrongly("--redis: " + parsed.error());
  return Connect(std::move(parsed.value()));
}

Done Store::Check(std::string_view connection_string) {
  const auto parsed = redis::ParseConnectionString(connection_string);
  if (!parsed) return UsedWrongly("--redis: " + parsed.error());
  return Ok();
}

Result<std::unique_ptr<Store>, Trouble> Store::Connect(std::shared_ptr<const Settings> settings) {
  std::unique_ptr<Store> store(new Store(std::move(settings)));
  auto client =
      redis::Client::Make(store->loop_, store->wheel_, store->settings_, observe::Log::Nowhere());
  if (!client) return UsedWrongly("--redis: " + client.error());
  store->client_ = std::move(client.value());
  return store;
}

Result<Reply, Trouble> Store::Ask(Command command) {
  std::optional<CallResult> answer;
  ++pending_;
  client_->Call(std::move(command), settings_->connect_timeout + kPatience,
                [this, &answer](CallResult result) {
                  answer = std::move(result);
                  --pending_;
                });
  Run();
  if (!*answer) return Failure{Explain(answer->error())};
  return std::move(answer->value());
}

Result<std::vector<Reply>, Trouble> Store::AskAll(std::vector<Command> commands) {
  std::vector<Reply> replies(commands.size());
  std::optional<CallError> error;
  for (size_t first = 0; first < commands.size() && !error; first += kMostAtOnce) {
    const size_t end = std::min(first + kMostAtOnce, commands.size());
    for (size_t i = first; i < end; ++i) {
      ++pending_;
      client_->Call(std::move(commands[i]), settings_->connect_timeout + kPatience,
                    [this, &error, &reply = replies[i]](CallResult result) {
                      if (result) reply = std::move(result.value());
                      if (!result && !error) error = result.error();
                      --pending_;
                    });
    }
    Run();
  }
  if (error) return Failure{Explain(*error)};
  return replies;
}

void Store::Run() {
  if (pending_ == 0) return;
  loop_.SetAlarm(loop_.now().instant);
  loop_.Run(this);
}

bool Store::OnTurnEnd() {
  const Instant now = loop_.now().instant;
  wheel_.Advance(now);
  if (pending_ == 0) loop_.Stop();
  loop_.SetAlarm(wheel_.NextWake(now + net::TimerWheel::kTick));
  return false;
}

Trouble Store::Explain(const CallError& error) const {
  const std::string& text = error.text;
  if (error.kind == CallError::Kind::kServer) {
    if (text.starts_with("NOPERM")) {
      return {"Redis refuses: " + text +
              "\nGive its user the rights that docs/culvert-admin.md lists, or use another user."};
    }
    if (text.starts_with("READONLY")) {
      return {"Redis refuses: " + text +
              "\nThis is a replica: name its primary, or the sentinels."};
    }
    return {"Redis refuses: " + text};
  }
  const std::string& why = client_->last_error();
  const std::string reason = why.empty() ? text : why;
  return {"no answer from Redis at " + NamesOf(*settings_) + ": " + reason +
          "\nSee whether it runs there, and whether user, password and TLS are what it wants."};
}

Result<Store::Applied, Trouble> Store::Apply(const Step& step) {
  const std::vector<Step> parts = is_cluster() ? SplitBySlot(step) : std::vector<Step>{step};
  Applied applied;
  for (const Step& part : parts) {
    const auto answer = Ask(AsCommand(part));
    if (!answer) return Failure{answer.error()};
    if (answer->is_nil()) return applied;
    applied.condition_held = true;
    applied.touched += Touched(*answer);
  }
  return applied;
}

Done Store::ScanHere(const std::string& pattern, std::vector<std::string>* keys) {
  std::string cursor = "0";
  do {
    auto page = Ask({{"SCAN", cursor, "MATCH", pattern, "COUNT", kScanCount}, Command::kNoKey});
    if (!page) return Failure{page.error()};
    if (page->elements().size() != 2) return CouldNot("SCAN: Redis's answer cannot be read");
    cursor = page->elements()[0].text();
    for (Reply& key : page->elements()[1].elements()) keys->push_back(key.TakeText());
  } while (cursor != "0");
  return Ok();
}

Result<std::vector<std::unique_ptr<Store>>, Trouble> Store::Primaries() {
  std::vector<std::unique_ptr<Store>> stores;
  if (!is_cluster()) return stores;
  const auto slots = Ask({{"CLUSTER", "SLOTS"}, Command::kNoKey});
  if (!slots) return Failure{slots.error()};
  const auto map = redis::SlotMap::Parse(*slots, settings_->servers.front());
  if (!map) return CouldNot("CLUSTER SLOTS: Redis's answer cannot be read");
  for (const redis::ServerName& primary : map->primaries()) {
    auto store = Connect(SettingsFor(*settings_, primary));
    if (!store) return Failure{store.error()};
    stores.push_back(std::move(store.value()));
  }
  return stores;
}

Result<std::vector<std::string>, Trouble> Store::Scan(const std::string& pattern) {
  std::vector<std::string> keys;
  auto primaries = Primaries();
  if (!primaries) return Failure{primaries.error()};
  for (const auto& primary : *primaries) {
    if (const auto done = primary->ScanHere(pattern, &keys); !done) return Failure{done.error()};
  }
  if (primaries->empty()) {
    if (const auto done = ScanHere(pattern, &keys); !done) return Failure{done.error()};
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

std::string EscapedForPattern(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (std::string_view("*?[]\\^").find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

}  // namespace culvert::auth::admin
