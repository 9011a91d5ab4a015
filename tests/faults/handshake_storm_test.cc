// Clients that connect over TLS as fast as they can: handshakes are rationed, so that what is
// relayed beside them loses nothing.

#include <array>
#include <atomic>
#include <thread>

#include "tests/faults/fault_fixture.h"

namespace culvert::testing {
namespace {

using std::chrono::steady_clock;

constexpr size_t kStormers = 4;
constexpr seconds kStorm{3};
// What a storm may cost the relay: 800 handshakes at once, of 40 KiB each.
constexpr uint64_t kGrowth = 32 << 20;

class HandshakeStormTest : public FaultTest {
 protected:
  // What `connect` does as fast as four threads can, for three seconds; how often it succeeded.
  template <typename Connect>
  size_t Storm(Connect connect) {
    std::atomic<size_t> done = 0;
    std::array<std::thread, kStormers> stormers;
    const auto until = steady_clock::now() + kStorm;
    for (size_t i = 0; i < kStormers; ++i) {
      stormers[i] = std::thread([&, i] {
        auto settings = relay().SettingsFor(ClientTransport::kTls);
        settings.from = IpAddress::V4(127, 0, 0, static_cast<uint8_t>(2 + i));
        while (steady_clock::now() < until) done += connect(settings) ? 1 : 0;
      });
    }
    for (std::thread& stormer : stormers) stormer.join();
    return done;
  }
};

TEST_F(HandshakeStormTest, MediaBesideItLosesNothing) {
  ASSERT_NO_FATAL_FAILURE(StartRelay());
  const size_t done = Storm(
      [](const ConnectionSettings& settings) { return ClientConnection::Open(settings).ok(); });
  EXPECT_GE(done, Count(100));
  ExpectGrowthBelow(kGrowth);
  ExpectRunning();
  ExpectDescriptorsBack();
}

// Cut off in the middle, with RST: each leaves a handshake that was begun, perhaps put off. None is
// kept until its turn comes, so that the memory is that of a few.
TEST_F(HandshakeStormTest, HandshakesThatAreCutOffLeaveNothing) {
  ASSERT_NO_FATAL_FAILURE(StartRelay());
  const size_t done = Storm([](ConnectionSettings settings) {
    settings.transport = ClientTransport::kTcp;
    auto connection = ClientConnection::Open(settings);
    if (!connection) return false;
    const uint8_t record[] = {0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3};
    const bool sent = connection->Send(record, kPatience).ok();
    connection->Abort();
    return sent;
  });
  EXPECT_GE(done, Count(100));
  ExpectGrowthBelow(kGrowth);
  ExpectRunning();
  ExpectDescriptorsBack();
  auto client = Client(ClientTransport::kTls);
  ASSERT_TRUE(client.ok()) << client.error().ToString();
  EXPECT_TRUE(client->Allocate({}).ok());
}

}  // namespace
}  // namespace culvert::testing
