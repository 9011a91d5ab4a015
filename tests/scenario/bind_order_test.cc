// Bytes around ConnectionBind (RFC 6062 section 5.4): what came before it, with it and behind it.

#include "tests/scenario/peers.h"
#include "tests/scenario/raw_messages.h"
#include "tests/scenario/relay_fixture.h"

namespace culvert::testing {
namespace {

class BindOrderTest : public StreamRelay {
 protected:
  // A TCP allocation that is connected to `listener_`; nobody has bound the connection yet.
  void ConnectOnce() {
    StartRelay();
    auto client = Client(transport());
    ASSERT_TRUE(client.ok()) << client.error().ToString();
    control_.emplace(std::move(*client));
    const auto allocated = control_->Allocate({.transport = stun::kTransportTcp});
    ASSERT_TRUE(allocated.ok()) << allocated.error().ToString();
    const auto id = control_->ConnectToPeer(listener_.address());
    ASSERT_TRUE(id.ok()) << id.error().ToString();
    id_ = *id;
    auto peer = listener_.Accept();
    ASSERT_TRUE(peer.ok()) << peer.error().ToString();
    peer_.emplace(std::move(*peer));
  }

  ClientConnection OpenDataConnection() {
    auto data = ClientConnection::Open(SettingsFor(transport()));
    EXPECT_TRUE(data.ok()) << data.error().ToString();
    return std::move(*data);
  }

  PeerListener listener_;
  std::optional<TurnClient> control_;
  std::optional<ClientConnection> peer_;
  uint32_t id_ = 0;
};

// TC-26: bytes that the peer sends before the bind wait for the client, in order.
TEST_P(BindOrderTest, AMegabyteSentBeforeTheBindArrivesWhole) {
  ASSERT_NO_FATAL_FAILURE(ConnectOnce());
  const auto sent = Pattern(1 << 20);
  BackgroundSend sending(*peer_, sent);
  auto data = control_->BindDataConnection(id_);
  ASSERT_TRUE(data.ok()) << data.error().ToString();
  EXPECT_EQ(Difference(*data, sent), "");
  EXPECT_TRUE(sending.Finish());
}

// TC-26, TC-47: the peer is gone before the client comes; its bytes and its FIN still arrive.
TEST_P(BindOrderTest, APeerThatLeftBeforeTheBindIsHeardOut) {
  ASSERT_NO_FATAL_FAILURE(ConnectOnce());
  const auto sent = Pattern(20000);
  ASSERT_TRUE(peer_->Send(sent, kPatience).ok());
  peer_.reset();
  auto data = control_->BindDataConnection(id_);
  ASSERT_TRUE(data.ok()) << data.error().ToString();
  const StreamRest rest = ReadToEnd(*data);
  EXPECT_EQ(Difference(rest.bytes, sent), "");
  EXPECT_EQ(rest.end, ClientFailure::kClosed);
}

// TC-41: the client does not wait for the answer.
TEST_P(BindOrderTest, PayloadRightBehindTheBindReachesThePeer) {
  ASSERT_NO_FATAL_FAILURE(ConnectOnce());
  ClientConnection data = OpenDataConnection();
  const auto payload = Pattern(3000);
  ASSERT_TRUE(
      data.Send(Joined(BindRequest(control_->credentials(), id_), payload), kPatience).ok());
  EXPECT_EQ(ReadAnswer(data).code, 0);
  EXPECT_EQ(Difference(*peer_, payload), "");
}

// TC-40: the success answer comes before the first relayed byte, however early that one was there.
TEST_P(BindOrderTest, TheAnswerPrecedesThePeersFirstByte) {
  ASSERT_NO_FATAL_FAILURE(ConnectOnce());
  const auto early = Pattern(5000);
  ASSERT_TRUE(peer_->Send(early, kPatience).ok());
  ClientConnection data = OpenDataConnection();
  ASSERT_TRUE(data.Send(BindRequest(control_->credentials(), id_), kPatience).ok());
  const RawAnswer answer = ReadAnswer(data);
  EXPECT_EQ(answer.code, 0);
  EXPECT_EQ(Difference(data, early), "");
}

// TC-40, TC-41: the network may cut anywhere.
TEST_P(BindOrderTest, BindAndPayloadInSingleBytesAreWhole) {
  ASSERT_NO_FATAL_FAILURE(ConnectOnce());
  ClientConnection data = OpenDataConnection();
  const auto payload = Pattern(100);
  ASSERT_TRUE(SendInSingleBytes(data, Joined(BindRequest(control_->credentials(), id_), payload)));
  EXPECT_EQ(ReadAnswer(data).code, 0);
  EXPECT_EQ(Difference(*peer_, payload), "");
}

// TC-45, TC-08: what looks like TURN is payload.
TEST_P(BindOrderTest, StunInAPipeIsPayload) {
  ASSERT_NO_FATAL_FAILURE(ConnectOnce());
  auto data = control_->BindDataConnection(id_);
  ASSERT_TRUE(data.ok()) << data.error().ToString();
  const auto refresh = TurnRequest(stun::Method::kRefresh).Lifetime(0).bytes();
  const auto bind = BindRequest(control_->credentials(), id_);
  const auto both = Joined(refresh, bind);
  ASSERT_TRUE(data->Send(both, kPatience).ok());
  EXPECT_EQ(Difference(*peer_, both), "");
  ASSERT_TRUE(peer_->Send(both, kPatience).ok());
  EXPECT_EQ(Difference(*data, both), "");
}

// TC-49: relayed bytes are never taken for TLS, ChannelData or HTTP.
TEST_P(BindOrderTest, TlsAndHttpInAPipeArePayload) {
  ASSERT_NO_FATAL_FAILURE(ConnectOnce());
  ClientConnection data = OpenDataConnection();
  std::vector<uint8_t> payload = {0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03};
  payload = Joined(payload, AsBytes("GET / HTTP/1.1\r\n\r\n"));
  payload = Joined(payload, std::vector<uint8_t>{0x40, 0x00, 0xff, 0xff});
  // In the very segment of the bind, where a reader of messages would still be at work.
  ASSERT_TRUE(
      data.Send(Joined(BindRequest(control_->credentials(), id_), payload), kPatience).ok());
  EXPECT_EQ(ReadAnswer(data).code, 0);
  EXPECT_EQ(Difference(*peer_, payload), "");
  ASSERT_TRUE(peer_->Send(payload, kPatience).ok());
  EXPECT_EQ(Difference(data, payload), "");
}

INSTANTIATE_TEST_SUITE_P(Streams, BindOrderTest,
                         ::testing::Values(ClientTransport::kTcp, ClientTransport::kTls),
                         TransportTestName);

}  // namespace
}  // namespace culvert::testing
