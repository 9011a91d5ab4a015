// What main's thread does while the workers relay: signals, renewed certificates, the admin pages,
// draining.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "server/admin/facts.h"
#include "server/admin/operations.h"
#include "server/base/secret_text.h"
#include "server/config/options.h"
#include "server/net/file_watch.h"
#include "server/net/http_server.h"
#include "server/net/loop.h"
#include "server/net/signals.h"
#include "server/observe/log.h"
#include "server/server.h"

namespace culvert {

class Control final : private net::FdHandler, private net::TurnHandler, private admin::Relay {
 public:
  // `server` and `log` outlive it.
  Control(const config::Options& options, net::SignalSet signals, Server& server,
          observe::Log& log);

  // `token`: the admin token, empty for none. The error is ready for a person.
  std::optional<std::string> OpenPages(const Endpoint& at, SecretText token);

  // Until SIGTERM or SIGINT, or until the relay is drained.
  void Run();

 private:
  void OnReady(unsigned) override;
  bool OnTurnEnd() override;
  void OnSignal(net::Signal signal);
  void ReloadTls();
  void LookAtDrain(Instant now);
  admin::Facts CollectFacts() const;

  // admin::Relay
  std::optional<std::vector<observe::SessionFacts>> ListSessions(
      const observe::SessionFilter& filter, size_t most) override;
  std::optional<size_t> EndSessions(const observe::SessionFilter& filter) override;
  void Drain(std::optional<seconds> timeout) override;
  int64_t allocations() const override { return server_.allocations(); }

  net::SignalSet signals_;
  Server& server_;
  observe::Log& log_;
  net::FileWatch certificate_files_;
  const WallTime started_;
  const seconds drain_timeout_;
  const uint32_t drain_min_allocations_;
  net::Loop loop_;
  net::FdWatch signal_watch_;
  std::unique_ptr<net::HttpServer> pages_;
  Instant next_check_{};
  Instant drained_by_ = kNever;  // while draining
  admin::State state_ = admin::State::kStarting;
};

}  // namespace culvert
