// A server that says what a test wants, on the test's own loop: greets as Redis does, then answers
// each read with a script's line.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/base/address.h"
#include "server/net/fd.h"
#include "server/net/loop.h"

namespace culvert::redis {

class ScriptedServer final : private net::FdHandler {
 public:
  // Given what came in one read, without the greeting: what to send, nothing: close.
  using Script = std::function<std::optional<std::string>(const std::string& received)>;

  // A free port of `ip`, so that a name can lead there.
  ScriptedServer(net::Loop& loop, const IpAddress& ip, Script script);
  ~ScriptedServer();

  const Endpoint& address() const { return address_; }
  std::string connection_string() const;
  // Connections taken so far.
  int connections() const { return connections_; }

 private:
  class Peer;

  void OnReady(unsigned what) override;

  net::Loop& loop_;
  const Script script_;
  net::Fd listener_;
  Endpoint address_;
  int connections_ = 0;
  std::vector<std::unique_ptr<Peer>> peers_;
  net::FdWatch watch_;  // goes before listener_
};

}  // namespace culvert::redis
