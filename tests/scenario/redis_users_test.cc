// Redis is the only place where users are: each kind of record opens a UDP and a TCP allocation
// over TLS, and what changes there is known here.

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <thread>

#include "auth/gba.h"
#include "auth/hex.h"
#include "auth/keys.h"
#include "tests/scenario/redis_relay.h"
#include "tests/support/turn_request.h"
#include "tests/vectors/gba.h"

namespace culvert::testing {
namespace {

constexpr uint8_t kUdp = stun::kTransportUdp;
constexpr uint8_t kTcp = stun::kTransportTcp;

std::string UnixSeconds(seconds from_now) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::to_string(std::chrono::duration_cast<seconds>(now + from_now).count());
}

using RedisUsersTest = RedisRelay;

TEST_F(RedisUsersTest, CoturnsUserIsServed) {
  StartRelayWithRedis();
  WriteCoturnUser("gorst", "hero");
  EXPECT_EQ(Try("gorst", "hero", kUdp), 0);
  EXPECT_EQ(Try("gorst", "hero", kTcp), 0);
  EXPECT_EQ(Try("gorst", "villain"), 401);
  EXPECT_EQ(Try("nobody", "hero"), 401);
}

TEST_F(RedisUsersTest, AUserOfTurnadminIsServed) {
  StartRelayWithRedis();
  const std::string command = "turnadmin -a -u gorst -p hero -r " + std::string(kRealm) + " -N '" +
                              redis_.connection_string() + " dbname=0' 2>&1";
  FILE* const program = popen(command.c_str(), "r");
  ASSERT_NE(program, nullptr);
  std::string said;
  std::array<char, 4096> piece;
  while (std::fgets(piece.data(), piece.size(), program) != nullptr) said += piece.data();
  ASSERT_EQ(pclose(program), 0) << said;
  EXPECT_EQ(Try("gorst", "hero", kUdp), 0) << said;
  EXPECT_EQ(Try("gorst", "hero", kTcp), 0);
}

TEST_F(RedisUsersTest, CoturnsSecretsAreTriedUntilOneFits) {
  StartRelayWithRedis();
  Write({"SADD", std::string("turn/realm/") + kRealm + "/secret", "north", "south"});
  const std::string name = UnixSeconds(seconds(600)) + ":alice";
  for (const char* secret : {"north", "south"}) {
    const std::string password(auth::EphemeralPassword(secret, name).view());
    EXPECT_EQ(Try(name, password, kUdp), 0) << secret;
    EXPECT_EQ(Try(name, password, kTcp), 0) << secret;
  }
  EXPECT_EQ(Try(name, std::string(auth::EphemeralPassword("east", name).view())), 401);
  const std::string over = UnixSeconds(seconds(-1)) + ":alice";
  EXPECT_EQ(Try(over, std::string(auth::EphemeralPassword("north", over).view())), 401);
}

TEST_F(RedisUsersTest, ASipDigestUserIsServed) {
  StartRelayWithRedis();
  Write({"HSET", std::string("culvert/digest/") + kRealm + "/" + gba::kImpi, "ha1",
         Md5Hex(gba::kImpi, "secret-password", kRealm), "expires", UnixSeconds(seconds(600))});
  EXPECT_EQ(Try(gba::kImpi, "secret-password", kUdp), 0);
  EXPECT_EQ(Try(gba::kImpi, "secret-password", kTcp), 0);
  EXPECT_EQ(Try(gba::kImpi, "another"), 401);
}

TEST_F(RedisUsersTest, ABTidWithKsNafIsServed) {
  StartRelayWithRedis([](config::Options& o) { o.realm = gba::kRealm; });
  Write({"HSET", std::string("culvert/gba/") + gba::kBTid, "ks-naf", gba::kKsNaf, "naf", gba::kNaf,
         "impi", gba::kImpi, "expires", UnixSeconds(seconds(600))});
  EXPECT_EQ(Try(gba::kBTid, gba::kPassword, kUdp), 0);
  EXPECT_EQ(Try(gba::kBTid, gba::kPassword, kTcp), 0);
  EXPECT_EQ(Try(gba::kBTid, "another"), 401);
}

TEST_F(RedisUsersTest, ABTidWithKsIsServedInThePlainRealmToo) {
  StartRelayWithRedis([](config::Options& o) { o.gba_naf = gba::kNaf; });
  Write({"HSET", std::string("culvert/gba/") + gba::kBTid, "ks", gba::kKs, "rand", gba::kRand,
         "impi", gba::kImpi});
  EXPECT_EQ(Try(gba::kBTid, gba::kPassword, kUdp), 0);
  EXPECT_EQ(Try(gba::kBTid, gba::kPassword, kTcp), 0);
}

// The subject is the IMPI, so that a UE that has bootstrapped again goes on with what it has.
TEST_F(RedisUsersTest, ARenewedBTidFollowsTheOldOne) {
  StartRelayWithRedis([](config::Options& o) { o.realm = gba::kRealm; });
  const std::string renewed = "AAAAAAAAAAAAAAAAAAAAAA==@bsf.home1.net";
  for (const std::string& name : {std::string(gba::kBTid), renewed}) {
    Write({"HSET", "culvert/gba/" + name, "ks-naf", gba::kKsNaf, "naf", gba::kNaf, "impi",
           gba::kImpi});
  }
  TurnClient client = Named(gba::kBTid, gba::kPassword);
  ASSERT_TRUE(client.Allocate({}).ok());
  const ClientCredentials& known = client.credentials();
  const TestUser again(renewed, gba::kPassword, known.realm);
  const auto request =
      TurnRequest(stun::Method::kRefresh, 7).Lifetime(900).SignedBy(again, known.nonce).bytes();
  ASSERT_TRUE(client.connection().Send(request, kPatience).ok());
  std::vector<uint8_t> answer(2000);
  const auto size = client.connection().Receive(answer, kPatience);
  ASSERT_TRUE(size.ok()) << size.error().ToString();
  answer.resize(*size);
  const auto message = stun::Message::Parse(answer);
  ASSERT_TRUE(message.ok());
  EXPECT_EQ(message->message_class(), stun::Class::kSuccess);
}

TEST_F(RedisUsersTest, WhoIsBarredOrOverIsNotServed) {
  StartRelayWithRedis();
  const std::string key = std::string("culvert/digest/") + kRealm + "/alice";
  Write({"HSET", key, "ha1", Md5Hex("alice", "pw", kRealm), "barred", "1"});
  EXPECT_EQ(Try("alice", "pw"), 401);
  Write({"HSET", key, "barred", "0"});
  EXPECT_EQ(Try("alice", "pw"), 0);
  Write({"HSET", key, "expires", UnixSeconds(seconds(-1))});
  EXPECT_EQ(Try("alice", "pw"), 401);
}

TEST_F(RedisUsersTest, ARecordThatCannotBeReadIsCountedAndServesNobody) {
  StartRelayWithRedis();
  WriteCoturnUser("gorst", "hero");
  Write({"HSET", std::string("culvert/digest/") + kRealm + "/gorst", "ha1", "hero"});
  EXPECT_EQ(Try("gorst", "hero"), 401);
  EXPECT_GE(Credentials(&observe::CredentialCounters::bad_records), 1u);
}

TEST_F(RedisUsersTest, QuotasOfUserAndRealmHold) {
  StartRelayWithRedis();
  WriteCoturnUser("gorst", "hero");
  WriteCoturnUser("alice", "pw");
  WriteCoturnUser("bob", "pw");
  const std::string realm = std::string("turn/realm/") + kRealm;
  Write({"SET", realm + "/user-quota", "1"});
  Write({"SET", realm + "/total-quota", "2"});
  TurnClient first = Named("gorst", "hero");
  ASSERT_TRUE(first.Allocate({}).ok());
  EXPECT_EQ(Try("gorst", "hero"), 486);
  TurnClient second = Named("alice", "pw");
  ASSERT_TRUE(second.Allocate({}).ok());
  EXPECT_EQ(Try("bob", "pw"), 486);
  ASSERT_TRUE(second.Refresh(0).ok());
  EXPECT_EQ(Try("bob", "pw"), 0);
}

TEST_F(RedisUsersTest, APeerThatIsDeniedToTheRealmIsForbidden) {
  StartRelayWithRedis();
  WriteCoturnUser("gorst", "hero");
  Write({"SADD", std::string("turn/realm/") + kRealm + "/denied-peer-ip", "192.0.2.0-192.0.2.9"});
  TurnClient client = Named("gorst", "hero");
  ASSERT_TRUE(client.Allocate({}).ok());
  const std::vector<Endpoint> denied = {Endpoint(IpAddress::V4(192, 0, 2, 9), 5000)};
  const std::vector<Endpoint> fine = {Endpoint(IpAddress::V4(192, 0, 2, 10), 5000)};
  const auto refused = client.CreatePermission(denied);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, 403);
  EXPECT_TRUE(client.CreatePermission(fine).ok());
}

// CLIENT PAUSE keeps the first question unanswered while the others come.
TEST_F(RedisUsersTest, AStormOfOneUserIsOneQuestion) {
  constexpr size_t kClients = 200;
  StartRelayWithRedis([](config::Options& o) { o.unauthorized_ratelimit = false; },
                      "command_timeout=10");
  WriteCoturnUser("gorst", "hero");
  TurnClient teacher = Named("nobody", "x", ClientTransport::kUdp);
  ASSERT_FALSE(teacher.Allocate({}).ok());
  const ClientCredentials known{"gorst", "hero", teacher.credentials().realm,
                                teacher.credentials().nonce};
  std::vector<TurnClient> clients;
  for (size_t i = 0; i < kClients; ++i) {
    auto client = TurnClient::Connect(SettingsFor(ClientTransport::kUdp), known);
    ASSERT_TRUE(client.ok()) << client.error().ToString();
    client->set_timeout(kPatience);
    clients.push_back(std::move(*client));
  }
  const uint64_t before = Credentials(&observe::CredentialCounters::misses);
  Write({"CONFIG", "RESETSTAT"});
  Write({"CLIENT", "PAUSE", "500"});
  std::atomic<size_t> served = 0;
  std::vector<std::thread> threads;
  for (TurnClient& client : clients) {
    threads.emplace_back([&client, &served] {
      if (client.Allocate({}).ok()) ++served;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(served, kClients);
  EXPECT_EQ(Credentials(&observe::CredentialCounters::misses) - before, 1u);
  EXPECT_NE(redis_.Run({"INFO", "commandstats"}).find("cmdstat_hgetall:calls=1,"),
            std::string::npos);
}

// The cache would hold for five minutes: it is Redis that tells.
TEST_F(RedisUsersTest, AChangedPasswordHoldsWithinASecond) {
  StartRelayWithRedis();
  WriteCoturnUser("gorst", "hero");
  ASSERT_EQ(Try("gorst", "hero"), 0);
  ASSERT_TRUE(Eventually([&] { return relay().redis()[0]->invalidations.value() >= 1; }));
  const uint64_t told = relay().redis()[0]->invalidations.value();
  const auto written = std::chrono::steady_clock::now();
  WriteCoturnUser("gorst", "villain");
  ASSERT_TRUE(Eventually([&] { return relay().redis()[0]->invalidations.value() > told; }));
  EXPECT_LT(std::chrono::steady_clock::now() - written, seconds(1));
  EXPECT_EQ(Try("gorst", "villain"), 0);
  EXPECT_EQ(Try("gorst", "hero"), 401);
}

TEST_F(RedisUsersTest, WhoWasRefusedIsServedAsSoonAsTheRecordIsThere) {
  StartRelayWithRedis();
  WriteCoturnUser("alice", "pw");
  ASSERT_EQ(Try("gorst", "hero"), 401);
  WriteCoturnUser("gorst", "hero");
  EXPECT_TRUE(Eventually([&] { return Try("gorst", "hero") == 0; }));
}

}  // namespace
}  // namespace culvert::testing
