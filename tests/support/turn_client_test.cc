#include "tests/support/turn_client.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <functional>
#include <thread>
#include <utility>

#include "auth/keys.h"
#include "server/stun/channel_data.h"
#include "server/stun/integrity.h"

namespace culvert::testing {
namespace {

using stun::AttributeType;
using stun::Builder;
using stun::Class;
using stun::ErrorCode;
using stun::Message;
using stun::Method;

const ClientCredentials kAlice{"alice", "secret"};
const Endpoint kRelayed(IpAddress::V4(192, 0, 2, 1), 50000);
const Endpoint kMapped(IpAddress::V4(198, 51, 100, 1), 1234);
const Endpoint kPeer(IpAddress::V4(203, 0, 113, 1), 9);

// One accepted TCP connection of a server that does what a test says.
class Scripted {
 public:
  explicit Scripted(int fd) : fd_(fd) {}

  // The next request; valid until the next call.
  const Message& Next() {
    request_.clear();
    ReadTo(stun::kHeaderSize);
    ReadTo(stun::kHeaderSize + LoadBig16(request_.data() + 2));
    parsed_.emplace(*Message::Parse(request_));
    return *parsed_;
  }

  void Answer(Class message_class, const std::function<void(Builder&)>& add,
              std::string_view behind = {}) {
    uint8_t buffer[512];
    Builder builder(buffer, message_class, parsed_->method(), parsed_->transaction_id());
    add(builder);
    const ByteView answer = builder.Finish();
    std::vector<uint8_t> bytes(answer.begin(), answer.end());
    bytes.insert(bytes.end(), behind.begin(), behind.end());
    Send(bytes);
  }
  void Challenge(ErrorCode code, std::string_view nonce) {
    Answer(Class::kError, [&](Builder& builder) {
      builder.AddErrorCode(code);
      builder.AddText(AttributeType::kRealm, "example.org");
      builder.AddText(AttributeType::kNonce, nonce);
    });
  }
  void Send(ByteView bytes) { send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL); }

 private:
  void ReadTo(size_t size) {
    const size_t had = request_.size();
    request_.resize(size);
    if (size > had) recv(fd_.get(), request_.data() + had, size - had, MSG_WAITALL);
  }

  net::Fd fd_;
  std::vector<uint8_t> request_;
  std::optional<Message> parsed_;
};

// Runs `script` on the first connection, on a thread of its own.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::function<void(Scripted&)> script)
      : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(listener_.get(), raw, size), 0);
    EXPECT_EQ(listen(listener_.get(), 1), 0);
    getsockname(listener_.get(), raw, &size);
    settings_.transport = ClientTransport::kTcp;
    settings_.server = Endpoint::FromSockaddr(raw);
    thread_ = std::thread([this, script = std::move(script)] {
      Scripted connection(accept(listener_.get(), nullptr, nullptr));
      script(connection);
    });
  }
  ~ScriptedServer() { thread_.join(); }

  const ConnectionSettings& settings() const { return settings_; }
  TurnClient Client(const ClientCredentials& credentials = kAlice) const {
    auto client = TurnClient::Connect(settings_, credentials);
    EXPECT_TRUE(client);
    return std::move(*client);
  }

 private:
  net::Fd listener_;
  ConnectionSettings settings_;
  std::thread thread_;
};

auth::Md5Key AlicesKey() {
  return auth::DeriveMd5Key("alice", "example.org", "secret");
}

void Sign(Builder& builder) {
  builder.AddIntegrity(stun::IntegrityKind::kSha1, AlicesKey());
}

void AddAllocation(Builder& builder) {
  builder.AddXorAddress(AttributeType::kXorRelayedAddress, kRelayed);
  builder.AddXorAddress(AttributeType::kXorMappedAddress, kMapped);
  builder.AddUint32(AttributeType::kLifetime, 600);
}

ClientCredentials Challenged() {
  return {"alice", "secret", "example.org", "n1"};
}

TEST(TurnClientTest, AChallengeIsAnsweredWithCredentials) {
  ScriptedServer server([](Scripted& connection) {
    EXPECT_FALSE(connection.Next().Has(AttributeType::kUsername));
    connection.Challenge(ErrorCode::kUnauthenticated, "n1");
    const Message& again = connection.Next();
    EXPECT_EQ(again.Text(AttributeType::kUsername), "alice");
    EXPECT_EQ(again.Text(AttributeType::kRealm), "example.org");
    EXPECT_EQ(again.Text(AttributeType::kNonce), "n1");
    EXPECT_EQ(again.LeadingByte(AttributeType::kRequestedTransport), stun::kTransportUdp);
    EXPECT_TRUE(VerifyIntegrity(again, stun::IntegrityKind::kSha1, AlicesKey()));
    connection.Answer(Class::kSuccess, [](Builder& builder) {
      AddAllocation(builder);
      Sign(builder);
    });
  });
  TurnClient client = server.Client();
  const auto answer = client.Allocate({});
  ASSERT_TRUE(answer) << answer.error().ToString();
  EXPECT_EQ(answer->relayed, kRelayed);
  EXPECT_EQ(answer->mapped, kMapped);
  EXPECT_EQ(answer->lifetime, 600u);
}

TEST(TurnClientTest, ASecondChallengeIsFinal) {
  ScriptedServer server([](Scripted& connection) {
    for (int i = 0; i < 2; ++i) {
      connection.Next();
      connection.Challenge(ErrorCode::kUnauthenticated, "n1");
    }
  });
  TurnClient client = server.Client();
  const auto answer = client.Allocate({});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().failure, ClientFailure::kRefused);
  EXPECT_EQ(answer.error().code, 401);
}

TEST(TurnClientTest, AStaleNonceIsRenewedOnce) {
  ScriptedServer server([](Scripted& connection) {
    EXPECT_EQ(connection.Next().Text(AttributeType::kNonce), "n1");
    connection.Challenge(ErrorCode::kStaleNonce, "n2");
    EXPECT_EQ(connection.Next().Text(AttributeType::kNonce), "n2");
    connection.Answer(Class::kSuccess, [](Builder& builder) {
      builder.AddUint32(AttributeType::kLifetime, 300);
      Sign(builder);
    });
  });
  TurnClient client = server.Client(Challenged());
  const auto lifetime = client.Refresh(300);
  ASSERT_TRUE(lifetime) << lifetime.error().ToString();
  EXPECT_EQ(*lifetime, 300u);
}

TEST(TurnClientTest, AnAnswerWithoutIntegrityIsForged) {
  ScriptedServer server([](Scripted& connection) {
    connection.Next();
    connection.Answer(Class::kSuccess, AddAllocation);
  });
  TurnClient client = server.Client(Challenged());
  const auto answer = client.Allocate({});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().failure, ClientFailure::kForged);
}

TEST(TurnClientTest, AnErrorIsTheCallsFailure) {
  ScriptedServer server([](Scripted& connection) {
    connection.Next();
    connection.Answer(Class::kError,
                      [](Builder& builder) { builder.AddErrorCode(ErrorCode::kForbidden); });
  });
  TurnClient client = server.Client(Challenged());
  const auto answer = client.ChannelBind(0x4000, kPeer);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().ToString(), "refused 403: ChannelBind, Forbidden");
}

TEST(TurnClientTest, BytesBehindTheBindingOfADataConnectionArePeerBytes) {
  ScriptedServer server([](Scripted& connection) {
    EXPECT_EQ(connection.Next().Uint32(AttributeType::kConnectionId), 77u);
    connection.Answer(Class::kSuccess, Sign, "hello");
  });
  // The control connection: a listener that nobody answers on is enough.
  ScriptedServer control([](Scripted&) {});
  ConnectionSettings settings = server.settings();
  TurnClient client = control.Client(Challenged());
  auto bound = client.BindDataConnection(77, settings);
  ASSERT_TRUE(bound) << bound.error().ToString();
  uint8_t bytes[5];
  ASSERT_TRUE(bound->ReceiveAll(bytes, seconds(5)));
  EXPECT_EQ(AsText(bytes), "hello");
}

TEST(TurnClientTest, WhatComesWhileARequestWaitsIsKeptInOrder) {
  ScriptedServer server([](Scripted& connection) {
    connection.Next();
    const uint8_t frame[8] = {0x40, 0x01, 0, 2, 'h', 'i', 0, 0};
    connection.Send(frame);
    uint8_t buffer[128];
    Builder data(buffer, Class::kIndication, Method::kData, {});
    data.AddXorAddress(AttributeType::kXorPeerAddress, kPeer);
    data.AddText(AttributeType::kData, "you");
    connection.Send(data.Finish());
    connection.Answer(Class::kSuccess, Sign);
  });
  TurnClient client = server.Client(Challenged());
  ASSERT_TRUE(client.CreatePermission({&kPeer, 1}));
  const auto first = client.NextEvent(seconds(5));
  ASSERT_TRUE(first) << first.error().ToString();
  EXPECT_EQ(std::get<ChannelDataEvent>(*first).channel, 0x4001);
  EXPECT_EQ(AsText(std::get<ChannelDataEvent>(*first).data), "hi");
  const auto second = client.NextEvent(seconds(5));
  ASSERT_TRUE(second) << second.error().ToString();
  EXPECT_EQ(std::get<DataEvent>(*second).peer, kPeer);
  EXPECT_EQ(AsText(std::get<DataEvent>(*second).data), "you");
}

TEST(TurnClientTest, AnEndedStreamIsClosedAndNotATimeout) {
  ScriptedServer server([](Scripted& connection) { connection.Next(); });
  TurnClient client = server.Client();
  const auto answer = client.MappedAddress();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().failure, ClientFailure::kClosed);
}

}  // namespace
}  // namespace culvert::testing
