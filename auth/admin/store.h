// A Redis, asked by a program that has nothing else to do: the relay's client on a loop of its own,
// which runs while an answer is waited for. One server, a primary that sentinels know, or a
// cluster.
//
// Errors are sentences for the operator.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "auth/admin/step.h"
#include "auth/admin/trouble.h"
#include "server/net/loop.h"
#include "server/net/timer_wheel.h"
#include "server/redis/client.h"

namespace culvert::auth::admin {

class Store final : private net::TurnHandler {
 public:
  // Starts connecting, and goes on when it is asked: so ask soon.
  static Result<std::unique_ptr<Store>, Trouble> Open(std::string_view connection_string);

  // Whether Open would take it.
  static Done Check(std::string_view connection_string);

  Result<redis::Reply, Trouble> Ask(redis::Command command);
  // One round trip for many; answers in the same order. The first error is that of all.
  Result<std::vector<redis::Reply>, Trouble> AskAll(std::vector<redis::Command> commands);

  struct Applied {
    bool condition_held = false;
    int64_t touched = 0;  // see Touched
  };
  // In a cluster what belongs to other slots follows the step's own key, and whoever looks in
  // between sees it missing.
  Result<Applied, Trouble> Apply(const Step& step);

  // All keys that match `pattern`, each once, sorted; of a cluster those of all primaries. By SCAN,
  // so that nobody else waits: what is written meanwhile may or may not be among them.
  Result<std::vector<std::string>, Trouble> Scan(const std::string& pattern);

 private:
  using Settings = redis::Settings;

  static Result<std::unique_ptr<Store>, Trouble> Connect(std::shared_ptr<const Settings> settings);
  explicit Store(std::shared_ptr<const Settings> settings) : settings_(std::move(settings)) {}

  bool OnTurnEnd() override;
  // Until nothing is pending.
  void Run();
  Trouble Explain(const redis::CallError& error) const;
  bool is_cluster() const { return settings_->shape == Settings::Shape::kCluster; }
  Done ScanHere(const std::string& pattern, std::vector<std::string>* keys);
  // One store each; none for anything but a cluster.
  Result<std::vector<std::unique_ptr<Store>>, Trouble> Primaries();

  const std::shared_ptr<const Settings> settings_;
  net::Loop loop_;
  net::TimerWheel wheel_{loop_.now().instant};
  std::unique_ptr<redis::Client> client_;
  size_t pending_ = 0;
};

// `text` as it is, in a pattern of SCAN.
std::string EscapedForPattern(std::string_view text);

}  // namespace culvert::auth::admin
