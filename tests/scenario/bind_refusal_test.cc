// ConnectionBind that is refused (RFC 6062 section 5.4, RFC 8489 section 9.2.4): the connection and
// the waiting CONNECTION-ID stay as they are, and the right request still succeeds.

#include "tests/scenario/peers.h"
#include "tests/scenario/raw_messages.h"
#include "tests/scenario/relay_fixture.h"

namespace culvert::testing {
namespace {

class BindRefusalTest : public StreamRelay {
 protected:
  void ConnectOnce(const Change& change = {}) {
    StartRelay(change);
    auto client = Client(transport());
    ASSERT_TRUE(client.ok()) << client.error().ToString();
    control_.emplace(std::move(*client));
    ASSERT_TRUE(control_->Allocate({.transport = stun::kTransportTcp}).ok());
    const auto id = control_->ConnectToPeer(listener_.address());
    ASSERT_TRUE(id.ok()) << id.error().ToString();
    id_ = *id;
    auto peer = listener_.Accept();
    ASSERT_TRUE(peer.ok()) << peer.error().ToString();
    peer_.emplace(std::move(*peer));
  }

  ClientConnection OpenDataConnection(std::optional<IpAddress> from = {}) {
    ConnectionSettings settings = SettingsFor(transport());
    settings.from = from;
    auto data = ClientConnection::Open(settings);
    EXPECT_TRUE(data.ok()) << data.error().ToString();
    return std::move(*data);
  }

  RawAnswer Ask(ClientConnection& data, const std::vector<uint8_t>& request) {
    EXPECT_TRUE(data.Send(request, kPatience).ok());
    return ReadAnswer(data);
  }

  // Both ways.
  void ExpectJoined(ClientConnection& data) {
    ASSERT_TRUE(data.Send(AsBytes("to the peer"), kPatience).ok());
    EXPECT_EQ(Difference(*peer_, AsBytes("to the peer")), "");
    ASSERT_TRUE(peer_->Send(AsBytes("to the client"), kPatience).ok());
    EXPECT_EQ(Difference(data, AsBytes("to the client")), "");
  }

  PeerListener listener_;
  std::optional<TurnClient> control_;
  std::optional<ClientConnection> peer_;
  uint32_t id_ = 0;
};

// TC-34: the first request has no credentials, as any first request.
TEST_P(BindRefusalTest, AnUnsignedBindIs401AndTheRetryOnTheSameConnectionWorks) {
  ASSERT_NO_FATAL_FAILURE(ConnectOnce());
  ClientConnection data = OpenDataConnection();
  const RawAnswer refused = Ask(data, UnsignedBind(id_));
  EXPECT_EQ(refused.code, 401);
  EXPECT_EQ(refused.realm, kRealm);
  ASSERT_NE(refused.nonce, "");
  ClientCredentials credentials = CredentialsOf("alice");
  credentials.realm = refused.realm;
  credentials.nonce = refused.nonce;
  EXPECT_EQ(Ask(data, BindRequest(credentials, id_)).code, 0);
  ExpectJoined(data);
}

// TC-34
TEST_P(BindRefusalTest, AWrongPasswordIs401AndBurnsNothing) {
  ASSERT_NO_FATAL_FAILURE(ConnectOnce());
  ClientConnection data = OpenDataConnection();
  ClientCredentials wrong = control_->credentials();
  wrong.password = "guess";
  EXPECT_EQ(Ask(data, BindRequest(wrong, id_)).code, 401);
  EXPECT_EQ(Ask(data, BindRequest(control_->credentials(), id_)).code, 0);
  ExpectJoined(data);
}

// CR-12, TC-34: the nonce in the 438 is good at once.
TEST_P(BindRefusalTest, AStaleNonceIs438AndItsNonceWorks) {
  ASSERT_NO_FATAL_FAILURE(ConnectOnce([](config::Options& o) { o.stale_nonce = seconds(1); }));
  ClientConnection data = OpenDataConnection();
  ClientCredentials credentials = control_->credentials();
  RawAnswer answer;
  // The control connection's nonce ages while this asks for a connection that does not exist.
  ASSERT_TRUE(Eventually([&] {
    answer = Ask(data, BindRequest(credentials, id_ ^ 1));
    return answer.code != 400;
  }));
  EXPECT_EQ(answer.code, 438);
  ASSERT_NE(answer.nonce, credentials.nonce);
  credentials.nonce = answer.nonce;
  EXPECT_EQ(Ask(data, BindRequest(credentials, id_)).code, 0);
  ExpectJoined(data);
}

// TC-33, TC-23
TEST_P(BindRefusalTest, UnknownIdsAre400AndTheRightOneStillBinds) {
  ASSERT_NO_FATAL_FAILURE(ConnectOnce());
  ClientConnection data = OpenDataConnection();
  for (const uint32_t unknown : {id_ ^ 1, ~id_, 0u, 0xffffffffu}) {
    EXPECT_EQ(Ask(data, BindRequest(control_->credentials(), unknown)).code, 400) << unknown;
  }
  const TestUser alice("alice", "pw-alice", kRealm);
  const auto without_id = TurnRequest(stun::Method::kConnectionBind)
                              .SignedBy(alice, control_->credentials().nonce)
                              .bytes();
  EXPECT_EQ(Ask(data, without_id).code, 400);
  EXPECT_EQ(Ask(data, BindRequest(control_->credentials(), id_)).code, 0);
  ExpectJoined(data);
}

// TC-35
TEST_P(BindRefusalTest, AnotherUsersCredentialsAre441AndTheOwnerStillBinds) {
  ASSERT_NO_FATAL_FAILURE(ConnectOnce());
  ClientConnection thief = OpenDataConnection();
  ClientCredentials bob = CredentialsOf("bob");
  bob.realm = kRealm;
  bob.nonce = control_->credentials().nonce;
  EXPECT_EQ(Ask(thief, BindRequest(bob, id_)).code, 441);
  ClientConnection data = OpenDataConnection();
  EXPECT_EQ(Ask(data, BindRequest(control_->credentials(), id_)).code, 0);
  ExpectJoined(data);
}

// TC-33
TEST_P(BindRefusalTest, ASecondBindIs400AndTheFirstIsUndisturbed) {
  ASSERT_NO_FATAL_FAILURE(ConnectOnce());
  ClientConnection first = OpenDataConnection();
  EXPECT_EQ(Ask(first, BindRequest(control_->credentials(), id_)).code, 0);
  ClientConnection second = OpenDataConnection();
  EXPECT_EQ(Ask(second, BindRequest(control_->credentials(), id_)).code, 400);
  ExpectJoined(first);
}

// TC-36: a connection with an allocation of its own carries no data connection.
TEST_P(BindRefusalTest, ABindOnAControlConnectionIs400) {
  ASSERT_NO_FATAL_FAILURE(ConnectOnce());
  EXPECT_EQ(Ask(control_->connection(), BindRequest(control_->credentials(), id_)).code, 400);
  const auto lifetime = control_->Refresh(600);
  EXPECT_TRUE(lifetime.ok()) << lifetime.error().ToString();
}

// TC-37, TC-38: the control connection's nonce, from another address of the client.
TEST_P(BindRefusalTest, TheControlConnectionsNonceIsGoodFromAnotherAddress) {
  ASSERT_NO_FATAL_FAILURE(ConnectOnce());
  ClientConnection data = OpenDataConnection(IpAddress::V4(127, 0, 0, 2));
  EXPECT_EQ(Ask(data, BindRequest(control_->credentials(), id_)).code, 0);
  ExpectJoined(data);
}

// TC-41: what follows a refused bind is the next request, not payload.
TEST_P(BindRefusalTest, RefusedAndRightBindInOneSegmentAreBothServed) {
  ASSERT_NO_FATAL_FAILURE(ConnectOnce());
  ClientConnection data = OpenDataConnection();
  const auto two = Joined(BindRequest(control_->credentials(), id_ ^ 1),
                          BindRequest(control_->credentials(), id_));
  EXPECT_EQ(Ask(data, two).code, 400);
  EXPECT_EQ(ReadAnswer(data).code, 0);
  ExpectJoined(data);
}

INSTANTIATE_TEST_SUITE_P(Streams, BindRefusalTest,
                         ::testing::Values(ClientTransport::kTcp, ClientTransport::kTls),
                         TransportTestName);

}  // namespace
}  // namespace culvert::testing
