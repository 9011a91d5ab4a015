// Failed authentications against the whole relay: a guesser is slowed down, and nobody else is.

#include "tests/scenario/peers.h"
#include "tests/scenario/raw_messages.h"
#include "tests/scenario/relay_fixture.h"

namespace culvert::testing {
namespace {

using stun::Method;
using turn::AuthLimit;

// What comes free (failure_limits.cc).
constexpr int kFreeGuesses = 10;
const IpAddress kElsewhere = IpAddress::V4(127, 0, 0, 2);
const ClientCredentials kWrong = {"alice", "wrong"};

class FailedAuthenticationTest : public StreamRelay {
 protected:
  // One worker, for each has limits of its own.
  void SetUp() override {
    StartRelay([](config::Options& options) { options.relay_threads = 1; });
  }
  uint64_t Limited(AuthLimit limit) {
    return Count(
        [limit](const observe::WorkerCounters& w) { return w.auth_limits[limit].value(); });
  }
  uint64_t Failures() {
    return Count([](const observe::WorkerCounters& w) {
      return w.auth_results[observe::AuthResult::kWrongIntegrity].value();
    });
  }
  ClientResult<TurnClient> ClientFrom(const IpAddress& from, const ClientCredentials& who) {
    ConnectionSettings settings = SettingsFor(transport());
    settings.from = from;
    auto client = TurnClient::Connect(settings, who);
    if (client) client->set_timeout(kPatience);
    return client;
  }
  // One who guesses alice's password, and has used up what comes free.
  std::optional<TurnClient> Guesser(const IpAddress& from = IpAddress::V4(127, 0, 0, 1)) {
    auto client = ClientFrom(from, kWrong);
    EXPECT_TRUE(client.ok()) << client.error().ToString();
    for (int i = 0; i < kFreeGuesses; ++i) {
      const auto answer = client->Allocate({});
      EXPECT_FALSE(answer.ok());
      EXPECT_EQ(answer.error().code, 401);
    }
    EXPECT_EQ(Failures(), uint64_t{kFreeGuesses});
    return std::move(*client);
  }
  // A further guess, as bytes.
  static std::vector<uint8_t> Guess(const TurnClient& guesser) {
    const ClientCredentials& known = guesser.credentials();
    return TurnRequest(Method::kAllocate, 77)
        .Transport(stun::kTransportUdp)
        .SignedBy(TestUser("alice", "wrong", known.realm), known.nonce)
        .bytes();
  }
};

TEST_P(FailedAuthenticationTest, AGuesserIsNotLookedAtAndHisNeighbourIs) {
  auto guesser = Guesser();
  ASSERT_TRUE(guesser->connection().Send(Guess(*guesser), kPatience).ok());
  ASSERT_TRUE(Eventually([&] { return Limited(AuthLimit::kSourceAndUser) == 1; }));
  auto bob = Client(transport(), "bob");
  ASSERT_TRUE(bob.ok()) << bob.error().ToString();
  const auto allocated = bob->Allocate({});
  EXPECT_TRUE(allocated.ok()) << allocated.error().ToString();
}

TEST_P(FailedAuthenticationTest, TheUserGetsInFromElsewhereAtOnce) {
  auto guesser = Guesser();
  auto alice = ClientFrom(kElsewhere, CredentialsOf("alice"));
  ASSERT_TRUE(alice.ok()) << alice.error().ToString();
  EXPECT_TRUE(alice->Allocate({}).ok());
  EXPECT_EQ(Limited(AuthLimit::kSourceAndUser), 0u);
}

// She repeats her request, or it waits on her connection.
TEST_P(FailedAuthenticationTest, TheUserGetsInBehindTheGuessersAddressLater) {
  auto guesser = Guesser();
  auto alice = Client(transport());
  ASSERT_TRUE(alice.ok()) << alice.error().ToString();
  const auto allocated = alice->Allocate({});
  EXPECT_TRUE(allocated.ok()) << allocated.error().ToString();
}

TEST_P(FailedAuthenticationTest, WhereTheUserIsKnownAStormOfGuessesDoesNotConcernHer) {
  auto before = Client(transport());
  ASSERT_TRUE(before.ok()) << before.error().ToString();
  ASSERT_TRUE(before->Allocate({}).ok());
  auto guesser = Guesser();
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(guesser->connection().Send(Guess(*guesser), kPatience).ok());
  }
  ASSERT_TRUE(Eventually([&] { return Limited(AuthLimit::kSourceAndUser) >= 1; }));
  const uint64_t put_off = Limited(AuthLimit::kSourceAndUser);
  auto alice = Client(transport());
  ASSERT_TRUE(alice.ok()) << alice.error().ToString();
  EXPECT_TRUE(alice->Allocate({}).ok());
  EXPECT_TRUE(before->Refresh(600).ok());
  EXPECT_GE(Limited(AuthLimit::kSourceAndUser), put_off);
}

INSTANTIATE_TEST_SUITE_P(Transports, FailedAuthenticationTest,
                         ::testing::Values(ClientTransport::kUdp, ClientTransport::kTcp,
                                           ClientTransport::kTls),
                         TransportTestName);

class FailuresOverStreams : public FailedAuthenticationTest {};

// The answer comes late, and the connection is not read meanwhile.
TEST_P(FailuresOverStreams, AGuessBeyondTheLimitIsAnsweredAfterItsWait) {
  auto guesser = Guesser();
  const auto answer = guesser->Allocate({});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, 401);
  EXPECT_EQ(Limited(AuthLimit::kSourceAndUser), 1u);
  EXPECT_TRUE(guesser->MappedAddress().ok());
}

// RFC 6062 section 4.4: what a ConnectionBind that has waited is followed by is the peer's.
TEST_P(FailuresOverStreams, AConnectionBindThatHadToWaitIsJoined) {
  auto alice = Client(transport());
  ASSERT_TRUE(alice.ok()) << alice.error().ToString();
  ASSERT_TRUE(alice->Allocate({.transport = stun::kTransportTcp}).ok());
  PeerListener listener;
  ASSERT_TRUE(alice->CreatePermission({&listener.address(), 1}).ok());
  const auto id = alice->ConnectToPeer(listener.address());
  ASSERT_TRUE(id.ok()) << id.error().ToString();
  auto peer = listener.Accept();
  ASSERT_TRUE(peer.ok()) << peer.error().ToString();
  // Where she has never been.
  auto guesser = Guesser(kElsewhere);
  ConnectionSettings settings = SettingsFor(transport());
  settings.from = kElsewhere;
  auto data = alice->BindDataConnection(*id, settings);
  ASSERT_TRUE(data.ok()) << data.error().ToString();
  EXPECT_EQ(Limited(AuthLimit::kSourceAndUser), 1u);
  const auto bytes = Pattern(1000);
  ASSERT_TRUE(data->Send(bytes, kPatience).ok());
  EXPECT_EQ(Difference(*peer, bytes), "");
  ASSERT_TRUE(peer->Send(bytes, kPatience).ok());
  EXPECT_EQ(Difference(*data, bytes), "");
}

INSTANTIATE_TEST_SUITE_P(Transports, FailuresOverStreams,
                         ::testing::Values(ClientTransport::kTcp, ClientTransport::kTls),
                         TransportTestName);

class UnprovenAnswers : public RelayFixture {
 protected:
  // The codes of the answers to `count` requests without credentials from one address.
  int AnswersTo(int count) {
    auto client = Client(ClientTransport::kUdp);
    EXPECT_TRUE(client.ok()) << client.error().ToString();
    int answers = 0;
    for (int i = 0; i < count; ++i) {
      const auto request = TurnRequest(Method::kAllocate, 1).Transport(17).bytes();
      EXPECT_TRUE(client->connection().Send(request, kPatience).ok());
      // Whether one came shows once the next one has: Binding is always answered.
      EXPECT_TRUE(
          client->connection().Send(TurnRequest(Method::kBinding, 2).bytes(), kPatience).ok());
      while (LoadBig16(ReadMessage(client->connection()).data()) != 0x0101) ++answers;
    }
    return answers;
  }
};

// coturn's option: so many a second, and what follows is silence.
TEST_F(UnprovenAnswers, AreRationedAsUnauthorizedRatelimitRpsSays) {
  StartRelay([](config::Options& options) {
    options.unauthorized_ratelimit_rps = 5;
    options.relay_threads = 1;
  });
  const int answers = AnswersTo(100);
  const uint64_t withheld = Drops(turn::Drop::kUnproven);
  EXPECT_EQ(static_cast<uint64_t>(answers) + withheld, 100u);
  EXPECT_GE(answers, 5);
  EXPECT_GT(withheld, 0u);
  // Whoever has the right key is served all the same; only the first 401 is of the ration.
  auto client = Client(ClientTransport::kUdp);
  ASSERT_TRUE(client.ok()) << client.error().ToString();
  EXPECT_TRUE(client->Allocate({}).ok());
}

TEST_F(UnprovenAnswers, AreNotRationedWithoutTheLimit) {
  StartRelay([](config::Options& options) { options.unauthorized_ratelimit = false; });
  EXPECT_EQ(AnswersTo(1000), 1000);
}

}  // namespace
}  // namespace culvert::testing
