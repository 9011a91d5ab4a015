// A Redis cluster: a link to each primary, and a map of slots that says whose a key is. The map is
// asked for at the start, when a node says MOVED or cannot be reached, and from time to time. A
// command that went to the wrong node is sent on, a bounded number of times.
//
// On the client's thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/redis/environment.h"
#include "server/redis/link.h"
#include "server/redis/route.h"
#include "server/redis/slot_map.h"
#include "server/redis/target.h"

namespace culvert::redis {

class Cluster final : public Route, private Link::Owner, private net::TimerWheel::Entry {
 public:
  explicit Cluster(Environment& environment);
  ~Cluster() override;

  void Start() override;
  void Call(Command command, Instant deadline, CallDone done) override;
  void Watch(KeyWatch& watch) override;

 private:
  struct Node;
  struct Flight;  // a call on its way, from node to node

  void OnLinkUp(Link& link) override;
  void OnLinkDown(Link& link, const std::string& why) override;
  void OnTimer(Instant now) override;

  Node& NodeOf(const ServerName& server);
  // Whom to send to; a node that is up where any will do, or where the map does not know.
  Node* Choose(std::optional<uint16_t> slot);
  Node* ChooseAny();
  void Send(std::shared_ptr<Flight> flight, Node& node, bool asking);
  void OnResult(const std::shared_ptr<Flight>& flight, const ServerName& from, CallResult result);
  // True when the call goes on elsewhere.
  bool Follow(const std::shared_ptr<Flight>& flight, const ServerName& from,
              const CallError& error);

  void Refresh();
  void RefreshSoon();
  void OnSlots(const ServerName& from, const CallResult& result);
  void UseMap(SlotMap map);
  void DropOthers();
  void Judge(const std::string& why);

  Environment& environment_;
  const Greeting greeting_;
  std::map<std::string, std::unique_ptr<Node>> nodes_;  // by name
  std::optional<SlotMap> slots_;
  KeyWatch* watch_ = nullptr;
  bool refreshing_ = false;
  bool map_is_stale_ = true;
  Instant last_refresh_ = Instant::min();
  size_t turn_ = 0;  // spreads what any node can answer
};

}  // namespace culvert::redis
