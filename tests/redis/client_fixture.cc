#include "tests/redis/client_fixture.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "server/net/clock.h"
#include "server/redis/connection_string.h"

namespace culvert::redis {

std::string Show(const CallError& error) {
  return std::string(NameOf(error.kind)) + ": " + error.text;
}

std::unique_ptr<Client> ClientFixture::MakeClient(const std::string& connection_string) {
  auto settings = ParseConnectionString(connection_string);
  if (!settings) {
    ADD_FAILURE() << settings.error();
    return nullptr;
  }
  return MakeClient(std::move(settings.value()));
}

std::unique_ptr<Client> ClientFixture::MakeClient(std::shared_ptr<const Settings> settings) {
  auto client = Client::Make(loop_, wheel_, std::move(settings), observe::Log::Nowhere());
  if (!client) {
    ADD_FAILURE() << client.error();
    return nullptr;
  }
  return std::move(client.value());
}

std::unique_ptr<Client> ClientFixture::Connect(const std::string& connection_string) {
  auto client = MakeClient(connection_string);
  if (client && !Until([&] { return client->connected(); })) {
    ADD_FAILURE() << "not connected: " << client->last_error();
  }
  return client;
}

std::shared_ptr<Settings> ClientFixture::Impatient(const Endpoint& server) {
  auto settings = std::make_shared<Settings>();
  settings->servers.front().host = server.ip().ToString();
  settings->servers.front().port = server.port();
  settings->ping_interval = milliseconds(200);
  settings->command_timeout = milliseconds(200);
  return settings;
}

bool ClientFixture::Until(std::function<bool()> condition, milliseconds patience) {
  condition_ = std::move(condition);
  held_ = condition_();
  if (held_) return true;
  give_up_ = net::ReadMonotonic() + patience;
  loop_.SetAlarm(loop_.now().instant);
  loop_.Run(this);
  return held_;
}

bool ClientFixture::OnTurnEnd() {
  // What other processes do makes no event here, so a condition is looked at from time to time.
  constexpr milliseconds kLook{10};
  const Instant now = loop_.now().instant;
  wheel_.Advance(now);
  held_ = condition_();
  if (held_ || now >= give_up_) loop_.Stop();
  loop_.SetAlarm(wheel_.NextWake(now + kLook));
  return false;
}

CallResult ClientFixture::Ask(Client& client, Command command, milliseconds deadline) {
  std::optional<CallResult> answer;
  client.Call(std::move(command), deadline,
              [&answer](CallResult result) { answer = std::move(result); });
  EXPECT_FALSE(answer) << "called back from within Call";
  if (!Until([&answer] { return answer.has_value(); }, deadline + seconds(5))) {
    ADD_FAILURE() << "no result, " << client.last_error();
    // The callback refers to this frame: nothing after this can be trusted.
    std::abort();
  }
  return std::move(*answer);
}

std::string ClientFixture::Text(Client& client, Command command, milliseconds deadline) {
  const CallResult result = Ask(client, std::move(command), deadline);
  if (!result) return Show(result.error());
  if (result->type() == Reply::Type::kInteger) return std::to_string(result->integer());
  return result->is_nil() ? "(nil)" : result->text();
}

}  // namespace culvert::redis
