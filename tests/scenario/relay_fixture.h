// The whole relay in the test's process, on 127.0.0.1 with ports that were free, and clients that
// reach it over real sockets.
//
// The relay's workers run on threads of their own; everything here belongs to the test's thread.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "server/config/options.h"
#include "server/observe/counters.h"
#include "server/server.h"
#include "tests/support/test_certificate.h"
#include "tests/support/turn_client.h"

namespace culvert::testing {

// No scenario waits longer for something that must happen.
inline constexpr milliseconds kPatience = seconds(20);

// A port of 127.0.0.1 that is free for TCP and UDP.
uint16_t FreePort();

class RelayFixture : public ::testing::Test {
 protected:
  using Change = std::function<void(config::Options&)>;

  static constexpr const char* kRealm = "test.example";

  ~RelayFixture() override;

  // Starts the relay with three workers, users alice, bob and carol (the password is the name
  // behind "pw-"), peers on loopback allowed, and what `change` sets.
  void StartRelay(const Change& change = {});
  void StopRelay();
  // Closes its listeners, too.
  void DestroyRelay() { server_.reset(); }

  Server& relay() { return *server_; }
  // Speaks UDP, TCP and TLS.
  const Endpoint& address() const { return address_; }
  const TestCertificate& certificate() const { return certificate_; }

  ConnectionSettings SettingsFor(ClientTransport transport) const;
  ClientResult<TurnClient> Client(ClientTransport transport, const std::string& user = "alice");
  static ClientCredentials CredentialsOf(const std::string& user);

  // Sum over all workers of what `pick(const observe::WorkerCounters&)` gives.
  template <typename Pick>
  auto Count(Pick pick) {
    return observe::Sum(server_->counters(), pick);
  }
  uint64_t Drops(turn::Drop why) {
    return Count([why](const observe::WorkerCounters& w) { return w.drops[why].value(); });
  }

 private:
  TestCertificate certificate_;
  Endpoint address_;
  std::unique_ptr<Server> server_;
};

// Scenarios that hold over plain TCP and over TLS.
class StreamRelay : public RelayFixture, public ::testing::WithParamInterface<ClientTransport> {
 protected:
  ClientTransport transport() const { return GetParam(); }
  bool over_tls() const { return GetParam() == ClientTransport::kTls; }
};

inline std::string TransportTestName(const ::testing::TestParamInfo<ClientTransport>& info) {
  return ClientTransportName(info.param);
}

// Asks until `condition` holds; false when it does not within kPatience.
bool Eventually(const std::function<bool()>& condition);

}  // namespace culvert::testing
