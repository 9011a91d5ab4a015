// Connections that keep the relay waiting: silent ones, ones that dribble a ClientHello, and ones
// that dribble a STUN message behind their handshake. All of them are gone by max-allocate-timeout,
// cost a known amount each, and the others do not notice.

#include <poll.h>

#include <algorithm>

#include "tests/faults/fault_fixture.h"

namespace culvert::testing {
namespace {

using std::chrono::steady_clock;

// Together 10,000, fewer where the machine's limit of descriptors wants it.
constexpr size_t kSilent = 5000;
constexpr size_t kDribblingHello = 4000;
constexpr size_t kDribblingStun = 1000;
constexpr size_t kInAll = kSilent + kDribblingHello + kDribblingStun;
// Descriptors of this process, and of the relay, for everything else.
constexpr size_t kSpareDescriptors = 500;

// What one of each may cost the relay in resident memory.
constexpr uint64_t kSilentCost = 6 * 1024;           // a connection, its event
constexpr uint64_t kDribblingHelloCost = 48 * 1024;  // OpenSSL's buffers for a handshake, too
constexpr uint64_t kDribblingStunCost = 24 * 1024;   // without these again; keys, a session
constexpr uint64_t kFixedCost = 8 << 20;             // tables, buffers of the workers

constexpr seconds kTimeout{12};
// The first bytes of a ClientHello's record; every prefix of it wants more.
constexpr uint8_t kHello[] = {0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, 7, 7, 7, 7, 7, 7, 7, 7, 7};
// An Allocate request of 100 bytes, cut.
constexpr uint8_t kStun[] = {0, 3, 0, 100, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9};

class HalfOpenTest : public FaultTest {
 protected:
  struct Dribbler {
    ClientConnection connection;
    ByteView bytes;
    size_t sent = 0;
  };

  // `share` of what is wanted, as far as descriptors allow.
  static size_t Affordable(size_t share) {
    const size_t limit = RaiseDescriptorLimit();
    const size_t most = limit > kSpareDescriptors ? limit - kSpareDescriptors : 0;
    return Count(share) * std::min(most, kInAll) / kInAll;
  }

  // Each address has ports of its own: several, as an attack would.
  ConnectionSettings From(ClientTransport transport, size_t number) {
    ConnectionSettings settings = relay().SettingsFor(transport);
    settings.from = IpAddress::V4(127, 0, 0, static_cast<uint8_t>(1 + number % 200));
    return settings;
  }

  void Open(size_t count, ClientTransport transport, ByteView bytes) {
    for (size_t i = 0; i < count; ++i) {
      auto connection = ClientConnection::Open(From(transport, i));
      ASSERT_TRUE(connection.ok()) << connection.error().ToString() << ", number " << i;
      dribblers_.push_back({std::move(*connection), bytes});
      if (i % 500 == 0) Dribble();
    }
    Dribble();
  }

  // One byte more of each that has one.
  void Dribble() {
    for (Dribbler& dribbler : dribblers_) {
      if (dribbler.sent == dribbler.bytes.size()) continue;
      // The relay may have closed it by now.
      static_cast<void>(
          dribbler.connection.Send(dribbler.bytes.subspan(dribbler.sent, 1), milliseconds(0)));
      ++dribbler.sent;
    }
  }

  // Those that the relay has ended, properly or not.
  size_t Ended() {
    return static_cast<size_t>(
        std::count_if(dribblers_.begin(), dribblers_.end(), [](const Dribbler& dribbler) {
          // Tickets of TLS that nobody has read hide an end from recv, not from poll.
          pollfd end = {dribbler.connection.fd(), POLLRDHUP, 0};
          return poll(&end, 1, 0) > 0;
        }));
  }

  std::vector<Dribbler> dribblers_;
};

TEST_F(HalfOpenTest, TenThousandAreGoneByTheTimeLimit) {
  ASSERT_NO_FATAL_FAILURE(StartRelay({"max-allocate-timeout=" + std::to_string(kTimeout.count())}));
  const size_t silent = Affordable(kSilent);
  const size_t hello = Affordable(kDribblingHello);
  const size_t stun = Affordable(kDribblingStun);
  RecordProperty("connections", static_cast<int>(silent + hello + stun));
  ASSERT_NO_FATAL_FAILURE(Open(stun, ClientTransport::kTls, kStun));
  ASSERT_NO_FATAL_FAILURE(Open(hello, ClientTransport::kTcp, kHello));
  ASSERT_NO_FATAL_FAILURE(Open(silent, ClientTransport::kTcp, {}));
  const auto opened = steady_clock::now();
  EXPECT_TRUE(Within(
      seconds(2), [&] { return relay().descriptors() >= descriptors_before() + silent + hello; }));
  ExpectGrowthBelow(silent * kSilentCost + hello * kDribblingHelloCost + stun * kDribblingStunCost +
                    kFixedCost);
  ExpectRunning();
  // Among all these one that means it is served.
  auto client = Client(ClientTransport::kTls);
  ASSERT_TRUE(client.ok()) << client.error().ToString();
  EXPECT_TRUE(client->Allocate({}).ok());
  EXPECT_TRUE(client->Refresh(0).ok());
  client->connection().Abort();

  auto next = opened;
  const bool all = Within(kTimeout + kPatience, [&] {
    if (steady_clock::now() >= next) {
      next += seconds(1);
      Dribble();
    }
    return Ended() == dribblers_.size();
  });
  EXPECT_TRUE(all) << Ended() << " of " << dribblers_.size();
  EXPECT_LT(steady_clock::now() - opened, 2 * kTimeout);
  ExpectDescriptorsBack();
  ExpectRunning();
}

}  // namespace
}  // namespace culvert::testing
