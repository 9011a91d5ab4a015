#include "server/redis/cluster.h"

#include <algorithm>
#include <utility>

#include "server/redis/encode.h"

namespace culvert::redis {
namespace {

// A command is sent on so often at most: two nodes that each name the other must not keep it.
constexpr int kMostRedirects = 5;
// The map is asked for at most so often. Less follows a resharding faster, and costs a reply of
// some kilobytes each time.
constexpr milliseconds kRefreshPause{200};

}  // namespace

struct Cluster::Node final : public net::Deletable {
  Node(Cluster& cluster, const ServerName& its_server)
      : server(its_server),
        target(its_server),
        link(cluster.environment_, target, cluster.greeting_, Link::Role::kCalls,
             static_cast<Link::Owner&>(cluster)) {}

  const ServerName server;
  FixedTarget target;
  Link link;  // goes before target
};

struct Cluster::Flight {
  std::string commands;
  std::optional<uint16_t> slot;
  Instant deadline;
  CallDone done;
  int redirects = 0;
};

Cluster::Cluster(Environment& environment)
    : environment_(environment),
      greeting_{.credentials = &environment.settings.credentials,
                .name = environment.settings.client_name} {}

Cluster::~Cluster() = default;

void Cluster::Start() {
  for (const ServerName& seed : environment_.settings.servers) NodeOf(seed);
  Refresh();
}

Cluster::Node& Cluster::NodeOf(const ServerName& server) {
  auto& node = nodes_[server.ToString()];
  if (!node) {
    node = std::make_unique<Node>(*this, server);
    node->link.Start();
  }
  return *node;
}

Cluster::Node* Cluster::Choose(std::optional<uint16_t> slot) {
  if (slot && slots_) {
    if (const ServerName* const primary = slots_->Find(*slot)) return &NodeOf(*primary);
  }
  return ChooseAny();
}

Cluster::Node* Cluster::ChooseAny() {
  Node* best = nullptr;
  const auto rank = [](const Node& node) {
    return node.link.up() ? 2 : (node.link.known_down() ? 0 : 1);
  };
  size_t skip = nodes_.empty() ? 0 : turn_++ % nodes_.size();
  // Twice round, so that every node is looked at from any start.
  for (int round = 0; round < 2; ++round) {
    for (const auto& [name, node] : nodes_) {
      if (skip > 0) {
        --skip;
        continue;
      }
      if (best == nullptr || rank(*node) > rank(*best)) best = node.get();
    }
  }
  return best;
}

void Cluster::Call(Command command, Instant deadline, CallDone done) {
  auto flight = std::make_shared<Flight>();
  flight->commands = Encode(command.words);
  if (command.key != Command::kNoKey && command.key < command.words.size()) {
    flight->slot = HashSlot(command.words[command.key]);
  }
  flight->deadline = deadline;
  flight->done = std::move(done);
  Node& node = *Choose(flight->slot);
  Send(std::move(flight), node, false);
}

void Cluster::Send(std::shared_ptr<Flight> flight, Node& node, bool asking) {
  const std::string word = "ASKING";
  std::string commands = asking ? Encode({&word, 1}) + flight->commands : flight->commands;
  const Instant deadline = flight->deadline;
  node.link.Call(
      std::move(commands), deadline,
      [this, flight = std::move(flight), from = node.server](CallResult result) {
        OnResult(flight, from, std::move(result));
      },
      asking ? 2 : 1);
}

void Cluster::OnResult(const std::shared_ptr<Flight>& flight, const ServerName& from,
                       CallResult result) {
  if (!result) {
    if (result.error().kind == CallError::Kind::kServer) {
      if (Follow(flight, from, result.error())) return;
      if (result.error().text.starts_with("CLUSTERDOWN")) RefreshSoon();
    } else {
      RefreshSoon();
    }
  }
  flight->done(std::move(result));
}

bool Cluster::Follow(const std::shared_ptr<Flight>& flight, const ServerName& from,
                     const CallError& error) {
  const auto redirect = Redirect::Parse(error.text, from);
  if (!redirect || flight->redirects >= kMostRedirects) return false;
  ++flight->redirects;
  environment_.statistics.redirects.Add();
  const bool asking = redirect->kind == Redirect::Kind::kAsk;
  if (!asking) {
    if (slots_) slots_->Move(redirect->slot, redirect->server);
    RefreshSoon();
  }
  Send(flight, NodeOf(redirect->server), asking);
  return true;
}

void Cluster::RefreshSoon() {
  map_is_stale_ = true;
  if (refreshing_) return;
  environment_.wheel.Arm(this, std::max(environment_.now(), last_refresh_ + kRefreshPause));
}

void Cluster::OnTimer(Instant) {
  Refresh();
}

void Cluster::Refresh() {
  if (refreshing_) return;
  refreshing_ = true;
  map_is_stale_ = false;
  last_refresh_ = environment_.now();
  // Nobody answers: perhaps the operator's nodes do, which the map may not name.
  if (ChooseAny() == nullptr || ChooseAny()->link.known_down()) {
    for (const ServerName& seed : environment_.settings.servers) NodeOf(seed);
  }
  Node& node = *ChooseAny();
  const std::string words[] = {"CLUSTER", "SLOTS"};
  node.link.Call(Encode(words), last_refresh_ + environment_.settings.command_timeout,
                 [this, from = node.server](const CallResult& result) { OnSlots(from, result); });
}

void Cluster::OnSlots(const ServerName& from, const CallResult& result) {
  refreshing_ = false;
  auto map = result ? SlotMap::Parse(result.value(), from) : std::nullopt;
  if (map) UseMap(std::move(*map));
  if (!map || !slots_->complete()) {
    const std::string why = result ? "not every slot has a node" : result.error().text;
    Judge("CLUSTER SLOTS of " + from.ToString() + ": " + why);
    map_is_stale_ = true;
  }
  const Duration pause =
      map_is_stale_ ? kRefreshPause : Duration(environment_.settings.cluster_refresh);
  environment_.wheel.Arm(this, environment_.now() + pause);
}

void Cluster::UseMap(SlotMap map) {
  slots_ = std::move(map);
  for (const ServerName& primary : slots_->primaries()) NodeOf(primary);
  DropOthers();
  if (watch_ != nullptr) watch_->FollowAll(slots_->primaries());
  Judge("");
}

// Nodes that lost their slots, and the names by which the operator called them. One that still has
// calls stays until the next map.
void Cluster::DropOthers() {
  const auto& primaries = slots_->primaries();
  if (primaries.empty()) return;
  for (auto it = nodes_.begin(); it != nodes_.end();) {
    const bool needed =
        std::find(primaries.begin(), primaries.end(), it->second->server) != primaries.end();
    if (needed || !it->second->link.idle()) {
      ++it;
      continue;
    }
    environment_.loop.DeferDelete(std::move(it->second));
    it = nodes_.erase(it);
  }
}

void Cluster::Watch(KeyWatch& watch) {
  watch_ = &watch;
  if (slots_) watch.FollowAll(slots_->primaries());
}

void Cluster::OnLinkUp(Link&) {
  Judge("");
}

void Cluster::OnLinkDown(Link&, const std::string& why) {
  Judge(why);
  RefreshSoon();
}

// The cluster is up while the primary of every slot is.
void Cluster::Judge(const std::string& why) {
  const bool up = slots_ && slots_->complete() &&
                  std::all_of(slots_->primaries().begin(), slots_->primaries().end(),
                              [this](const ServerName& primary) {
                                const auto it = nodes_.find(primary.ToString());
                                return it != nodes_.end() && it->second && it->second->link.up();
                              });
  if (up) {
    environment_.health.Up("cluster", environment_.now());
  } else if (!why.empty()) {
    environment_.health.Down(why, environment_.now());
  }
}

}  // namespace culvert::redis
