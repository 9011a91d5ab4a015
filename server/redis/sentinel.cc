#include "server/redis/sentinel.h"

#include <sstream>
#include <utility>

#include "server/redis/encode.h"
#include "server/redis/server_name.h"

namespace culvert::redis {
namespace {

Greeting MakeGreeting(const Settings& settings) {
  return {.credentials = &settings.sentinel_credentials, .name = settings.client_name};
}

// [host, port]; nothing for anything else.
std::optional<ServerName> ParsePrimary(const Reply& reply) {
  if (reply.elements().size() != 2) return std::nullopt;
  const auto port = ParsePort(reply.elements()[1].text());
  const std::string& host = reply.elements()[0].text();
  if (!port || !IsHost(host)) return std::nullopt;
  ServerName name;
  name.host = host;
  name.port = *port;
  return name;
}

}  // namespace

SentinelTarget::SentinelTarget(Environment& environment)
    : environment_(environment), greeting_(MakeGreeting(environment.settings)) {}

SentinelTarget::~SentinelTarget() {
  CloseConnection();
}

const ServerName& SentinelTarget::sentinel() const {
  const auto& all = environment_.settings.servers;
  return all[(first_ + asked_ - 1) % all.size()];
}

void SentinelTarget::Find(Done done) {
  done_ = std::move(done);
  asked_ = 0;
  failures_.clear();
  AskNext();
}

void SentinelTarget::Cancel() {
  done_ = nullptr;
  environment_.wheel.Disarm(this);
  CloseConnection();
}

void SentinelTarget::AskNext() {
  if (asked_ == environment_.settings.servers.size()) {
    return Finish(Failure{"no sentinel knows the primary:" + failures_});
  }
  ++asked_;
  environment_.wheel.Arm(this, environment_.now() + environment_.settings.command_timeout);
  connection_ = std::make_unique<Connection>(environment_, sentinel(), greeting_,
                                             static_cast<Connection::Observer&>(*this));
  connection_->Start();
}

void SentinelTarget::OnUp() {
  const std::string words[] = {"SENTINEL", "get-master-addr-by-name",
                               environment_.settings.master_name};
  connection_->Send(Encode(words));
}

void SentinelTarget::OnReply(Reply reply) {
  if (reply.is_error()) return NoAnswer(sentinel().ToString() + ": " + reply.text());
  const auto primary = ParsePrimary(reply);
  if (!primary)
    return NoAnswer(sentinel().ToString() + ": does not know " + environment_.settings.master_name);
  first_ = (first_ + asked_ - 1) % environment_.settings.servers.size();
  Finish(*primary);
}

void SentinelTarget::OnDown(const std::string& why) {
  NoAnswer(why);
}

void SentinelTarget::OnTimer(Instant) {
  NoAnswer(sentinel().ToString() + ": no answer in time");
}

void SentinelTarget::NoAnswer(const std::string& why) {
  failures_ += (failures_.empty() ? " " : ", ") + why;
  CloseConnection();
  AskNext();
}

void SentinelTarget::Finish(Result<ServerName, std::string> result) {
  environment_.wheel.Disarm(this);
  CloseConnection();
  const Done done = std::exchange(done_, nullptr);
  if (done) done(std::move(result));
}

void SentinelTarget::CloseConnection() {
  if (!connection_) return;
  connection_->Close();
  environment_.loop.DeferDelete(std::move(connection_));
}

FailoverWatch::FailoverWatch(Environment& environment, OnSwitch on_switch)
    : environment_(environment),
      on_switch_(std::move(on_switch)),
      target_(environment.settings.servers),
      probe_(environment),
      subscription_(environment, target_, MakeGreeting(environment.settings), "+switch-master",
                    {.on_up = [this] { Probe(); },
                     .on_down = [](const std::string&) {},
                     .on_message = [this](const Reply& payload) { OnMessage(payload); }}) {}

void FailoverWatch::Probe() {
  probe_.Cancel();
  probe_.Find([this](const Result<ServerName, std::string>& result) {
    if (result) on_switch_(result.value());
  });
}

// "name old-host old-port new-host new-port"
void FailoverWatch::OnMessage(const Reply& payload) {
  std::istringstream words(payload.text());
  std::string name, old_host, old_port, host, port_text;
  words >> name >> old_host >> old_port >> host >> port_text;
  const auto port = ParsePort(port_text);
  if (name != environment_.settings.master_name || !port || !IsHost(host)) return;
  ServerName primary;
  primary.host = host;
  primary.port = *port;
  on_switch_(primary);
}

}  // namespace culvert::redis
