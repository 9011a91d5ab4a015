// What the relay passes over without a word (RFC 8489 section 6.3.2, RFC 8656 sections 5, 11 and
// 12): neither client nor peer hears anything, and what comes next is served as ever.

#include "tests/scenario/peers.h"
#include "tests/scenario/raw_messages.h"
#include "tests/scenario/relay_fixture.h"

namespace culvert::testing {
namespace {

using stun::AttributeType;
using stun::Class;
using stun::Method;

class SilenceTest : public StreamRelay {
 protected:
  void Connect(const Change& change = {}) {
    StartRelay(change);
    auto client = Client(transport());
    ASSERT_TRUE(client.ok()) << client.error().ToString();
    client_.emplace(std::move(*client));
  }
  void Allocate() {
    const auto allocated = client_->Allocate({});
    ASSERT_TRUE(allocated.ok()) << allocated.error().ToString();
    relayed_ = allocated->relayed;
  }
  void PermitPeer() { ASSERT_TRUE(client_->CreatePermission({&peer_.address(), 1}).ok()); }

  TurnRequest IndicationToPeer(Method method, std::string_view data) {
    return TurnRequest(method, ++number_, Class::kIndication)
        .Peer(peer_.address().ToString())
        .Add(AttributeType::kData, AsBytes(data));
  }

  // The next that comes behind `bytes` is the answer to a question asked after them.
  void ExpectNoAnswerTo(ByteView bytes) {
    const auto question = TurnRequest(Method::kBinding, ++number_).bytes();
    ASSERT_TRUE(client_->connection().Send(bytes, kPatience).ok());
    ASSERT_TRUE(client_->connection().Send(question, kPatience).ok());
    const auto answer = ReadMessage(client_->connection());
    ASSERT_GE(answer.size(), stun::kHeaderSize);
    EXPECT_EQ(LoadBig16(answer.data()), 0x0101);
    EXPECT_EQ(Difference(ByteView(answer).subspan(4, 16), ByteView(question).subspan(4, 16)), "");
  }
  // The first datagram that the peer gets at all is this one.
  void ExpectNothingBefore(std::string_view data) {
    ASSERT_TRUE(client_->SendIndication(peer_.address(), AsBytes(data)).ok());
    EXPECT_EQ(peer_.Receive(kPatience).text(), data);
  }

  UdpPeer peer_;
  std::optional<TurnClient> client_;
  Endpoint relayed_;
  uint32_t number_ = 1000;
};

// ST-08, SD-02
TEST_P(SilenceTest, ASendIndicationWithAnUnknownAttributeIsDropped) {
  ASSERT_NO_FATAL_FAILURE(Connect());
  ASSERT_NO_FATAL_FAILURE(Allocate());
  ASSERT_NO_FATAL_FAILURE(PermitPeer());
  ExpectNoAnswerTo(IndicationToPeer(Method::kSend, "strange").AddUnknown(0x7f00).bytes());
  EXPECT_EQ(Drops(turn::Drop::kUnknownAttribute), 1u);
  // One that may be ignored is.
  ExpectNoAnswerTo(IndicationToPeer(Method::kSend, "optional").AddUnknown(0xf000).bytes());
  EXPECT_EQ(peer_.Receive(kPatience).text(), "optional");
  EXPECT_EQ(Drops(turn::Drop::kUnknownAttribute), 1u);
}

// GE-01
TEST_P(SilenceTest, WithoutAnAllocationIndicationsAndChannelDataLeadNowhere) {
  ASSERT_NO_FATAL_FAILURE(Connect());
  // A stream may not begin with ChannelData.
  ASSERT_TRUE(client_->MappedAddress().ok());
  ExpectNoAnswerTo(IndicationToPeer(Method::kSend, "too early").bytes());
  EXPECT_EQ(Drops(turn::Drop::kNoAllocation), 1u);
  const uint8_t channel_data[8] = {0x40, 0x00, 0, 4, 'd', 'a', 't', 'a'};
  ExpectNoAnswerTo(channel_data);
  EXPECT_EQ(Drops(turn::Drop::kNoAllocation), 2u);
  ASSERT_NO_FATAL_FAILURE(Allocate());
  ASSERT_NO_FATAL_FAILURE(PermitPeer());
  ExpectNothingBefore("now");
}

// SD-11: Data goes from the server to the client.
TEST_P(SilenceTest, ADataIndicationFromAClientIsDropped) {
  ASSERT_NO_FATAL_FAILURE(Connect());
  ASSERT_NO_FATAL_FAILURE(Allocate());
  ASSERT_NO_FATAL_FAILURE(PermitPeer());
  ExpectNoAnswerTo(IndicationToPeer(Method::kData, "the wrong way").bytes());
  EXPECT_EQ(Drops(turn::Drop::kMalformed), 1u);
  ExpectNothingBefore("the right way");
}

// SD-03: what was sent to a peer opens no way back.
TEST_P(SilenceTest, SendInstallsNoPermission) {
  ASSERT_NO_FATAL_FAILURE(Connect());
  ASSERT_NO_FATAL_FAILURE(Allocate());
  ExpectNoAnswerTo(IndicationToPeer(Method::kSend, "anybody?").bytes());
  EXPECT_EQ(Drops(turn::Drop::kNoPermission), 1u);
  peer_.Send(relayed_, AsBytes("me"));
  EXPECT_TRUE(Eventually([this] { return Drops(turn::Drop::kNoPermission) == 2; }));
  // Nothing was on its way to the client.
  ASSERT_TRUE(client_->Refresh(600).ok());
  EXPECT_FALSE(client_->NextEvent(milliseconds(0)).ok());
}

// SD-03: a client that sends without a pause loses its permission all the same.
TEST_P(SilenceTest, SendRefreshesNoPermission) {
  ASSERT_NO_FATAL_FAILURE(Connect([](config::Options& o) { o.permission_lifetime = seconds(1); }));
  ASSERT_NO_FATAL_FAILURE(Allocate());
  ASSERT_NO_FATAL_FAILURE(PermitPeer());
  EXPECT_TRUE(Eventually([this] {
    EXPECT_TRUE(client_->SendIndication(peer_.address(), AsBytes("still there?")).ok());
    return Drops(turn::Drop::kNoPermission) > 0;
  }));
}

INSTANTIATE_TEST_SUITE_P(Transports, SilenceTest,
                         ::testing::Values(ClientTransport::kUdp, ClientTransport::kTcp,
                                           ClientTransport::kTls),
                         TransportTestName);

}  // namespace
}  // namespace culvert::testing
