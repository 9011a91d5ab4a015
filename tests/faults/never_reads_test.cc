// Clients and peers that take nothing of what they are sent. Media is dropped, and counted, once a
// bounded queue is full; a stream stops its writer. Neither costs the relay memory nor the others a
// byte.

#include <poll.h>
#include <sys/socket.h>

#include "tests/faults/fault_fixture.h"
#include "tests/support/loopback_peer.h"
#include "tests/support/numbered_bytes.h"

namespace culvert::testing {
namespace {

using std::chrono::steady_clock;

constexpr uint16_t kChannel = 0x4000;
constexpr uint64_t kFlow = 99;
constexpr size_t kDatagram = 1000;
// More than all queues and socket buffers on the way hold together.
constexpr size_t kFlood = 48 << 20;
// The relay's own part of them: a client's media queue (256 KiB) with the overhead of its items, or
// a stream's one unsent read, both ways; and what a worker's buffers for one turn grow to.
constexpr uint64_t kGrowth = 8 << 20;
// Nothing has moved for so long: it is stuck.
constexpr milliseconds kStuck{1000};

// A client's RFC 6062 connection and its peer.
struct Pipe {
  TurnClient control;
  ClientConnection client;
  ClientConnection peer;
};

ClientResult<Pipe> OpenPipe(ClientResult<TurnClient> control) {
  if (!control) return Failure{control.error()};
  const LoopbackPeer listener(SOCK_STREAM);
  if (auto answer = control->Allocate({.transport = stun::kTransportTcp}); !answer) {
    return Failure{answer.error()};
  }
  const auto id = control->ConnectToPeer(listener.address());
  if (!id) return Failure{id.error()};
  auto peer = listener.Accept(kPatience);
  if (!peer) return Failure{peer.error()};
  auto client = control->BindDataConnection(*id);
  if (!client) return Failure{client.error()};
  return Pipe{std::move(*control), std::move(*client), std::move(*peer)};
}

// Writes numbered bytes until nothing is taken any more, or kFlood is.
class Flood {
 public:
  explicit Flood(ClientConnection& to) : to_(to), block_(16 * 1024) {}

  bool GetsStuck() {
    while (sent_ < kFlood) {
      WriteStream(kFlow, sent_, block_);
      const auto sent = to_.Send(block_, kStuck);
      if (!sent) {
        EXPECT_EQ(sent.error().failure, ClientFailure::kTimeout) << sent.error().ToString();
        return sent.error().failure == ClientFailure::kTimeout;
      }
      sent_ += block_.size();
    }
    return false;
  }
  size_t sent() const { return sent_; }

 private:
  ClientConnection& to_;
  std::vector<uint8_t> block_;
  size_t sent_ = 0;
};

// Reads `size` bytes and compares them.
void ExpectWhole(ClientConnection& from, size_t size) {
  std::vector<uint8_t> piece(64 * 1024);
  for (size_t at = 0; at < size;) {
    const auto got =
        from.Receive(MutableBytes(piece).first(std::min(piece.size(), size - at)), kPatience);
    ASSERT_TRUE(got.ok()) << got.error().ToString() << " behind byte " << at;
    ASSERT_TRUE(IsStream(kFlow, at, ByteView(piece).first(*got))) << "behind byte " << at;
    at += *got;
  }
}

class NeverReadsTest : public FaultTest {
 protected:
  double QueueDrops() {
    return relay().Metric("culvert_drops_total{reason=\"queue_full\"}").value_or(0) +
           relay().Metric("culvert_drops_total{reason=\"queue_age\"}").value_or(0);
  }
};

TEST_F(NeverReadsTest, AMediaClientCostsOneBoundedQueueAndItsDropsAreCounted) {
  ASSERT_NO_FATAL_FAILURE(StartRelay());
  auto client = Client(ClientTransport::kTls);
  ASSERT_TRUE(client.ok()) << client.error().ToString();
  const auto answer = client->Allocate({});
  ASSERT_TRUE(answer.ok()) << answer.error().ToString();
  const LoopbackPeer peer(SOCK_DGRAM);
  ASSERT_TRUE(client->ChannelBind(kChannel, peer.address()).ok());

  std::vector<uint8_t> datagram(kDatagram);
  const auto until = steady_clock::now() + seconds(10);
  size_t sent = 0;
  for (; sent < kFlood && steady_clock::now() < until; sent += datagram.size()) {
    WritePacket(kFlow, sent / kDatagram, datagram);
    ASSERT_TRUE(peer.SendTo(answer->relayed, datagram));
  }
  EXPECT_GT(QueueDrops(), 100);
  ExpectGrowthBelow(kGrowth);
  ExpectRunning();

  // It reads again: what is left of the flood is whole packets in order, and it is soon over.
  constexpr uint64_t kLast = uint64_t{1} << 40;
  uint64_t last = 0;
  bool first = true;
  while (last != kLast) {
    WritePacket(kFlow, kLast, datagram);
    ASSERT_TRUE(peer.SendTo(answer->relayed, datagram));
    const auto event = client->NextEvent(kPatience);
    ASSERT_TRUE(event.ok()) << event.error().ToString();
    const auto* data = std::get_if<ChannelDataEvent>(&*event);
    ASSERT_NE(data, nullptr);
    const auto number = ReadPacket(kFlow, data->data);
    ASSERT_TRUE(number.has_value());
    EXPECT_TRUE(first || *number > last) << *number << " behind " << last;
    first = false;
    last = *number;
  }
  EXPECT_TRUE(client->Refresh(0).ok());
}

// RFC 6062: nothing of a stream may be dropped, so its writer has to wait. Over TLS, and over plain
// TCP, whose bytes may stay in the kernel.
class StreamNeverReadsTest : public NeverReadsTest,
                             public ::testing::WithParamInterface<ClientTransport> {
 protected:
  // Pipes that the two workers keep.
  void SetUp() override { AllowKeptDescriptors(16); }
};

TEST_P(StreamNeverReadsTest, TheClientStopsItsPeer) {
  ASSERT_NO_FATAL_FAILURE(StartRelay());
  auto pipe = OpenPipe(Client(GetParam()));
  ASSERT_TRUE(pipe.ok()) << pipe.error().ToString();
  Flood flood(pipe->peer);
  EXPECT_TRUE(flood.GetsStuck()) << "everything was swallowed";
  ExpectGrowthBelow(kGrowth);
  ExpectRunning();
  ExpectWhole(pipe->client, flood.sent());
}

TEST_P(StreamNeverReadsTest, ThePeerStopsItsClient) {
  ASSERT_NO_FATAL_FAILURE(StartRelay());
  auto pipe = OpenPipe(Client(GetParam()));
  ASSERT_TRUE(pipe.ok()) << pipe.error().ToString();
  Flood flood(pipe->client);
  EXPECT_TRUE(flood.GetsStuck()) << "everything was swallowed";
  ExpectGrowthBelow(kGrowth);
  ExpectRunning();
  ExpectWhole(pipe->peer, flood.sent());
}

// Stuck, and never reads again: the end of the control connection clears it away.
TEST_P(StreamNeverReadsTest, AStuckStreamGoesWithItsAllocation) {
  ASSERT_NO_FATAL_FAILURE(StartRelay());
  {
    auto pipe = OpenPipe(Client(GetParam()));
    ASSERT_TRUE(pipe.ok()) << pipe.error().ToString();
    Flood flood(pipe->peer);
    EXPECT_TRUE(flood.GetsStuck()) << "everything was swallowed";
    pipe->client.Abort();
    pipe->control.connection().Abort();
  }
  ExpectDescriptorsBack();
}

INSTANTIATE_TEST_SUITE_P(Streams, StreamNeverReadsTest,
                         ::testing::Values(ClientTransport::kTcp, ClientTransport::kTls),
                         [](const auto& tested) { return ClientTransportName(tested.param); });

}  // namespace
}  // namespace culvert::testing
