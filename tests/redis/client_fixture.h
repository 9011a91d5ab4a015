// A client on a loop that a test drives: waits end with what is waited for, or fail after a time
// that no sound run needs.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "server/base/address.h"
#include "server/net/loop.h"
#include "server/net/timer_wheel.h"
#include "server/redis/client.h"

namespace culvert::redis {

class ClientFixture : public ::testing::Test, private net::TurnHandler {
 protected:
  // Of whatever Client::Make or ParseConnectionString refuses the test fails, and the result is
  // null.
  std::unique_ptr<Client> MakeClient(const std::string& connection_string);
  std::unique_ptr<Client> MakeClient(std::shared_ptr<const Settings> settings);
  // The same, and it is connected.
  std::unique_ptr<Client> Connect(const std::string& connection_string);

  // Of a server that is asked often and may not be slow.
  static std::shared_ptr<Settings> Impatient(const Endpoint& server);

  // Runs the loop until `condition` has held once; false when it does not in time. Not from within
  // a condition.
  bool Until(std::function<bool()> condition, milliseconds patience = seconds(10));
  // Calls and waits.
  CallResult Ask(Client& client, Command command, milliseconds deadline = seconds(5));
  // The text of the reply, "kind: text" of an error.
  std::string Text(Client& client, Command command, milliseconds deadline = seconds(5));

  net::Loop loop_;
  net::TimerWheel wheel_{loop_.now().instant};

 private:
  bool OnTurnEnd() override;

  std::function<bool()> condition_;
  bool held_ = false;
  Instant give_up_ = kNever;
};

// "kind: text"
std::string Show(const CallError& error);

}  // namespace culvert::redis
