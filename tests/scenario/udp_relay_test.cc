// Datagrams from end to end, over every transport of the client.

#include <sys/socket.h>

#include "server/stun/channel_data.h"
#include "server/stun/message.h"
#include "tests/scenario/peers.h"
#include "tests/scenario/raw_messages.h"
#include "tests/scenario/relay_fixture.h"

namespace culvert::testing {
namespace {

using stun::AttributeType;
using stun::Message;

class UdpRelayTest : public StreamRelay {
 protected:
  // A client with an allocation, and a permission for `peer_`.
  void Begin(const Change& change = {}) {
    StartRelay(change);
    auto client = Client(transport());
    ASSERT_TRUE(client.ok()) << client.error().ToString();
    client_.emplace(std::move(*client));
    const auto allocated = client_->Allocate({});
    ASSERT_TRUE(allocated.ok()) << allocated.error().ToString();
    relayed_ = allocated->relayed;
    const auto permitted = client_->CreatePermission({&peer_.address(), 1});
    ASSERT_TRUE(permitted.ok()) << permitted.error().ToString();
  }

  // The next message from the relay, whole, as it lies on the wire.
  std::vector<uint8_t> NextRaw() {
    std::vector<uint8_t> bytes = ReadMessage(client_->connection());
    EXPECT_FALSE(bytes.empty());
    return bytes;
  }

  UdpPeer peer_;
  std::optional<TurnClient> client_;
  Endpoint relayed_;
};

// SD-01, SD-04, SD-06, SD-08, SD-09, SD-10: also with lengths that need padding, which is zero.
TEST_P(UdpRelayTest, IndicationsCarryEveryLengthBothWays) {
  ASSERT_NO_FATAL_FAILURE(Begin());
  for (const size_t size : {0, 1, 2, 3, 4, 5, 160, 1200, 1471}) {
    const auto payload = Pattern(size, size + 1);
    ASSERT_TRUE(client_->SendIndication(peer_.address(), payload).ok());
    const auto there = peer_.Receive(kPatience);
    ASSERT_TRUE(there.arrived) << size;
    EXPECT_EQ(there.from, relayed_);
    EXPECT_EQ(there.data, payload);
    peer_.Send(relayed_, payload);
    const auto bytes = NextRaw();
    const auto back = Message::Parse(bytes);
    ASSERT_TRUE(back.ok()) << size;
    EXPECT_EQ(back->method(), stun::Method::kData);
    EXPECT_EQ(back->XorAddress(AttributeType::kXorPeerAddress), peer_.address());
    const auto data = back->Find(AttributeType::kData);
    ASSERT_TRUE(data.has_value()) << size;
    EXPECT_EQ(Difference(*data, payload), "");
    for (size_t at = static_cast<size_t>(data->data() - bytes.data()) + size; at < bytes.size();
         ++at) {
      EXPECT_EQ(bytes[at], 0) << "padding of " << size;
    }
  }
}

// CH-08, CH-11: padding on streams only.
TEST_P(UdpRelayTest, ChannelsCarryEveryLengthBothWays) {
  ASSERT_NO_FATAL_FAILURE(Begin());
  ASSERT_TRUE(client_->ChannelBind(0x4001, peer_.address()).ok());
  for (const size_t size : {0, 1, 2, 3, 4, 5, 160, 1200, 1471}) {
    const auto payload = Pattern(size, size + 1);
    ASSERT_TRUE(client_->SendChannelData(0x4001, payload).ok());
    const auto there = peer_.Receive(kPatience);
    ASSERT_TRUE(there.arrived) << size;
    EXPECT_EQ(there.from, relayed_);
    EXPECT_EQ(there.data, payload);
    peer_.Send(relayed_, payload);
    const auto bytes = NextRaw();
    const bool stream = transport() != ClientTransport::kUdp;
    ASSERT_EQ(bytes.size(), stream ? stun::PaddedSize(4 + size) : 4 + size);
    EXPECT_EQ(LoadBig16(bytes.data()), 0x4001);
    EXPECT_EQ(LoadBig16(bytes.data() + 2), size);
    EXPECT_EQ(Difference(ByteView(bytes).subspan(4, size), payload), "");
  }
}

// SD-07: a channel is for one port of the peer; what comes from its neighbours is an indication.
TEST_P(UdpRelayTest, ABoundPeerComesOnItsChannelAndItsNeighbourDoesNot) {
  ASSERT_NO_FATAL_FAILURE(Begin());
  ASSERT_TRUE(client_->ChannelBind(0x4004, peer_.address()).ok());
  UdpPeer neighbour;
  const auto payload = Pattern(33);
  for (int round = 0; round < 3; ++round) {
    neighbour.Send(relayed_, payload);
    auto event = client_->NextEvent(kPatience);
    ASSERT_TRUE(event.ok()) << event.error().ToString();
    const auto* indication = std::get_if<DataEvent>(&*event);
    ASSERT_NE(indication, nullptr);
    EXPECT_EQ(indication->peer, neighbour.address());
    EXPECT_EQ(indication->data, payload);
    peer_.Send(relayed_, payload);
    event = client_->NextEvent(kPatience);
    ASSERT_TRUE(event.ok()) << event.error().ToString();
    const auto* on_channel = std::get_if<ChannelDataEvent>(&*event);
    ASSERT_NE(on_channel, nullptr);
    EXPECT_EQ(on_channel->channel, 0x4004);
    EXPECT_EQ(on_channel->data, payload);
  }
}

// IP-03: a datagram that came in fragments.
TEST_P(UdpRelayTest, LargeDatagramsArriveWhole) {
  ASSERT_NO_FATAL_FAILURE(Begin());
  const auto payload = Pattern(8000);
  peer_.Send(relayed_, payload);
  const auto event = client_->NextEvent(kPatience);
  ASSERT_TRUE(event.ok()) << event.error().ToString();
  EXPECT_EQ(std::get<DataEvent>(*event).data, payload);
  ASSERT_TRUE(client_->SendIndication(peer_.address(), payload).ok());
  EXPECT_EQ(peer_.Receive(kPatience).data, payload);
}

// SD-05: DONT-FRAGMENT is honoured, and does not stick to what follows.
TEST_P(UdpRelayTest, DontFragmentIsForOneDatagram) {
  ASSERT_NO_FATAL_FAILURE(Begin());
  const auto send = [this](ByteView payload, bool dont_fragment) {
    std::vector<uint8_t> buffer(70000);
    stun::Builder builder(buffer, stun::Class::kIndication, stun::Method::kSend, {});
    builder.AddXorAddress(AttributeType::kXorPeerAddress, peer_.address());
    if (dont_fragment) builder.AddEmpty(AttributeType::kDontFragment);
    builder.Add(AttributeType::kData, payload);
    ASSERT_TRUE(client_->connection().Send(builder.Finish(), kPatience).ok());
  };
  send(AsBytes("first"), true);
  EXPECT_EQ(peer_.Receive(kPatience).text(), "first");
  send(AsBytes("second"), false);
  EXPECT_EQ(peer_.Receive(kPatience).text(), "second");
  const auto large = Pattern(30000);
  send(large, false);
  EXPECT_EQ(peer_.Receive(kPatience).data, large);
}

// IC-01, IC-02, IC-03, IC-04, IC-05: also on a bound channel.
TEST_P(UdpRelayTest, AClosedPortIsReportedWithAnIcmpAttribute) {
  ASSERT_NO_FATAL_FAILURE(Begin());
  Endpoint closed;
  {
    UdpPeer gone;
    closed = gone.address();
  }
  ASSERT_TRUE(client_->ChannelBind(0x4002, closed).ok());
  ASSERT_TRUE(client_->SendChannelData(0x4002, AsBytes("anybody?")).ok());
  const auto bytes = NextRaw();
  const auto report = Message::Parse(bytes);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->method(), stun::Method::kData);
  EXPECT_EQ(report->message_class(), stun::Class::kIndication);
  EXPECT_EQ(report->XorAddress(AttributeType::kXorPeerAddress), closed);
  EXPECT_FALSE(report->Has(AttributeType::kData));
  const auto icmp = report->Find(AttributeType::kIcmp);
  ASSERT_TRUE(icmp.has_value());
  EXPECT_EQ(std::vector<uint8_t>(icmp->begin(), icmp->end()),
            (std::vector<uint8_t>{0, 0, 3, 3, 0, 0, 0, 0}));
  // The error costs no datagram that comes later, in either direction.
  ASSERT_TRUE(client_->SendIndication(peer_.address(), AsBytes("you?")).ok());
  EXPECT_EQ(peer_.Receive(kPatience).text(), "you?");
  peer_.Send(relayed_, AsBytes("me"));
  const auto event = client_->NextEvent(kPatience);
  ASSERT_TRUE(event.ok()) << event.error().ToString();
  EXPECT_EQ(std::get<DataEvent>(*event).data, (std::vector<uint8_t>{'m', 'e'}));
}

// AL-23, PE-01, SD-02: strangers are not heard, and nobody can be reached without permission.
TEST_P(UdpRelayTest, WithoutPermissionNothingPasses) {
  ASSERT_NO_FATAL_FAILURE(Begin());
  auto other = Client(transport(), "bob");
  ASSERT_TRUE(other.ok());
  const auto allocated = other->Allocate({});
  ASSERT_TRUE(allocated.ok()) << allocated.error().ToString();
  peer_.Send(allocated->relayed, AsBytes("let me in"));
  ASSERT_TRUE(other->SendIndication(peer_.address(), AsBytes("let me out")).ok());
  EXPECT_TRUE(Eventually([this] { return Drops(turn::Drop::kNoPermission) == 2; }));
  // Nothing is on its way to either.
  ASSERT_TRUE(other->Refresh(600).ok());
  EXPECT_FALSE(other->NextEvent(milliseconds(0)).ok());
  EXPECT_FALSE(peer_.Receive(milliseconds(0)).arrived);
}

// PE-05, CH-06: two clients of one relay, each on its own channel 0x4000.
TEST_P(UdpRelayTest, TwoClientsTalkRelayToRelay) {
  ASSERT_NO_FATAL_FAILURE(Begin());
  auto bob = Client(ClientTransport::kUdp, "bob");
  ASSERT_TRUE(bob.ok());
  const auto of_bob = bob->Allocate({});
  ASSERT_TRUE(of_bob.ok()) << of_bob.error().ToString();
  ASSERT_TRUE(client_->ChannelBind(0x4000, of_bob->relayed).ok());
  ASSERT_TRUE(bob->ChannelBind(0x4000, relayed_).ok());
  for (int round = 0; round < 50; ++round) {
    const auto payload = Pattern(160, static_cast<uint64_t>(round) + 1);
    ASSERT_TRUE(client_->SendChannelData(0x4000, payload).ok());
    auto event = bob->NextEvent(kPatience);
    ASSERT_TRUE(event.ok()) << event.error().ToString();
    EXPECT_EQ(std::get<ChannelDataEvent>(*event).data, payload);
    ASSERT_TRUE(bob->SendChannelData(0x4000, payload).ok());
    event = client_->NextEvent(kPatience);
    ASSERT_TRUE(event.ok()) << event.error().ToString();
    EXPECT_EQ(std::get<ChannelDataEvent>(*event).data, payload);
  }
}

// CH-15 and order: a burst in one segment leaves as it came, runs of equal size among it.
TEST_P(UdpRelayTest, ABurstKeepsItsOrderAndItsBoundaries) {
  ASSERT_NO_FATAL_FAILURE(Begin());
  ASSERT_TRUE(client_->ChannelBind(0x4003, peer_.address()).ok());
  constexpr int kBurst = 60;
  for (int i = 0; i < kBurst; ++i) {
    // Every seventh is shorter, every eleventh empty.
    const size_t size = i % 11 == 10 ? 0 : i % 7 == 6 ? 40 : 160;
    ASSERT_TRUE(client_->SendChannelData(0x4003, Pattern(size, static_cast<uint64_t>(i))).ok());
  }
  for (int i = 0; i < kBurst; ++i) {
    const size_t size = i % 11 == 10 ? 0 : i % 7 == 6 ? 40 : 160;
    const auto datagram = peer_.Receive(kPatience);
    ASSERT_TRUE(datagram.arrived) << i;
    ASSERT_EQ(datagram.data, Pattern(size, static_cast<uint64_t>(i))) << i;
  }
}

// GE-03: datagrams beyond max-bps are dropped and counted, in each direction for itself.
TEST_P(UdpRelayTest, MaxBpsDropsWhatIsTooMuch) {
  ASSERT_NO_FATAL_FAILURE(Begin([](config::Options& o) { o.max_bps = 20000; }));
  // The burst is 10000 bytes.
  for (int i = 0; i < 40; ++i) peer_.Send(relayed_, Pattern(1000));
  EXPECT_TRUE(Eventually([this] { return Drops(turn::Drop::kBandwidth) > 0; }));
  ASSERT_TRUE(client_->SendIndication(peer_.address(), AsBytes("the other way")).ok());
  EXPECT_EQ(peer_.Receive(kPatience).text(), "the other way");
  EXPECT_TRUE(client_->NextEvent(kPatience).ok());
  EXPECT_GE(Drops(turn::Drop::kBandwidth), 20u);
}

INSTANTIATE_TEST_SUITE_P(Transports, UdpRelayTest,
                         ::testing::Values(ClientTransport::kUdp, ClientTransport::kTcp,
                                           ClientTransport::kTls),
                         TransportTestName);

}  // namespace
}  // namespace culvert::testing
