// Failed authentications from everywhere: a hundred thousand sources leave nothing in the relay's
// memory and shut out nobody, and a guesser does not write its log.

#include <sys/socket.h>

#include "server/net/fd.h"
#include "tests/faults/fault_fixture.h"
#include "tests/support/turn_request.h"

namespace culvert::testing {
namespace {

constexpr size_t kSources = 100'000;
// Few enough for the relay's socket to hold them.
constexpr size_t kAtATime = 100;
// Tables that are there from the start become resident as they are used: 4 of 128 kB on each
// worker, and what rations strangers.
constexpr uint64_t kGrowth = 8 << 20;

class ForgedSourcesTest : public FaultTest {
 protected:
  // Each address of 127.0.0.0/8 is this machine's.
  void SendFrom(size_t number, ByteView datagram) {
    const IpAddress from =
        IpAddress::V4(127, static_cast<uint8_t>(100 + (number >> 16)),
                      static_cast<uint8_t>(number >> 8), static_cast<uint8_t>(number));
    const net::Fd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_storage storage;
    socklen_t size = Endpoint(from, 0).ToSockaddr(&storage);
    ASSERT_EQ(bind(fd.get(), reinterpret_cast<const sockaddr*>(&storage), size), 0);
    size = relay().address().ToSockaddr(&storage);
    ASSERT_EQ(sendto(fd.get(), datagram.data(), datagram.size(), 0,
                     reinterpret_cast<const sockaddr*>(&storage), size),
              static_cast<ssize_t>(datagram.size()));
  }
  double Metric(const std::string& name) { return relay().Metric(name).value_or(0); }
  // Requests that were refused for want of a right key, answered or not.
  double Refused() {
    return Metric(R"(culvert_requests_total{method="allocate",code="401"})") +
           Metric(R"(culvert_requests_total{method="allocate",code="438"})") +
           Metric(R"(culvert_drops_total{reason="unproven"})") +
           Metric(R"(culvert_drops_total{reason="stranger_limit"})");
  }
  size_t LinesAboutFailures() {
    const std::string log = relay().Log();
    size_t lines = 0;
    for (size_t at = 0; (at = log.find("too many failed authentications", at)) != log.npos; ++at) {
      ++lines;
    }
    return lines;
  }
};

TEST_F(ForgedSourcesTest, AHundredThousandOfThemLeaveNothing) {
  ASSERT_NO_FATAL_FAILURE(StartRelay());
  const auto wrong = TurnRequest(stun::Method::kAllocate)
                         .Transport(stun::kTransportUdp)
                         .SignedBy(TestUser("alice", "wrong", "culvert.test"), "made up")
                         .bytes();
  const double before = Refused();
  for (size_t sent = 0; sent < Count(kSources);) {
    for (size_t i = 0; i < kAtATime; ++i) ASSERT_NO_FATAL_FAILURE(SendFrom(sent++, wrong));
    ASSERT_TRUE(Within(kPatience, [&] { return Refused() - before >= static_cast<double>(sent); }))
        << Refused() - before << " of " << sent;
  }
  ExpectGrowthBelow(kGrowth);
  // The running sessions are three with UDP, and no stranger is among those that stay.
  EXPECT_LE(Metric(R"(culvert_sessions_open{transport="udp"})"), 3);
  auto client = Client(ClientTransport::kUdp);
  ASSERT_TRUE(client.ok()) << client.error().ToString();
  EXPECT_TRUE(client->Allocate({}).ok());
  EXPECT_TRUE(client->Refresh(0).ok());
  ExpectRunning();
}

TEST_F(ForgedSourcesTest, AGuesserIsCountedEachTimeAndLoggedOnce) {
  constexpr int kGuesses = 12;
  constexpr int kFreeGuesses = 10;
  ASSERT_NO_FATAL_FAILURE(StartRelay());
  ConnectionSettings settings = relay().SettingsFor(ClientTransport::kTcp);
  // Where nobody of the running sessions is.
  settings.from = IpAddress::V4(127, 100, 0, 1);
  auto guesser = TurnClient::Connect(settings, {"alice", "wrong"});
  ASSERT_TRUE(guesser.ok()) << guesser.error().ToString();
  guesser->set_timeout(kPatience);
  for (int i = 0; i < kGuesses; ++i) {
    const auto answer = guesser->Allocate({});
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().code, 401) << answer.error().ToString();
  }
  EXPECT_EQ(Metric(R"(culvert_auth_limited_total{limit="source_and_user"})"),
            kGuesses - kFreeGuesses);
  EXPECT_EQ(Metric(R"(culvert_auth_results_total{result="wrong_integrity"})"), kGuesses);
  ASSERT_TRUE(Within(kPatience, [&] { return LinesAboutFailures() > 0; }));
  EXPECT_EQ(LinesAboutFailures(), 1u);
  EXPECT_NE(relay().Log().find("too many failed authentications limit=source_and_user "
                               "source=127.100.0.1 user=alice since_last_line=1"),
            std::string::npos)
      << relay().Log();
}

}  // namespace
}  // namespace culvert::testing
