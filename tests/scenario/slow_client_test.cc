// A client that does not read while its peer floods it: it loses old media, counted, and nobody
// else notices.

#include <atomic>
#include <thread>

#include "tests/scenario/peers.h"
#include "tests/scenario/relay_fixture.h"

namespace culvert::testing {
namespace {

class SlowClientTest : public StreamRelay {};

// One worker, so that both clients share it.
TEST_P(SlowClientTest, LosesItsOwnMediaAndNobodyElses) {
  StartRelay([](config::Options& o) { o.relay_threads = 1; });
  auto slow = Client(transport());
  ASSERT_TRUE(slow.ok()) << slow.error().ToString();
  const auto of_slow = slow->Allocate({});
  ASSERT_TRUE(of_slow.ok()) << of_slow.error().ToString();
  UdpPeer flooder;
  ASSERT_TRUE(slow->ChannelBind(0x4000, flooder.address()).ok());
  auto brisk = Client(transport(), "bob");
  ASSERT_TRUE(brisk.ok()) << brisk.error().ToString();
  const auto of_brisk = brisk->Allocate({});
  ASSERT_TRUE(of_brisk.ok()) << of_brisk.error().ToString();
  UdpPeer caller;
  ASSERT_TRUE(brisk->ChannelBind(0x4000, caller.address()).ok());

  const auto flood = Pattern(1200);
  const auto dropped = [this] {
    return Drops(turn::Drop::kQueueFull) + Drops(turn::Drop::kQueueAge);
  };
  // Until the kernel's buffers and the queue are full, and then for a while.
  ASSERT_TRUE(Eventually([&] {
    for (int i = 0; i < 50; ++i) flooder.Send(of_slow->relayed, flood);
    return dropped() > 200;
  }));
  for (int i = 0; i < 100; ++i) {
    for (int j = 0; j < 5; ++j) flooder.Send(of_slow->relayed, flood);
    const auto payload = Pattern(160, static_cast<uint64_t>(i) + 1);
    caller.Send(of_brisk->relayed, payload);
    const auto event = brisk->NextEvent(kPatience);
    ASSERT_TRUE(event.ok()) << i << ": " << event.error().ToString();
    ASSERT_EQ(std::get<ChannelDataEvent>(*event).data, payload) << i;
    ASSERT_TRUE(brisk->SendChannelData(0x4000, payload).ok());
    ASSERT_EQ(caller.Receive(kPatience).data, payload) << i;
  }
  // The slow one comes back: its stream is whole messages still, and its requests are answered.
  const auto lifetime = slow->Refresh(600);
  ASSERT_TRUE(lifetime.ok()) << lifetime.error().ToString();
  const auto event = slow->NextEvent(kPatience);
  ASSERT_TRUE(event.ok()) << event.error().ToString();
  EXPECT_EQ(std::get<ChannelDataEvent>(*event).data, flood);
}

INSTANTIATE_TEST_SUITE_P(Streams, SlowClientTest,
                         ::testing::Values(ClientTransport::kTcp, ClientTransport::kTls),
                         TransportTestName);

}  // namespace
}  // namespace culvert::testing
