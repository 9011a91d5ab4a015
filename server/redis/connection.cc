#include "server/redis/connection.h"

#include <utility>

#include "server/base/bytes.h"
#include "server/net/socket.h"
#include "server/redis/encode.h"

namespace culvert::redis {
namespace {

// A host that vanished without a word is noticed after so long, also when nothing is called.
constexpr seconds kDeadAfter{20};

}  // namespace

Connection::Connection(Environment& environment, ServerName server, const Greeting& greeting,
                       Observer& observer)
    : environment_(environment),
      server_(std::move(server)),
      greeting_(greeting),
      observer_(&observer),
      reader_(environment.settings.limits) {}

void Connection::Start() {
  const Instant deadline = environment_.now() + environment_.settings.connect_timeout;
  environment_.wheel.Arm(this, deadline);
  dialer_ = std::make_unique<Dialer>(environment_, server_, deadline,
                                     [this](auto result) { OnDialed(std::move(result)); });
  dialer_->Start();
}

void Connection::OnDialed(Result<net::Fd, std::string> result) {
  if (!result) return Down(result.error());
  const int fd = result->get();
  if (server_.path.empty()) net::TuneStream(fd, kDeadAfter);
  net::SslPtr ssl;
  if (environment_.tls) {
    ssl = environment_.tls->NewSession(server_.host);
    if (!ssl) return Down("no TLS session can be made for this name");
  }
  transport_ =
      std::make_unique<Transport>(environment_.sys, std::move(result.value()), std::move(ssl));
  watch_.Start(environment_.loop, fd, this, true, true);
  Greet();
}

// All at once: none of these depends on another's answer but AUTH, and where that is refused, so
// are the others.
void Connection::Greet() {
  const Credentials& who = *greeting_.credentials;
  if (!who.empty()) {
    std::vector<std::string> login = {"AUTH"};
    if (!who.user.empty()) login.push_back(who.user);
    login.emplace_back(who.password.view());
    Say(Step::kAuth, std::move(login));
  }
  if (greeting_.database != 0) Say(Step::kSelect, {"SELECT", std::to_string(greeting_.database)});
  if (!greeting_.name.empty()) Say(Step::kSetName, {"CLIENT", "SETNAME", greeting_.name});
  if (greeting_.primary_only) Say(Step::kRole, {"ROLE"});
  // A server that is still loading, or wants a password after all, says so here.
  Say(Step::kPing, {"PING"});
}

// No copy of a password stays behind.
void Connection::Say(Step step, std::vector<std::string> words) {
  std::string bytes = Encode(words);
  transport_->Send(bytes);
  Wipe(&bytes);
  for (std::string& word : words) Wipe(&word);
  steps_.push_back(step);
}

void Connection::Send(std::string_view commands) {
  transport_->Send(commands);
  watch_.Want(true, true);
}

void Connection::OnReady(unsigned what) {
  if ((what & kReadable) != 0 && !Receive()) return;
  if (!transport_->Flush()) return Down(transport_->error());
  watch_.Want(true, transport_->has_unsent());
}

// False when the connection is over.
bool Connection::Receive() {
  std::string received;
  const bool open = transport_->Receive(&received);
  reader_.Feed(AsBytes(received));
  for (;;) {
    Reply reply;
    const ReplyReader::Outcome outcome = reader_.Next(&reply);
    if (outcome == ReplyReader::Outcome::kMore) break;
    if (outcome == ReplyReader::Outcome::kBroken) {
      Down("the server's answer is refused: " + reader_.error());
      return false;
    }
    if (up_) {
      observer_->OnReply(std::move(reply));
    } else {
      OnGreeted(reply);
    }
    // Whoever heard the reply may have ended the connection.
    if (observer_ == nullptr) return false;
  }
  if (!open) Down(first_refusal_.empty() || up_ ? transport_->error() : first_refusal_);
  return open;
}

void Connection::OnGreeted(const Reply& reply) {
  if (reply.is_error() && first_refusal_.empty()) first_refusal_ = reply.text();
  const Step step = steps_.front();
  steps_.pop_front();
  const std::string& text = reply.text();
  switch (step) {
    case Step::kAuth:
      // A password where none is asked for does no harm, and coturn never looked.
      if (!reply.is_error() || text.find("without any password") != std::string::npos) return;
      return Down("AUTH is refused: " + text);
    case Step::kSelect:
      if (!reply.is_error()) return;
      return Down("SELECT " + std::to_string(greeting_.database) + " is refused: " + text);
    case Step::kSetName:
      return;  // for people only
    case Step::kRole:
      if (reply.is_error()) return Down("ROLE is refused: " + text);
      if (reply.elements().empty() || reply.elements()[0].text() != "master") {
        return Down("it is not the primary");
      }
      return;
    case Step::kPing:
      if (reply.is_error() && !text.starts_with("NOPERM")) return Down(text);
      environment_.wheel.Disarm(this);
      up_ = true;
      return observer_->OnUp();
  }
}

void Connection::OnTimer(Instant) {
  Down("no answer in time");
}

void Connection::Close() {
  observer_ = nullptr;
  watch_.Stop();
  environment_.wheel.Disarm(this);
  dialer_.reset();
  transport_.reset();
}

void Connection::Down(std::string why) {
  Observer* const observer = std::exchange(observer_, nullptr);
  Close();
  if (observer != nullptr) observer->OnDown(server_.ToString() + ": " + why);
}

}  // namespace culvert::redis
