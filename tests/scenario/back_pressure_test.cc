// A reader that is slower than its writer (RFC 6062, TC-46): the writer is stopped, nothing piles
// up in the relay, and not one byte is lost. And max-bps, which slows a writer on purpose.

#include <poll.h>

#include <chrono>
#include <fstream>

#include "tests/scenario/peers.h"
#include "tests/scenario/relay_fixture.h"

namespace culvert::testing {
namespace {

using std::chrono::steady_clock;

// Resident bytes of this process: client, relay and peer together.
uint64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  uint64_t total = 0;
  uint64_t resident = 0;
  statm >> total >> resident;
  return resident * 4096;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
// Freed memory stays with the sanitizer, more of it than these tests relay: there the writer's stop
// is the proof, and memory is measured in plain builds.
constexpr uint64_t kAllowedGrowth = 512 << 20;
#else
constexpr uint64_t kAllowedGrowth = 8 << 20;
#endif

class BackPressureTest : public StreamRelay {
 protected:
  void OpenPipe(const Change& change = {}) {
    StartRelay(change);
    auto control = Client(transport());
    ASSERT_TRUE(control.ok()) << control.error().ToString();
    control_.emplace(std::move(*control));
    ASSERT_TRUE(control_->Allocate({.transport = stun::kTransportTcp}).ok());
    auto path = OpenPath(*control_, listener_);
    ASSERT_TRUE(path.ok()) << path.error().ToString();
    path_.emplace(std::move(*path));
  }

  // 50 MB from `from` to `to`, which begins to read when nothing moves any more.
  static void ExpectBoundedAndWhole(ClientConnection& from, ClientConnection& to) {
    constexpr size_t kBlock = 1 << 20;
    constexpr size_t kBlocks = 50;
    const auto block = Pattern(kBlock);
    const uint64_t before = ResidentBytes();
    std::atomic<size_t> blocks_sent = 0;
    std::atomic<bool> failed = false;
    std::thread sending([&] {
      for (size_t i = 0; i < kBlocks && !failed; ++i) {
        if (!from.Send(block, kPatience * 2)) failed = true;
        ++blocks_sent;
      }
    });
    WaitUntilStuck(blocks_sent);
    EXPECT_LT(blocks_sent, kBlocks) << "everything was swallowed";
    EXPECT_LT(ResidentBytes(), before + kAllowedGrowth);
    for (size_t i = 0; i < kBlocks; ++i) {
      const std::string difference = Difference(to, block);
      EXPECT_EQ(difference, "") << "block " << i;
      if (!difference.empty()) break;
    }
    sending.join();
    EXPECT_FALSE(failed);
    EXPECT_LT(ResidentBytes(), before + kAllowedGrowth);
  }

  // Nothing was sent for 300 ms.
  static void WaitUntilStuck(const std::atomic<size_t>& sent) {
    size_t last = sent;
    auto since = steady_clock::now();
    while (steady_clock::now() - since < milliseconds(300)) {
      poll(nullptr, 0, 5);
      if (sent == last) continue;
      last = sent;
      since = steady_clock::now();
    }
  }

  PeerListener listener_;
  std::optional<TurnClient> control_;
  std::optional<Path> path_;
};

// TC-46
TEST_P(BackPressureTest, ASlowClientStopsThePeer) {
  ASSERT_NO_FATAL_FAILURE(OpenPipe());
  ExpectBoundedAndWhole(path_->peer, path_->client);
}

// TC-46
TEST_P(BackPressureTest, ASlowPeerStopsTheClient) {
  ASSERT_NO_FATAL_FAILURE(OpenPipe());
  ExpectBoundedAndWhole(path_->client, path_->peer);
}

// TC-46: a blocked direction does not block the other.
TEST_P(BackPressureTest, OneDirectionStuckLeavesTheOtherRunning) {
  ASSERT_NO_FATAL_FAILURE(OpenPipe());
  const auto flood = Pattern(30 << 20);
  BackgroundSend sending(path_->peer, flood);
  const auto up = Pattern(100000, 2);
  ASSERT_TRUE(path_->client.Send(up, kPatience).ok());
  // Read on a descriptor of its own: the flood's sender uses the other direction only.
  EXPECT_EQ(Difference(path_->peer, up), "");
  EXPECT_EQ(Difference(path_->client, flood), "");
  EXPECT_TRUE(sending.Finish());
}

// GE-03 for streams: max-bps slows down, and loses nothing.
TEST_P(BackPressureTest, MaxBpsSlowsAStreamDown) {
  ASSERT_NO_FATAL_FAILURE(OpenPipe([](config::Options& o) { o.max_bps = 100000; }));
  const auto sent = Pattern(1 << 20);
  BackgroundSend sending(path_->peer, sent);
  std::vector<uint8_t> got;
  std::vector<uint8_t> piece(64 * 1024);
  const auto until = steady_clock::now() + seconds(2);
  for (auto now = steady_clock::now(); now < until; now = steady_clock::now()) {
    const auto left = std::chrono::ceil<milliseconds>(until - now);
    const auto received = path_->client.Receive(piece, left);
    if (!received) break;
    got.insert(got.end(), piece.begin(), piece.begin() + static_cast<ptrdiff_t>(*received));
  }
  // Two seconds, the burst of half a second, and one read that goes beyond.
  EXPECT_LT(got.size(), 2 * 100000 + 50000 + 160000u);
  EXPECT_GT(got.size(), 50000u);
  EXPECT_EQ(Difference(got, ByteView(sent).first(got.size())), "");
  path_->client.Abort();
  sending.Finish();
}

INSTANTIATE_TEST_SUITE_P(Streams, BackPressureTest,
                         ::testing::Values(ClientTransport::kTcp, ClientTransport::kTls),
                         TransportTestName);

}  // namespace
}  // namespace culvert::testing
