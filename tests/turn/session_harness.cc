#include "tests/turn/session_harness.h"

#include <utility>

namespace culvert::turn {
namespace {

constexpr auth::ClusterKey kClusterKey = {1, 2, 3};

std::string ReplyLine(const char* method, const char* kind, int number, std::string attributes) {
  if (!attributes.empty()) attributes += ", ";
  return "reply " + std::string(method) + " " + kind + " #" + std::to_string(number) + " {" +
         attributes + "MESSAGE-INTEGRITY ok}";
}

}  // namespace

Lines operator+(Lines a, const Lines& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

SessionHarness::SessionHarness() {
  settings.realms = Realms("example.org");
  settings.software.clear();
  path = {Transport::kTls, ClientAddress(*Endpoint::Parse("198.51.100.7:40000")),
          ServerAddress(*Endpoint::Parse("203.0.113.1:443"))};
  effects.SetReplyKey(alice.key);
  AddUser(alice, "alice");
  AddUser(bob, "bob");
}

void SessionHarness::AddUser(const TestUser& user, std::string subject, WallTime expiry,
                             auth::Policy policy) {
  auto credential = std::make_shared<auth::Credential>();
  credential->username = user.username;
  credential->subject = std::move(subject);
  credential->realm = user.realm;
  credential->keys.md5 = user.key;
  credential->expiry = expiry;
  credential->policy = std::move(policy);
  effects.users[user.username] = std::move(credential);
}

Session& SessionHarness::session() {
  if (!session_) {
    nonces_ = std::make_unique<auth::NonceSealer>(kClusterKey, nonce_lifetime);
    policy_ = std::make_unique<PeerPolicy>(rules, std::vector<Endpoint>{path.server.endpoint()});
    shared_ =
        std::make_unique<Shared>(Shared{settings, *policy_, *nonces_, 0, false, nullptr, failures});
    session_ = std::make_unique<Session>(*shared_, effects, path);
  }
  return *session_;
}

void SessionHarness::NewSession() {
  session();
  session_ = std::make_unique<Session>(*shared_, effects, path);
  effects.Take();
}

std::string SessionHarness::NonceBoundTo(const Path& other) {
  return NonceOf(settings.realms.default_realm(), other);
}

std::string SessionHarness::NonceOf(std::string_view realm, const Path& other) {
  session();
  std::array<char, auth::NonceSealer::kSize> nonce;
  const IpAddress* bind_to = other.transport == Transport::kUdp ? &other.client.ip() : nullptr;
  nonces_->Issue(realm, settings.features, bind_to, clock.now().wall, 7, &nonce);
  return {nonce.data(), nonce.size()};
}

Lines SessionHarness::Send(const TurnRequest& request) {
  const auto message = stun::Message::Parse(request.bytes());
  EXPECT_TRUE(message.ok());
  session().OnMessage(*message, clock.now());
  return effects.Take();
}

Lines SessionHarness::Ask(const TestUser& user, TurnRequest request) {
  effects.SetReplyKey(user.key);
  return Send(request.SignedBy(user, Nonce(user.realm)));
}

void SessionHarness::AllocateUdp() {
  Ask(TurnRequest(Method::kAllocate).Transport(stun::kTransportUdp));
  ASSERT_NE(session().allocation(), nullptr);
}

void SessionHarness::AllocateDual() {
  Ask(TurnRequest(Method::kAllocate)
          .Transport(stun::kTransportUdp)
          .AdditionalFamily(stun::kFamilyIPv6));
  ASSERT_NE(session().allocation(), nullptr);
}

void SessionHarness::AllocateTcp() {
  Ask(TurnRequest(Method::kAllocate).Transport(stun::kTransportTcp));
  ASSERT_NE(session().allocation(), nullptr);
}

void SessionHarness::StartDraining() {
  session();  // makes what sessions share
  shared_->draining = true;
}

Lines SessionHarness::Pass(seconds time) {
  const Instant end = clock.now().instant + time;
  while (clock.now().instant < end) {
    clock.Advance(seconds{1});
    if (session().next_deadline() <= clock.now().instant) session().OnTimer(clock.now());
  }
  return effects.Take();
}

Lines SessionHarness::Success(const char* method, int number, const std::string& attributes) {
  return {ReplyLine(method, "success", number, attributes), "count " + std::string(method) + " 0"};
}

Lines SessionHarness::Refusal(const char* method, int number, int code) {
  const std::string text = std::to_string(code);
  return {ReplyLine(method, "error", number, "ERROR-CODE " + text),
          "count " + std::string(method) + " " + text};
}

}  // namespace culvert::turn
