// Relaying takes nothing from the heap: after the first few packets, thousands more over every leg
// make no operator new in any of the relay's threads.
//
// This program counts every operator new outside the test's own thread. What OpenSSL and libevent
// take they take with malloc, which is not counted: a TLS leg is judged by our code alone. The
// counter is armed only while packets pass, so that setting up and taking down may allocate.

#include <execinfo.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <new>
#include <optional>

#include "server/stun/channel_data.h"
#include "tests/scenario/peers.h"
#include "tests/scenario/relay_fixture.h"

namespace {

std::atomic<bool> armed = false;
std::atomic<size_t> allocations = 0;
// Of the test's own thread nothing is counted.
thread_local bool exempt = false;

// Where the first one came from; shown when a test fails.
std::array<void*, 32> first_frames;
std::atomic<int> first_depth = 0;

void Note() {
  if (exempt || !armed.load(std::memory_order_relaxed)) return;
  if (allocations.fetch_add(1) == 0) {
    first_depth = backtrace(first_frames.data(), static_cast<int>(first_frames.size()));
  }
}

void* Counted(size_t size) {
  Note();
  void* const memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) std::abort();
  return memory;
}

void* CountedAligned(size_t size, std::align_val_t alignment) {
  Note();
  const auto boundary = static_cast<size_t>(alignment);
  void* const memory = std::aligned_alloc(boundary, (size + boundary - 1) / boundary * boundary);
  if (memory == nullptr) std::abort();
  return memory;
}

}  // namespace

void* operator new(size_t size) {
  return Counted(size);
}
void* operator new[](size_t size) {
  return Counted(size);
}
void* operator new(size_t size, std::align_val_t alignment) {
  return CountedAligned(size, alignment);
}
void* operator new[](size_t size, std::align_val_t alignment) {
  return CountedAligned(size, alignment);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, size_t, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace culvert::testing {
namespace {

constexpr uint16_t kChannel = 0x4001;
// Packets that are under way at once: enough for batches and runs, few enough for any buffer. More
// of them first, so that whatever grows with a turn's work has grown.
constexpr int kFirstBurst = 60;
constexpr int kFirstBursts = 20;
constexpr int kBurst = 20;
constexpr int kBursts = 100;

// What other threads allocate while `action` runs.
template <typename Action>
size_t AllocationsIn(Action action) {
  allocations = 0;
  first_depth = 0;
  armed = true;
  action();
  armed = false;
  return allocations;
}

template <typename Action>
void ExpectNone(Action action) {
  EXPECT_EQ(AllocationsIn(action), 0u);
  if (allocations > 0) backtrace_symbols_fd(first_frames.data(), first_depth, STDERR_FILENO);
}

class ZeroAllocationTest : public RelayFixture,
                           public ::testing::WithParamInterface<ClientTransport> {
 protected:
  ZeroAllocationTest() {
    exempt = true;
    // The first backtrace loads a library.
    backtrace(first_frames.data(), 1);
  }

  // A client with an allocation and a permission for `peer_`; with a rate limit, which is never
  // reached, as its books are kept on the same paths.
  void BeginDatagrams() {
    StartRelay([](config::Options& options) { options.max_bps = 1000000000; });
    auto client = Client(GetParam());
    ASSERT_TRUE(client.ok()) << client.error().ToString();
    client_.emplace(std::move(*client));
    const auto allocated = client_->Allocate({});
    ASSERT_TRUE(allocated.ok()) << allocated.error().ToString();
    relayed_ = allocated->relayed;
    ASSERT_TRUE(client_->CreatePermission({&peer_.address(), 1}).ok());
  }

  // `send(size)` for each packet of a burst, all of which arrive at the peer.
  template <typename Send>
  void ToPeer(int bursts, int size, Send send) {
    for (int burst = 0; burst < bursts; ++burst) {
      for (int i = 0; i < size; ++i) ASSERT_TRUE(send(SizeOf(burst, i)).ok());
      for (int i = 0; i < size; ++i) {
        const auto arrived = peer_.Receive(kPatience);
        ASSERT_TRUE(arrived.arrived);
        ASSERT_EQ(arrived.data.size(), SizeOf(burst, i));
      }
    }
  }
  // The same from the peer to the client.
  template <typename Event>
  void ToClient(int bursts, int size) {
    for (int burst = 0; burst < bursts; ++burst) {
      for (int i = 0; i < size; ++i) peer_.Send(relayed_, Payload(SizeOf(burst, i)));
      for (int i = 0; i < size; ++i) {
        const auto event = client_->NextEvent(kPatience);
        ASSERT_TRUE(event.ok()) << event.error().ToString();
        ASSERT_TRUE(std::holds_alternative<Event>(*event));
        ASSERT_EQ(std::get<Event>(*event).data.size(), SizeOf(burst, i));
      }
    }
  }

  // Runs of one size, then others, with and without padding.
  static size_t SizeOf(int burst, int i) {
    constexpr std::array<size_t, 4> kSizes = {160, 1200, 37, 0};
    return burst % 2 == 0 ? kSizes[static_cast<size_t>(burst / 2) % 4]
                          : static_cast<size_t>(1 + i % 20 * 61);
  }
  ByteView Payload(size_t size) const { return ByteView(payload_).first(size); }

  const std::vector<uint8_t> payload_ = Pattern(64 * 1024);
  UdpPeer peer_;
  std::optional<TurnClient> client_;
  Endpoint relayed_;
};

TEST_P(ZeroAllocationTest, TheCounterSeesTheRelaysThreads) {
  StartRelay();
  EXPECT_GT(AllocationsIn([this] {
              auto client = Client(GetParam());
              ASSERT_TRUE(client.ok());
              EXPECT_TRUE(client->Allocate({}).ok());
            }),
            0u);
}

TEST_P(ZeroAllocationTest, ChannelDataTakesNothingFromTheHeap) {
  ASSERT_NO_FATAL_FAILURE(BeginDatagrams());
  ASSERT_TRUE(client_->ChannelBind(kChannel, peer_.address()).ok());
  const auto exchange = [this](int bursts, int size) {
    ToPeer(bursts, size,
           [this](size_t bytes) { return client_->SendChannelData(kChannel, Payload(bytes)); });
    ToClient<ChannelDataEvent>(bursts, size);
  };
  exchange(kFirstBursts, kFirstBurst);
  ExpectNone([&] { exchange(kBursts, kBurst); });
}

TEST_P(ZeroAllocationTest, IndicationsTakeNothingFromTheHeap) {
  ASSERT_NO_FATAL_FAILURE(BeginDatagrams());
  const auto exchange = [this](int bursts, int size) {
    ToPeer(bursts, size, [this](size_t bytes) {
      return client_->SendIndication(peer_.address(), Payload(bytes));
    });
    ToClient<DataEvent>(bursts, size);
  };
  exchange(kFirstBursts, kFirstBurst);
  ExpectNone([&] { exchange(kBursts, kBurst); });
}

INSTANTIATE_TEST_SUITE_P(Transports, ZeroAllocationTest,
                         ::testing::Values(ClientTransport::kUdp, ClientTransport::kTcp,
                                           ClientTransport::kTls),
                         TransportTestName);

class StreamZeroAllocationTest : public ZeroAllocationTest {};

// RFC 6062: small and large pieces, each of which arrives before the next is sent. Plain
// connections stay in the kernel, TLS passes through the worker.
TEST_P(StreamZeroAllocationTest, DataConnectionsTakeNothingFromTheHeap) {
  StartRelay([](config::Options& options) { options.max_bps = 1000000000; });
  auto client = Client(GetParam());
  ASSERT_TRUE(client.ok()) << client.error().ToString();
  ASSERT_TRUE(client->Allocate({.transport = stun::kTransportTcp}).ok());
  PeerListener listener;
  auto path = OpenPath(*client, listener);
  ASSERT_TRUE(path.ok()) << path.error().ToString();
  const auto exchange = [&](int rounds) {
    for (int round = 0; round < rounds; ++round) {
      const ByteView piece = Payload(std::array{size_t{1}, size_t{1000}, size_t{20000}}[round % 3]);
      ASSERT_TRUE(path->client.Send(piece, kPatience).ok());
      ASSERT_EQ(Difference(path->peer, piece), "");
      ASSERT_TRUE(path->peer.Send(piece, kPatience).ok());
      ASSERT_EQ(Difference(path->client, piece), "");
    }
  };
  exchange(50);
  ExpectNone([&] { exchange(1500); });
}

// The exception: a message that two reads cut waits in memory of its own until the rest is there,
// so that a connection holds none while it is idle. One allocation for each cut, whatever its size.
TEST_P(StreamZeroAllocationTest, ACutMessageTakesOneAllocation) {
  ASSERT_NO_FATAL_FAILURE(BeginDatagrams());
  ASSERT_TRUE(client_->ChannelBind(kChannel, peer_.address()).ok());
  std::vector<uint8_t> message(stun::kChannelHeaderSize + 400);
  stun::StoreChannelHeader(message.data(), kChannel, 400);
  const auto exchange = [&](size_t messages) {
    for (size_t i = 0; i < messages; ++i) {
      // A whole message and half of the next: once the first has arrived, the half was read.
      const std::array<ByteView, 2> halves = {ByteView(message).first(100 + i % 200),
                                              ByteView(message).subspan(100 + i % 200)};
      std::vector<uint8_t> both = message;
      both.insert(both.end(), halves[0].begin(), halves[0].end());
      ASSERT_TRUE(client_->connection().Send(both, kPatience).ok());
      ASSERT_EQ(peer_.Receive(kPatience).data.size(), 400u);
      ASSERT_TRUE(client_->connection().Send(halves[1], kPatience).ok());
      ASSERT_EQ(peer_.Receive(kPatience).data.size(), 400u);
    }
  };
  exchange(20);
  EXPECT_EQ(AllocationsIn([&] { exchange(300); }), 300u);
}

INSTANTIATE_TEST_SUITE_P(Transports, StreamZeroAllocationTest,
                         ::testing::Values(ClientTransport::kTcp, ClientTransport::kTls),
                         TransportTestName);

}  // namespace
}  // namespace culvert::testing
