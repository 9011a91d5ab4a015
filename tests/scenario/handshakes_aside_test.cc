// TLS handshakes beside media: while a worker relays, other threads do them. Clients notice
// nothing, whatever they do in the middle of one.

#include <filesystem>
#include <memory>

#include "tests/scenario/relay_fixture.h"
#include "tests/scenario/slow_tls.h"
#include "tests/support/steady_traffic.h"
#include "tests/support/turn_request.h"

namespace culvert::testing {
namespace {

constexpr size_t kBytesOfHeader = 20;

class HandshakesAside : public RelayFixture, public ::testing::WithParamInterface<int> {
 protected:
  struct Seen {
    uint64_t full = 0;
    uint64_t resumed = 0;
    uint64_t failed = 0;
    uint64_t accepted = 0;
    bool operator==(const Seen&) const = default;
  };

  // One worker, so that it is the one that relays; a call runs on it from here on.
  void StartWithMedia(const Change& change = {}) {
    StartRelay([&change](config::Options& options) {
      options.relay_threads = 1;
      if (change) change(options);
    });
    auto call = OpenMedia(SettingsFor(ClientTransport::kUdp), CredentialsOf("bob"), 1);
    ASSERT_TRUE(call.ok()) << call.error().ToString();
    media_.Add(std::move(*call));
    media_.Start();
    // Until the worker has noticed.
    ASSERT_TRUE(Eventually([this] {
      static_cast<void>(ClientConnection::Open(SettingsFor(ClientTransport::kTls)));
      return Steps() > 0;
    }));
    ASSERT_TRUE(AllGone());
    before_ = Counted();
    descriptors_ = Descriptors();
  }
  // Nothing of the media was lost.
  void ExpectMedia() { EXPECT_EQ(media_.Stop(), std::vector<std::string>{}); }

  std::unique_ptr<SlowTls> Slow() {
    return std::make_unique<SlowTls>(SettingsFor(ClientTransport::kTcp), GetParam());
  }
  std::vector<std::unique_ptr<SlowTls>> SlowOnes(size_t count) {
    std::vector<std::unique_ptr<SlowTls>> clients(count);
    for (auto& client : clients) client = Slow();
    return clients;
  }
  static std::vector<uint8_t> Request(uint32_t number = 1) {
    return TurnRequest(stun::Method::kAllocate, number).Transport(17).bytes();
  }
  static std::vector<uint8_t> Answer(SlowTls& client) {
    std::vector<uint8_t> answer = client.Read(kBytesOfHeader);
    if (answer.size() < kBytesOfHeader) return {};
    const auto body = client.Read(LoadBig16(answer.data() + 2));
    answer.insert(answer.end(), body.begin(), body.end());
    return answer;
  }
  // A request that is answered shows that the handshake is over on the relay's side, too.
  static void ExpectServed(SlowTls& client) {
    client.Send(client.Sealed(Request()));
    const auto answer = Answer(client);
    ASSERT_GE(answer.size(), kBytesOfHeader);
    EXPECT_EQ(LoadBig16(answer.data()), 0x0113);  // 401
  }

  uint64_t Steps() {
    return Count([](const observe::WorkerCounters& w) { return w.handshakes_aside.value(); });
  }
  Seen Counted() {
    Seen seen;
    for (const auto version : {observe::TlsVersion::kTls12, observe::TlsVersion::kTls13,
                               observe::TlsVersion::kUnknown}) {
      const auto of = [&](auto number) {
        return Count([&](const observe::WorkerCounters& w) {
          return (w.tls_handshakes[version].*number).value();
        });
      };
      seen.full += of(&observe::TlsHandshakes::full);
      seen.resumed += of(&observe::TlsHandshakes::resumed);
      seen.failed += of(&observe::TlsHandshakes::failed);
    }
    seen.accepted = Count([](const observe::WorkerCounters& w) {
      return w.connections_accepted[turn::Transport::kTls].value();
    });
    return seen;
  }
  void ExpectCounted(const Seen& expected) {
    const Seen now = Counted();
    EXPECT_EQ(now.full - before_.full, expected.full);
    EXPECT_EQ(now.resumed - before_.resumed, expected.resumed);
    EXPECT_EQ(now.failed - before_.failed, expected.failed);
    EXPECT_EQ(now.accepted - before_.accepted, expected.accepted);
  }
  // No client over TLS is left.
  bool AllGone() {
    return Eventually([this] {
      return Count([](const observe::WorkerCounters& w) {
               return w.sessions_open[turn::Transport::kTls].value();
             }) == 0;
    });
  }
  // Of this process, which is the relay's, too.
  static size_t Descriptors() {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<size_t>(std::distance(begin(all), end(all)));
  }
  bool DescriptorsBack() {
    return Eventually([this] { return Descriptors() <= descriptors_; });
  }

  SteadyTraffic media_;
  Seen before_;
  size_t descriptors_ = 0;
};

TEST_P(HandshakesAside, FullAndResumedOnesAreServedAndCounted) {
  constexpr size_t kClients = 10;
  ASSERT_NO_FATAL_FAILURE(StartWithMedia());
  const uint64_t steps = Steps();
  const auto full = SlowOnes(kClients);
  for (const auto& client : full) {
    ASSERT_NO_FATAL_FAILURE(client->Finish());
    ASSERT_NO_FATAL_FAILURE(ExpectServed(*client));
    EXPECT_FALSE(client->resumed());
  }
  const auto resumed = SlowOnes(kClients);
  for (size_t i = 0; i < kClients; ++i) {
    resumed[i]->Resume(*full[i]);
    ASSERT_NO_FATAL_FAILURE(resumed[i]->Finish());
    ASSERT_NO_FATAL_FAILURE(ExpectServed(*resumed[i]));
    EXPECT_TRUE(resumed[i]->resumed());
  }
  ExpectCounted({.full = kClients, .resumed = kClients, .accepted = 2 * kClients});
  EXPECT_GE(Steps() - steps, 4 * kClients);
  ExpectMedia();
}

// The client speaks first behind its Finished: in a resumed handshake of either version, and in a
// full one of TLS 1.3. All of it arrives with the handshake's last message.
TEST_P(HandshakesAside, RequestsRightBehindFinishedAreAllServedInOrder) {
  constexpr uint32_t kRequests = 1000;
  ASSERT_NO_FATAL_FAILURE(StartWithMedia());
  const auto earlier = Slow();
  ASSERT_NO_FATAL_FAILURE(earlier->Finish());
  ASSERT_NO_FATAL_FAILURE(ExpectServed(*earlier));
  const auto client = Slow();
  client->Resume(*earlier);
  std::vector<uint8_t> bytes = client->AllButLastFlight();
  ASSERT_TRUE(client->done());
  for (uint32_t i = 0; i < kRequests; ++i) {
    const auto request =
        client->Sealed(TurnRequest(stun::Method::kBinding, i, stun::Class::kRequest).bytes());
    bytes.insert(bytes.end(), request.begin(), request.end());
  }
  client->Send(bytes);
  for (uint32_t i = 0; i < kRequests; ++i) {
    const auto answer = Answer(*client);
    ASSERT_GE(answer.size(), kBytesOfHeader) << i;
    ASSERT_EQ(LoadBig16(answer.data()), 0x0101) << i;
    ASSERT_EQ(LoadBig32(answer.data() + kBytesOfHeader - 4), i);
  }
  ExpectCounted({.full = 1, .resumed = 1, .accepted = 2});
  ExpectMedia();
}

TEST_P(HandshakesAside, WhoHangsUpInTheMiddleLeavesNothing) {
  constexpr size_t kOfEach = 10;
  ASSERT_NO_FATAL_FAILURE(StartWithMedia());
  for (size_t i = 0; i < kOfEach; ++i) {
    const auto reset_after_hello = Slow();
    reset_after_hello->Send(reset_after_hello->NextFlight());
    reset_after_hello->connection().Abort();
    const auto end_after_hello = Slow();
    end_after_hello->Send(end_after_hello->NextFlight());
    end_after_hello->connection().EndSending();
    const auto end_later = Slow();
    ASSERT_FALSE(end_later->AllButLastFlight().empty());
    const auto reset_later = Slow();
    ASSERT_FALSE(reset_later->AllButLastFlight().empty());
    reset_later->connection().Abort();
  }
  EXPECT_TRUE(AllGone());
  EXPECT_TRUE(DescriptorsBack());
  EXPECT_EQ(Counted().full, before_.full);
  const auto client = Slow();
  ASSERT_NO_FATAL_FAILURE(client->Finish());
  ASSERT_NO_FATAL_FAILURE(ExpectServed(*client));
  ExpectMedia();
}

TEST_P(HandshakesAside, WhoStopsHalfWayIsGoneByTheTimeLimit) {
  ASSERT_NO_FATAL_FAILURE(
      StartWithMedia([](config::Options& options) { options.max_allocate_timeout = seconds(1); }));
  const auto client = Slow();
  ASSERT_FALSE(client->AllButLastFlight().empty());
  const auto begun = std::chrono::steady_clock::now();
  while (client->Take()) {
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begun, kPatience);
  EXPECT_TRUE(AllGone());
  ExpectCounted({.accepted = 1});
  ExpectMedia();
}

TEST_P(HandshakesAside, GarbageFailsWhereverItComes) {
  ASSERT_NO_FATAL_FAILURE(StartWithMedia());
  const auto at_once = Slow();
  std::vector<uint8_t> hello = at_once->NextFlight();
  hello[5] = 0x7f;  // no handshake message
  at_once->Send(hello);
  while (at_once->Take()) {
  }
  const auto later = Slow();
  std::vector<uint8_t> last = later->AllButLastFlight();
  ASSERT_FALSE(last.empty());
  last.back() ^= 1;
  later->Send(last);
  while (later->Take()) {
  }
  EXPECT_TRUE(AllGone());
  ExpectCounted({.failed = 2, .accepted = 2});
  ExpectMedia();
}

// More than the pool is given at a time: the others wait unread, and come to their turn.
TEST_P(HandshakesAside, AHundredAndFiftyAtOnceAreAllServed) {
  constexpr size_t kClients = 150;
  ASSERT_NO_FATAL_FAILURE(StartWithMedia());
  const auto clients = SlowOnes(kClients);
  for (const auto& client : clients) client->Send(client->NextFlight());
  for (const auto& client : clients) {
    ASSERT_NO_FATAL_FAILURE(client->Finish());
    ASSERT_NO_FATAL_FAILURE(ExpectServed(*client));
  }
  ExpectCounted({.full = kClients, .accepted = kClients});
  ExpectMedia();
}

TEST_P(HandshakesAside, AStopInTheMiddleClosesAll) {
  constexpr size_t kClients = 150;
  ASSERT_NO_FATAL_FAILURE(StartWithMedia());
  const auto clients = SlowOnes(kClients);
  for (const auto& client : clients) client->Send(client->NextFlight());
  ExpectMedia();
  ASSERT_NO_FATAL_FAILURE(StopRelay());
  // What the relay had no time to accept is closed with its listener.
  DestroyRelay();
  for (const auto& client : clients) {
    while (client->Take()) {
    }
    EXPECT_FALSE(client->done());
  }
}

TEST_P(HandshakesAside, AQuietWorkerDoesThemItself) {
  ASSERT_NO_FATAL_FAILURE(StartRelay());
  const auto client = Slow();
  ASSERT_NO_FATAL_FAILURE(client->Finish());
  ASSERT_NO_FATAL_FAILURE(ExpectServed(*client));
  EXPECT_EQ(Steps(), 0u);
  ExpectCounted({.full = 1, .accepted = 1});
}

INSTANTIATE_TEST_SUITE_P(Versions, HandshakesAside,
                         ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const ::testing::TestParamInfo<int>& version) {
                           return version.param == TLS1_3_VERSION ? "tls13" : "tls12";
                         });

}  // namespace
}  // namespace culvert::testing
