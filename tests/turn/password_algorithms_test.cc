// PASSWORD-ALGORITHMS, USERHASH and access tokens (RFC 8489 section 9.2.4, RFC 7635).
#include "auth/keys.h"
#include "tests/turn/session_harness.h"

namespace culvert::turn {
namespace {

using Value = std::vector<uint8_t>;

const Value kMd5 = {0, 1, 0, 0};
const Value kSha256 = {0, 2, 0, 0};
const Value kBestFirst = {0, 2, 0, 0, 0, 1, 0, 0};
const Value kWorstFirst = {0, 1, 0, 0, 0, 2, 0, 0};

class PasswordAlgorithmsTest : public SessionHarness {
 protected:
  PasswordAlgorithmsTest() {
    settings.features = {.password_algorithms = true, .username_anonymity = true, .sha256 = true};
    GiveKeys("alice", auth::DeriveKeys("alice", "north", "example.org"), alice.key);
  }

  // Alice's SHA-256 key is another one than her MD5 key, so that one is not taken for the other.
  void GiveKeys(const std::string& name, auth::IntegrityKeys keys, const auth::Md5Key& md5) {
    auto credential = std::make_shared<auth::Credential>(*effects.users[name]);
    credential->keys = std::move(keys);
    credential->keys.md5 = md5;
    effects.users[name] = std::move(credential);
  }
  ByteView Sha256Of(const std::string& name) { return *effects.users[name]->keys.sha256; }

  TurnRequest Named(uint32_t number = 2) {
    return TurnRequest(Method::kRefresh, number)
        .Text(AttributeType::kUsername, alice.username)
        .Text(AttributeType::kRealm, alice.realm)
        .Text(AttributeType::kNonce, Nonce());
  }
  TurnRequest Choosing(const Value& list, const Value& choice, uint32_t number = 2) {
    return Named(number)
        .Add(AttributeType::kPasswordAlgorithms, list)
        .Add(AttributeType::kPasswordAlgorithm, choice);
  }
  static Lines Bare400(int number = 2) {
    return {"reply Refresh error #" + std::to_string(number) + " {ERROR-CODE 400}",
            "count Refresh 400"};
  }
  static Lines Mismatch(const char* integrity, int number = 2) {
    return {"reply Refresh error #" + std::to_string(number) + " {ERROR-CODE 437, " + integrity +
                " ok}",
            "count Refresh 437"};
  }
  static Lines Challenge(int code, const std::string& realm = "example.org") {
    const std::string text = std::to_string(code);
    return {"reply Refresh error #2 {ERROR-CODE " + text + ", REALM " + realm +
                ", NONCE, PASSWORD-ALGORITHMS 0002000000010000}",
            "count Refresh " + text};
  }
};

// CR-02, CR-03, CR-13, CR-20
TEST_F(PasswordAlgorithmsTest, AChallengeListsThemBestFirstAndItsNonceSaysSo) {
  EXPECT_EQ(Send(TurnRequest(Method::kRefresh, 2)), Challenge(401));
  const auto reply = stun::Message::Parse(effects.last_reply());
  ASSERT_TRUE(reply.ok());
  EXPECT_TRUE(reply->Text(AttributeType::kNonce)->starts_with("obMatJos2wAAA"));
}

// CR-10, CR-12: every challenge has the list.
TEST_F(PasswordAlgorithmsTest, AStaleNonceIsAnsweredWithTheListToo) {
  const TurnRequest request = Choosing(kBestFirst, kSha256).IntegritySha256(Sha256Of("alice"));
  clock.Advance(seconds(601));
  EXPECT_EQ(Send(request), (Lines{"lookup alice", "refused: stale nonce"}) + Challenge(438));
}

// CR-19: of stored HA1s.
TEST_F(PasswordAlgorithmsTest, WithoutSha256KeysOnlyMd5IsListed) {
  settings.features.sha256 = false;
  Send(TurnRequest(Method::kRefresh, 2));
  const auto reply = stun::Message::Parse(effects.last_reply());
  ASSERT_TRUE(reply.ok());
  EXPECT_TRUE(std::ranges::equal(*reply->Find(AttributeType::kPasswordAlgorithms), kMd5));
  EXPECT_EQ(Send(Choosing(kMd5, kMd5).IntegritySha256(alice.key)),
            Lines{"lookup alice"} + Mismatch("MESSAGE-INTEGRITY-SHA256"));
  EXPECT_EQ(Send(Choosing(kMd5, kSha256).IntegritySha256(alice.key)), Bare400());
}

// CR-14, CR-18, CR-24
TEST_F(PasswordAlgorithmsTest, TheChosenKeyIsVerifiedAndProtectsTheAnswer) {
  effects.SetReplyKey(Sha256Of("alice"));
  EXPECT_EQ(Send(Choosing(kBestFirst, kSha256).IntegritySha256(Sha256Of("alice"))),
            Lines{"lookup alice"} + Mismatch("MESSAGE-INTEGRITY-SHA256"));
  effects.SetReplyKey(alice.key);
  EXPECT_EQ(Send(Choosing(kBestFirst, kMd5, 3).IntegritySha256(alice.key)),
            Mismatch("MESSAGE-INTEGRITY-SHA256", 3));
}

TEST_F(PasswordAlgorithmsTest, TheOtherKeyIsNotGood) {
  const Lines refused = Lines{"refused: wrong integrity"} + Challenge(401);
  EXPECT_EQ(Send(Choosing(kBestFirst, kSha256).IntegritySha256(alice.key)),
            Lines{"lookup alice"} + refused);
  EXPECT_EQ(Send(Choosing(kBestFirst, kMd5).IntegritySha256(Sha256Of("alice"))),
            Lines{"lookup alice"} + refused);
}

// CR-07, CR-15: clients of RFC 5389 know neither attribute and are served as ever.
TEST_F(PasswordAlgorithmsTest, WhoRepeatsNothingIsServedByMd5AndMessageIntegrity) {
  EXPECT_EQ(Ask(TurnRequest(Method::kRefresh, 2)),
            Lines{"lookup alice"} + Mismatch("MESSAGE-INTEGRITY"));
  EXPECT_EQ(Send(Named(3).IntegritySha256(alice.key)), Mismatch("MESSAGE-INTEGRITY", 3));
}

// CR-08
TEST_F(PasswordAlgorithmsTest, OneAttributeWithoutTheOtherIs400) {
  EXPECT_EQ(Send(Named()
                     .Add(AttributeType::kPasswordAlgorithms, kBestFirst)
                     .IntegritySha256(Sha256Of("alice"))),
            Bare400());
  EXPECT_EQ(Send(Named().Add(AttributeType::kPasswordAlgorithm, kMd5).IntegritySha256(alice.key)),
            Bare400());
}

// CR-08: somebody on the way struck the better one off, or turned them round.
TEST_F(PasswordAlgorithmsTest, AnotherListThanTheNoncesIs400) {
  for (const Value& list : {kMd5, kSha256, kWorstFirst, Value{}, Value{0, 2, 0, 0, 0, 1}}) {
    EXPECT_EQ(Send(Choosing(list, kMd5).IntegritySha256(alice.key)), Bare400());
  }
}

// CR-08
TEST_F(PasswordAlgorithmsTest, AChoiceThatIsNotListedIs400) {
  for (const Value& choice : {Value{0, 0, 0, 0}, Value{0, 3, 0, 0}, Value{0, 1}, Value{},
                              Value{0, 1, 0, 4, 1, 2, 3, 4}}) {
    EXPECT_EQ(Send(Choosing(kBestFirst, choice).IntegritySha256(alice.key)), Bare400());
  }
}

// CR-09: what the nonce was handed out with counts, not what is announced now.
TEST_F(PasswordAlgorithmsTest, AnOldNonceMeansItsOwnList) {
  const TurnRequest older = Choosing(kBestFirst, kSha256).IntegritySha256(Sha256Of("alice"));
  settings.features.sha256 = false;
  effects.SetReplyKey(Sha256Of("alice"));
  EXPECT_EQ(Send(older), Lines{"lookup alice"} + Mismatch("MESSAGE-INTEGRITY-SHA256"));
}

// The cookie's bits are sealed: without them the client would fall back to MD5.
TEST_F(PasswordAlgorithmsTest, ANonceWithItsBitsStruckOffIsNotOurs) {
  std::string nonce = Nonce();
  nonce[9] = 'A';
  EXPECT_EQ(Send(TurnRequest(Method::kRefresh, 2).SignedBy(alice, nonce)),
            (Lines{"lookup alice", "refused: stale nonce"}) + Challenge(438));
}

// CR-16
TEST_F(PasswordAlgorithmsTest, ATruncatedIntegrityIs401UnlessTheOperatorTakesIt) {
  TurnRequest request = Choosing(kBestFirst, kMd5);
  request.IntegritySha256(alice.key, 16);
  EXPECT_EQ(Send(request), (Lines{"lookup alice", "refused: wrong integrity"}) + Challenge(401));
  settings.least_sha256_integrity = 16;
  EXPECT_EQ(Send(request), Lines{"lookup alice"} + Mismatch("MESSAGE-INTEGRITY-SHA256"));
}

class UserhashTest : public PasswordAlgorithmsTest {
 protected:
  TurnRequest Anonymous(ByteView hash, uint32_t number = 2) {
    return TurnRequest(Method::kRefresh, number)
        .Add(AttributeType::kUserhash, hash)
        .Text(AttributeType::kRealm, alice.realm)
        .Text(AttributeType::kNonce, Nonce());
  }
  const auth::UserHash hash_of_alice_ = auth::DeriveUserHash("alice", "example.org");
  const auth::UserHash hash_of_bob_ = auth::DeriveUserHash("bob", "example.org");
};

// CR-21
TEST_F(UserhashTest, AUserIsFoundByHashOnceAndKnownByItThen) {
  EXPECT_EQ(Send(Anonymous(hash_of_alice_).Integrity(alice.key)),
            Lines{"lookup by hash"} + Mismatch("MESSAGE-INTEGRITY"));
  EXPECT_EQ(Send(Anonymous(hash_of_alice_, 3).Integrity(alice.key)),
            Mismatch("MESSAGE-INTEGRITY", 3));
}

TEST_F(UserhashTest, AnotherHashIsAnotherUser) {
  Send(Anonymous(hash_of_alice_).Integrity(alice.key));
  EXPECT_EQ(Send(Anonymous(hash_of_bob_).Integrity(alice.key)),
            (Lines{"lookup by hash", "refused: wrong integrity"}) + Challenge(401));
}

// CR-27: the user counts, not how it was named.
TEST_F(UserhashTest, HashAndNameAreTheSameUserOnAnAllocation) {
  AllocateUdp();
  EXPECT_EQ(Send(Anonymous(hash_of_alice_).Integrity(alice.key)),
            (Lines{"lookup by hash", "refreshed 600"}) + Success("Refresh", 2, "LIFETIME 600"));
}

// CR-22
TEST_F(UserhashTest, AHashOfAnotherSizeOrBesideANameIs400) {
  for (const size_t size : {0, 20, 31, 33, 64}) {
    EXPECT_EQ(Send(Anonymous(Value(size, 1)).Integrity(alice.key)), Bare400()) << size;
  }
  EXPECT_EQ(Send(Anonymous(hash_of_alice_)
                     .Text(AttributeType::kUsername, alice.username)
                     .Integrity(alice.key)),
            Bare400());
}

class AccessTokenTest : public SessionHarness {
 protected:
  AccessTokenTest() {
    settings.third_party_authorization = "turn1.example.org";
    GiveSession(kSessionKey);
    effects.SetReplyKey(kSessionKey);
  }
  // What a provider says of the token of the moment.
  void GiveSession(const Value& key) {
    auto credential = std::make_shared<auth::Credential>();
    credential->username = credential->subject = "kid-1";
    credential->realm = "example.org";
    credential->keys.token = key;
    effects.users["kid-1"] = std::move(credential);
  }
  TurnRequest Named(uint32_t number) {
    return TurnRequest(Method::kRefresh, number)
        .Text(AttributeType::kUsername, "kid-1")
        .Text(AttributeType::kRealm, "example.org")
        .Text(AttributeType::kNonce, Nonce());
  }
  TurnRequest WithToken(uint32_t number) {
    return Named(number).Add(AttributeType::kAccessToken, Value(40, 0xa5));
  }
  static Lines Mismatch(int number) { return Refusal("Refresh", number, 437); }

  const Value kSessionKey = Value(20, 0x4b);
};

// OA-01
TEST_F(AccessTokenTest, AChallengeNamesTheServerToAskATokenFor) {
  EXPECT_EQ(Send(TurnRequest(Method::kRefresh, 2)),
            (Lines{"reply Refresh error #2 {ERROR-CODE 401, REALM example.org, NONCE, "
                   "THIRD-PARTY-AUTHORIZATION " +
                       std::string("7475726e312e6578616d706c652e6f7267}"),
                   "count Refresh 401"}));
}

// OA-02: USERNAME is the key id, and the integrity is under the key within the token.
TEST_F(AccessTokenTest, TheTokensKeyVerifiesUntilANewTokenComes) {
  EXPECT_EQ(Send(WithToken(2).Integrity(kSessionKey)),
            Lines{"lookup kid-1 with a token"} + Mismatch(2));
  EXPECT_EQ(Send(Named(3).Integrity(kSessionKey)), Mismatch(3));
  const Value next(20, 0x77);
  GiveSession(next);
  effects.SetReplyKey(next);
  EXPECT_EQ(Send(WithToken(4).Integrity(next)), Lines{"lookup kid-1 with a token"} + Mismatch(4));
  EXPECT_EQ(Send(Named(5).Integrity(next)), Mismatch(5));
}

TEST_F(AccessTokenTest, ATokensKeyIsGoodForBothIntegrities) {
  EXPECT_EQ(Send(WithToken(2).IntegritySha256(kSessionKey)),
            (Lines{"lookup kid-1 with a token",
                   "reply Refresh error #2 {ERROR-CODE 437, MESSAGE-INTEGRITY-SHA256 ok}",
                   "count Refresh 437"}));
}

TEST_F(AccessTokenTest, AnotherKeyThanTheTokensIs401) {
  const Lines lines = Send(WithToken(2).Integrity(alice.key));
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[1], "refused: wrong integrity");
}

// OA-05: for who is somebody without it, too.
TEST_F(AccessTokenTest, WhereNoTokensAreTakenItIsAnUnknownAttribute) {
  settings.third_party_authorization.clear();
  EXPECT_EQ(Ask(alice, TurnRequest(Method::kRefresh, 2).Add(AttributeType::kAccessToken, {1, 2})),
            (Lines{"lookup alice",
                   "reply Refresh error #2 {ERROR-CODE 420, UNKNOWN-ATTRIBUTES 001b, "
                   "MESSAGE-INTEGRITY ok}",
                   "count Refresh 420"}));
}

class RealmChoiceTest : public SessionHarness {
 protected:
  RealmChoiceTest() {
    settings.realms.Add("https://web.example.org", "web");
    settings.realms.Add("naf.home1.net", "3GPP-bootstrapping@naf.home1.net");
  }
  // The realm of the challenge that `request` gets.
  std::string RealmAsked(const TurnRequest& request) {
    Send(request);
    const auto reply = stun::Message::Parse(effects.last_reply());
    return std::string(reply->Text(AttributeType::kRealm).value_or(""));
  }
  static TurnRequest From(std::string_view origin) {
    return TurnRequest(Method::kRefresh, 2).Text(AttributeType::kOrigin, origin);
  }
};

// CR-31
TEST_F(RealmChoiceTest, OriginGoesBeforeTheServersNameAndBothBeforeTheDefault) {
  EXPECT_EQ(RealmAsked(TurnRequest(Method::kRefresh, 2)), "example.org");
  EXPECT_EQ(RealmAsked(From("https://WEB.example.org:443/room")), "web");
  EXPECT_EQ(RealmAsked(From("http://web.example.org")), "example.org");
  effects.server_name = "NAF.home1.net";
  EXPECT_EQ(RealmAsked(TurnRequest(Method::kRefresh, 2)), "3GPP-bootstrapping@naf.home1.net");
  EXPECT_EQ(RealmAsked(From("https://web.example.org")), "web");
}

TEST_F(RealmChoiceTest, AServedRealmThatTheClientNamesIsItsOwn) {
  const TestUser carol("carol", "east", "web");
  AddUser(carol, "carol");
  EXPECT_EQ(Ask(carol, TurnRequest(Method::kRefresh, 2)),
            Lines{"lookup carol"} + Refusal("Refresh", 2, 437));
  clock.Advance(seconds(601));
  EXPECT_EQ(RealmAsked(TurnRequest(Method::kRefresh, 3).SignedBy(carol, "old")), "web");
}

// One realm's nonce is not another's.
TEST_F(RealmChoiceTest, ANonceOfAnotherRealmIs438) {
  const TestUser carol("carol", "east", "web");
  AddUser(carol, "carol");
  const Lines lines = Send(TurnRequest(Method::kRefresh, 2).SignedBy(carol, Nonce("example.org")));
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[1], "refused: stale nonce");
}

TEST_F(RealmChoiceTest, ARealmThatIsNotServedIs401WithTheDefault) {
  const TestUser dave("alice", "north", "elsewhere");
  EXPECT_EQ(RealmAsked(TurnRequest(Method::kRefresh, 2).SignedBy(dave, Nonce())), "example.org");
}

}  // namespace
}  // namespace culvert::turn
