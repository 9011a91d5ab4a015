// Access tokens (RFC 7635) under keys that are in Redis. The records: tests/auth.

#include "auth/access_token.h"
#include "auth/base64.h"
#include "auth/keys.h"
#include "tests/scenario/redis_relay.h"

namespace culvert::testing {
namespace {

constexpr const char* kKey = "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=";

class RedisTokensTest : public RedisRelay {
 protected:
  void StartWithKey() {
    StartRelayWithRedis([](config::Options& o) { o.oauth = true; });
    Write({"HMSET", "turn/oauth/kid/north", "ikm_key", kKey, "as_rs_alg", "A256GCM", "timestamp",
           "0", "lifetime", "0", "realm", ""});
  }

  // The client signs with the key of its password, so that is the session key in its token.
  static std::vector<uint8_t> Token(const std::string& password) {
    const auth::Md5Key session = auth::DeriveMd5Key("north", kRealm, password);
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const std::vector<uint8_t> nonce(12, 7);
    return auth::SealAccessToken({{session.begin(), session.end()},
                                  WallTime(std::chrono::duration_cast<seconds>(now)),
                                  seconds(3600)},
                                 {auth::TokenAlgorithm::kA256Gcm, *auth::ParseBase64(kKey), kRealm},
                                 nonce);
  }
  // 0, or the code of the refusal.
  static int AllocateWith(TurnClient& client, const std::vector<uint8_t>& token) {
    const auto answer = client.Transact(stun::Method::kAllocate, [&](stun::Builder& request) {
      request.AddUint32(stun::AttributeType::kRequestedTransport, stun::kTransportUdp << 24);
      if (!token.empty()) request.Add(stun::AttributeType::kAccessToken, token);
    });
    return answer.ok() ? 0 : answer.error().code;
  }
};

TEST_F(RedisTokensTest, ATokenUnderAKeyInRedisOpensAnAllocation) {
  StartWithKey();
  TurnClient client = Named("north", "session");
  EXPECT_EQ(AllocateWith(client, Token("session")), 0);
  TurnClient other = Named("north", "session");
  EXPECT_EQ(AllocateWith(other, Token("not the session's")), 401);
  TurnClient without = Named("north", "session");
  EXPECT_EQ(AllocateWith(without, {}), 401);
  Write({"DEL", "turn/oauth/kid/north"});
  Write({"SET", "turn/realm/other/max-bps", "1"});
  EXPECT_TRUE(Eventually([&] {
    TurnClient late = Named("north", "session");
    return AllocateWith(late, Token("session")) == 401;
  }));
  EXPECT_TRUE(client.Refresh(900).ok());
}

TEST_F(RedisTokensTest, ATokenIsNotAskedForWhenItsRealmChanges) {
  StartWithKey();
  WriteCoturnUser("bob", "pw");
  TurnClient client = Named("north", "session");
  ASSERT_EQ(AllocateWith(client, Token("session")), 0);
  TurnClient bob = Named("bob", "pw");
  ASSERT_TRUE(bob.Allocate({}).ok());
  // Both are looked at for the first change, before bob is for the second.
  Write({"SET", std::string("turn/realm/") + kRealm + "/max-bps", "100000"});
  Write({"DEL", std::string("turn/realm/") + kRealm + "/user/bob/key"});
  ASSERT_TRUE(Eventually([&] {
    return Count([](const observe::WorkerCounters& w) {
             return w.allocations_ended[turn::EndReason::kCredentialExpired].value();
           }) >= 1;
  }));
  EXPECT_FALSE(bob.Refresh(900).ok());
  EXPECT_TRUE(client.Refresh(900).ok());
}

TEST_F(RedisTokensTest, WhileRedisIsGoneKnownKeysServeAndOthersAreToldToComeAgain) {
  StartWithKey();
  TurnClient client = Named("north", "session");
  ASSERT_EQ(AllocateWith(client, Token("session")), 0);
  redis_.Kill();
  TurnClient again = Named("north", "session");
  EXPECT_EQ(AllocateWith(again, Token("session")), 0);
  TurnClient other = Named("south", "session");
  EXPECT_EQ(AllocateWith(other, Token("session")), 500);
}

}  // namespace
}  // namespace culvert::testing
