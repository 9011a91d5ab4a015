// The long-term credential mechanism (RFC 8489 section 9.2.4) and who owns an allocation (RFC 8656
// section 5).
#include "tests/turn/session_harness.h"

#include <set>

#include "auth/keys.h"

namespace culvert::turn {
namespace {

TurnRequest Refresh(uint32_t number = 2) {
  return TurnRequest(Method::kRefresh, number);
}

class AuthenticationTest : public SessionHarness {
 protected:
  // 401 or 438: with realm and nonce, without integrity.
  static Lines Challenge(int code, int number = 2) {
    const std::string text = std::to_string(code);
    return {"reply Refresh error #" + std::to_string(number) + " {ERROR-CODE " + text +
                ", REALM example.org, NONCE}",
            "count Refresh " + text};
  }
  // The same, after the credentials were found wanting.
  static Lines Judged(const char* judgement, int code, int number = 2) {
    return Lines{std::string("refused: ") + judgement} + Challenge(code, number);
  }
  static Lines Unprotected(int code) {
    const std::string text = std::to_string(code);
    return {"reply Refresh error #2 {ERROR-CODE " + text + "}", "count Refresh " + text};
  }
  std::string LastNonce() {
    const auto reply = stun::Message::Parse(effects.last_reply());
    return std::string(reply->Text(AttributeType::kNonce).value_or(""));
  }
};

// CR-01, AL-01
TEST_F(AuthenticationTest, WithoutIntegrityItIs401WithRealmAndNonce) {
  EXPECT_EQ(Send(Refresh()), Challenge(401));
}

// CR-01
TEST_F(AuthenticationTest, AUsernameWithoutIntegrityIs401AndNoLookUp) {
  EXPECT_EQ(Send(Refresh().Text(AttributeType::kUsername, "alice")), Challenge(401));
}

// ST-06
TEST_F(AuthenticationTest, UnknownAttributesAreNotNamedToStrangers) {
  EXPECT_EQ(Send(Refresh().AddUnknown(0x7f00)), Challenge(401));
}

// ST-06, ST-07, CR-14
TEST_F(AuthenticationTest, UnknownAttributesAre420WithAllOfThemNamed) {
  EXPECT_EQ(Ask(Refresh().AddUnknown(0x7f00).AddUnknown(0x7f01)),
            (Lines{"lookup alice",
                   "reply Refresh error #2 {ERROR-CODE 420, UNKNOWN-ATTRIBUTES 7f007f01, "
                   "MESSAGE-INTEGRITY ok}",
                   "count Refresh 420"}));
  EXPECT_EQ(Ask(Refresh(3).AddUnknown(0x7f00)),
            (Lines{"reply Refresh error #3 {ERROR-CODE 420, UNKNOWN-ATTRIBUTES 7f00, "
                   "MESSAGE-INTEGRITY ok}",
                   "count Refresh 420"}));
}

// ST-12
TEST_F(AuthenticationTest, WhatStandsBehindTheIntegrityIsAsIfAbsent) {
  EXPECT_EQ(Send(Refresh().SignedBy(alice, Nonce()).AddUnknown(0x7f00)),
            Lines{"lookup alice"} + Refusal("Refresh", 2, 437));
}

// CR-02, CR-03, CR-04, CR-05
TEST_F(AuthenticationTest, EachChallengeHasItsOwnWellFormedNonce) {
  std::set<std::string> nonces;
  for (int i = 0; i < 100; ++i) {
    Send(Refresh());
    const std::string nonce = LastNonce();
    EXPECT_TRUE(nonce.starts_with("obMatJos2AAAA")) << nonce;
    EXPECT_LT(nonce.size(), 128u);
    EXPECT_EQ(nonce.find_first_of("\"\\"), std::string::npos);
    nonces.insert(nonce);
  }
  EXPECT_EQ(nonces.size(), 100u);
}

// CR-06
TEST_F(AuthenticationTest, IntegrityWithoutUsernameRealmOrNonceIs400) {
  const auto with = [this](bool username, bool realm, bool nonce) {
    TurnRequest request = Refresh();
    if (username) request.Text(AttributeType::kUsername, alice.username);
    if (realm) request.Text(AttributeType::kRealm, alice.realm);
    if (nonce) request.Text(AttributeType::kNonce, Nonce());
    return request.Integrity(alice.key);
  };
  EXPECT_EQ(Send(with(false, true, true)), Unprotected(400));
  EXPECT_EQ(Send(with(true, false, true)), Unprotected(400));
  EXPECT_EQ(Send(with(true, true, false)), Unprotected(400));
}

// CR-10
TEST_F(AuthenticationTest, AnUnknownUserIs401) {
  const TestUser mallory("mallory", "x", "example.org");
  EXPECT_EQ(Ask(mallory, Refresh()), Lines{"lookup mallory"} + Judged("unknown user", 401));
}

// CR-11
TEST_F(AuthenticationTest, AWrongPasswordIs401) {
  const TestUser wrong("alice", "wrong", "example.org");
  EXPECT_EQ(Ask(wrong, Refresh()), Lines{"lookup alice"} + Judged("wrong integrity", 401));
  EXPECT_EQ(session().credential(), nullptr);
}

// The certificate is looked at before the key, and the answer is that to a wrong key.
TEST_F(AuthenticationTest, WhomTheCertificateDoesNotNameIsRefusedAsForAWrongKey) {
  effects.uncertified = "alice";
  EXPECT_EQ(Ask(Refresh()), Lines{"lookup alice"} + Judged("uncertified", 401));
  const TestUser wrong("alice", "wrong", "example.org");
  EXPECT_EQ(Ask(wrong, Refresh()), Lines{"lookup alice"} + Judged("uncertified", 401));
  EXPECT_EQ(Ask(bob, Refresh()), Lines{"lookup bob"} + Refusal("Refresh", 2, 437));
}

// A certificate ends before its connection may: then its requests are refused, too.
TEST_F(AuthenticationTest, TheCertificateIsLookedAtForEachRequest) {
  AllocateUdp();
  effects.uncertified = "alice";
  EXPECT_EQ(Ask(Refresh()), Judged("uncertified", 401));
}

// CR-11: a key of another realm is a wrong key, and nobody of ours.
TEST_F(AuthenticationTest, AnotherRealmIs401WithOurs) {
  const TestUser elsewhere("alice", "north", "example.net");
  EXPECT_EQ(Ask(elsewhere, Refresh()), Challenge(401));
}

// CR-12: user and integrity are judged before the nonce.
TEST_F(AuthenticationTest, AWrongPasswordWithAnOldNonceIs401) {
  const TestUser wrong("alice", "wrong", "example.org");
  const std::string nonce = Nonce();
  clock.Advance(seconds{601});
  EXPECT_EQ(Send(Refresh().SignedBy(wrong, nonce)),
            Lines{"lookup alice"} + Judged("wrong integrity", 401));
}

// CR-12, CR-26
TEST_F(AuthenticationTest, AnOldNonceIs438WithOneThatIsGood) {
  const std::string old = Nonce();
  clock.Advance(seconds{601});
  EXPECT_EQ(Send(Refresh().SignedBy(alice, old)),
            Lines{"lookup alice"} + Judged("stale nonce", 438));
  EXPECT_EQ(Send(Refresh(3).SignedBy(alice, LastNonce())),
            Lines{"lookup alice"} + Refusal("Refresh", 3, 437));
}

// CR-26
TEST_F(AuthenticationTest, ANonceThatGrowsOldDoesNotTouchTheAllocation) {
  AllocateUdp();
  const std::string old = Nonce();
  Pass(seconds{599});
  Ask(Refresh(2));
  Pass(seconds{100});
  EXPECT_EQ(Send(Refresh(3).SignedBy(alice, old)), Judged("stale nonce", 438, 3));
  EXPECT_EQ(Send(Refresh(4).SignedBy(alice, LastNonce())),
            Lines{"refreshed 600"} + Success("Refresh", 4, "LIFETIME 600"));
}

// CR-29: a 401 would make the client give up.
TEST_F(AuthenticationTest, ANonceThatIsNotOursIs438) {
  EXPECT_EQ(Send(Refresh().SignedBy(alice, "f//499k954d6OL34oL9FSTvy64sA")),
            Lines{"lookup alice"} + Judged("stale nonce", 438));
}

// CR-23: a nonce got on one connection is good on another.
TEST_F(AuthenticationTest, OverAConnectionANonceIsNotTiedToAnAddress) {
  Path other = path;
  other.client = ClientAddress(*Endpoint::Parse("198.51.100.200:9"));
  EXPECT_EQ(Send(Refresh().SignedBy(alice, NonceBoundTo(other))),
            Lines{"lookup alice"} + Refusal("Refresh", 2, 437));
}

// The design ties datagrams' nonces to the client's IP address, not to its port.
TEST_F(AuthenticationTest, OverUdpANonceIsTiedToTheAddressAndNotToThePort) {
  path.transport = Transport::kUdp;
  Path other = path;
  other.client = ClientAddress(*Endpoint::Parse("198.51.100.7:9"));
  EXPECT_EQ(Send(Refresh(2).SignedBy(alice, NonceBoundTo(other))),
            Lines{"lookup alice"} + Refusal("Refresh", 2, 437));
  other.client = ClientAddress(*Endpoint::Parse("198.51.100.8:9"));
  EXPECT_EQ(Send(Refresh(3).SignedBy(alice, NonceBoundTo(other))), Judged("stale nonce", 438, 3));
  // One that came over a connection is bound to nothing, so not good here.
  other.transport = Transport::kTls;
  EXPECT_EQ(Send(Refresh(4).SignedBy(alice, NonceBoundTo(other))), Judged("stale nonce", 438, 4));
}

// The nonce of a challenge over UDP is one that is taken back over UDP.
TEST_F(AuthenticationTest, AChallengeOverUdpIsBoundAndAccepted) {
  path.transport = Transport::kUdp;
  Send(Refresh());
  EXPECT_EQ(Send(Refresh(3).SignedBy(alice, LastNonce())),
            Lines{"lookup alice"} + Refusal("Refresh", 3, 437));
}

// CR-14, CR-17, ST-15
TEST_F(AuthenticationTest, AFingerprintIsMirrored) {
  EXPECT_EQ(Send(Refresh().Fingerprint()),
            (Lines{"reply Refresh error #2 {ERROR-CODE 401, REALM example.org, NONCE, FINGERPRINT}",
                   "count Refresh 401"}));
  EXPECT_EQ(Send(Refresh(3).SignedBy(alice, Nonce()).Fingerprint()),
            (Lines{"lookup alice",
                   "reply Refresh error #3 {ERROR-CODE 437, MESSAGE-INTEGRITY ok, FINGERPRINT}",
                   "count Refresh 437"}));
}

TEST_F(AuthenticationTest, AFingerprintIsAddedWhereTheOperatorWantsOne) {
  settings.fingerprint = true;
  EXPECT_EQ(Send(Refresh()),
            (Lines{"reply Refresh error #2 {ERROR-CODE 401, REALM example.org, NONCE, FINGERPRINT}",
                   "count Refresh 401"}));
}

// CR-15: no PASSWORD-ALGORITHMS were announced, so nothing but the attribute itself shows what the
// client can verify.
TEST_F(AuthenticationTest, Sha256IntegrityAloneIsAnsweredInKind) {
  const auto by_sha256 = [&](int number, ByteView key) {
    return Refresh(static_cast<uint32_t>(number))
        .Text(AttributeType::kUsername, alice.username)
        .Text(AttributeType::kRealm, alice.realm)
        .Text(AttributeType::kNonce, Nonce())
        .IntegritySha256(key);
  };
  EXPECT_EQ(
      Send(by_sha256(2, alice.key)),
      (Lines{"lookup alice", "reply Refresh error #2 {ERROR-CODE 437, MESSAGE-INTEGRITY-SHA256 ok}",
             "count Refresh 437"}));
  EXPECT_EQ(Send(by_sha256(3, bob.key)), Judged("wrong integrity", 401, 3));
}

// CR-11, CR-15: of both only SHA-256 counts, and the answer carries the one that all can verify.
TEST_F(AuthenticationTest, OfBothIntegritiesOnlySha256IsChecked) {
  EXPECT_EQ(Send(Refresh(2).SignedBy(alice, Nonce()).IntegritySha256(alice.key)),
            Lines{"lookup alice"} + Refusal("Refresh", 2, 437));
  EXPECT_EQ(Send(Refresh(3).SignedBy(alice, Nonce()).IntegritySha256(bob.key)),
            Judged("wrong integrity", 401, 3));
}

// CR-27
TEST_F(AuthenticationTest, AnotherUserOnTheFiveTupleIs441) {
  AllocateTcp();
  int number = 1;
  for (const auto& [method, name] :
       {std::pair(Method::kRefresh, "Refresh"),
        std::pair(Method::kCreatePermission, "CreatePermission"),
        std::pair(Method::kChannelBind, "ChannelBind"), std::pair(Method::kConnect, "Connect")}) {
    const Lines lines = Ask(bob, TurnRequest(method, static_cast<uint32_t>(++number)));
    EXPECT_EQ((number == 2 ? Lines{"lookup bob"} : Lines{}) + Refusal(name, number, 441), lines);
  }
  EXPECT_EQ(Ask(Refresh(9)),
            (Lines{"lookup alice", "refreshed 600"} + Success("Refresh", 9, "LIFETIME 600")));
}

// CR-27, OA-06: two names of one subject are one user.
TEST_F(AuthenticationTest, ARenewedNameOfOneSubjectIsTheSameUser) {
  const TestUser renewed("1800001000:alice", "new", "example.org");
  AddUser(renewed, "alice");
  AllocateUdp();
  EXPECT_EQ(Ask(renewed, TurnRequest(Method::kCreatePermission, 2).Peer("192.0.2.99:0")),
            (Lines{"lookup 1800001000:alice"} + Success("CreatePermission", 2)));
}

// CR-28
TEST_F(AuthenticationTest, AuthenticationComesBeforeTheMissingAllocation) {
  EXPECT_EQ(Send(Refresh()), Challenge(401));
  EXPECT_EQ(Ask(Refresh()), Lines{"lookup alice"} + Refusal("Refresh", 2, 437));
}

// ST-18
TEST_F(AuthenticationTest, TheLongestUsernameIsLookedUp) {
  const TestUser longest(std::string(stun::kMaxUsernameSize, 'a'), "x", "example.org");
  EXPECT_EQ(Ask(longest, Refresh()), Lines{"lookup " + std::string(stun::kMaxUsernameSize, 'a')} +
                                         Judged("unknown user", 401));
  const TestUser longer(std::string(stun::kMaxUsernameSize + 1, 'a'), "x", "example.org");
  EXPECT_EQ(Ask(longer, Refresh()), Unprotected(400));
}

// RE-03: a password made with the secret that is being rotated out, answered with its key.
TEST_F(AuthenticationTest, AnOlderKeyOfTheUserIsGoodAndProtectsTheAnswer) {
  auto credential = std::make_shared<auth::Credential>(*effects.users["alice"]);
  credential->keys.md5 = auth::DeriveMd5Key("alice", "newer", "example.org");
  credential->older_keys.resize(2);
  credential->older_keys[1].md5 = alice.key;
  effects.users["alice"] = credential;
  EXPECT_EQ(Ask(Refresh()), Lines{"lookup alice"} + Refusal("Refresh", 2, 437));
}

// CR-19: a user of whom only a SHA-256 key is known cannot be verified under MD5.
TEST_F(AuthenticationTest, AUserWithoutAnMd5KeyIs401) {
  auto credential = std::make_shared<auth::Credential>(*effects.users["alice"]);
  credential->keys = {};
  credential->keys.sha256 = auth::Sha256Key{};
  effects.users["alice"] = credential;
  EXPECT_EQ(Ask(Refresh()), Lines{"lookup alice"} + Judged("wrong integrity", 401));
}

// The design: a store that cannot be asked is 500, for clients retry then.
TEST_F(AuthenticationTest, AStoreOutOfReachIs500) {
  effects.users["alice"] = nullptr;
  effects.refusal = auth::Refusal::kProviderDown;
  EXPECT_EQ(Ask(Refresh()), (Lines{"lookup alice", "refused: provider down"} + Unprotected(500)));
}

// RE-02
TEST_F(AuthenticationTest, BarredAndExpiredUsersAre401) {
  effects.users["alice"] = nullptr;
  effects.refusal = auth::Refusal::kBarred;
  EXPECT_EQ(Ask(Refresh()), Lines{"lookup alice"} + Judged("barred", 401));
  effects.refusal = auth::Refusal::kExpired;
  EXPECT_EQ(Ask(Refresh()), Lines{"lookup alice"} + Judged("expired", 401));
}

// The session remembers who it talks to.
TEST_F(AuthenticationTest, TheSameUserIsLookedUpOnce) {
  EXPECT_EQ(Ask(Refresh(2)), Lines{"lookup alice"} + Refusal("Refresh", 2, 437));
  EXPECT_EQ(Ask(Refresh(3)), Refusal("Refresh", 3, 437));
  ASSERT_NE(session().credential(), nullptr);
  EXPECT_EQ(session().credential()->username, "alice");
  EXPECT_EQ(effects.credentials_good(), 2);
}

// AL-22, RE-02: beyond its expiry a credential is asked for again, and refused.
TEST_F(AuthenticationTest, AnExpiredCredentialIsLookedUpAgain) {
  AddUser(alice, "alice", clock.now().wall + seconds{10});
  Ask(Refresh());
  clock.Advance(seconds{10});
  EXPECT_EQ(Ask(Refresh()), Lines{"lookup alice"} + Judged("expired", 401));
  AddUser(alice, "alice", clock.now().wall + seconds{10});
  EXPECT_EQ(Ask(Refresh()), Lines{"lookup alice"} + Refusal("Refresh", 2, 437));
}

// A user who was withdrawn may not come back on what the session remembers.
TEST_F(AuthenticationTest, AWithdrawnUserIsForgotten) {
  AllocateUdp();
  effects.users.erase("alice");
  session().End(EndReason::kCredentialExpired, clock.now());
  EXPECT_EQ(effects.Take(), (Lines{"close relay v4", "release", "ended credential_expired"}));
  EXPECT_EQ(Ask(Refresh()), Lines{"lookup alice"} + Judged("unknown user", 401));
}

// CR-30, ST-02, SD-11: what nobody may send here is passed over.
TEST_F(AuthenticationTest, WrongClassesAndMethodsMeetSilence) {
  const auto send = [this](Method method, Class message_class) {
    return Send(TurnRequest(method, 2, message_class));
  };
  const Lines malformed{"drop malformed"};
  EXPECT_EQ(send(Method::kAllocate, Class::kIndication), malformed);
  EXPECT_EQ(send(Method::kSend, Class::kRequest), malformed);
  EXPECT_EQ(send(Method::kSend, Class::kIndication), malformed);
  EXPECT_EQ(send(Method::kData, Class::kIndication), malformed);
  EXPECT_EQ(send(Method::kConnectionAttempt, Class::kIndication), malformed);
  EXPECT_EQ(send(Method::kRefresh, Class::kSuccess), malformed);
  EXPECT_EQ(send(Method::kRefresh, Class::kError), malformed);
  EXPECT_EQ(send(static_cast<Method>(0x0ff), Class::kRequest), Lines{"drop unknown_method"});
  EXPECT_EQ(Send(Refresh()), Challenge(401));  // and the session goes on
}

// stun-only
TEST_F(AuthenticationTest, AServerThatOnlySpeaksStunPassesTurnOver) {
  settings.stun_only = true;
  EXPECT_EQ(Send(Refresh()), Lines{"drop unknown_method"});
}

// ST-26
TEST_F(AuthenticationTest, AChallengeWithLongNamesStaysBelowFiveHundredFortyEightBytes) {
  settings.realms = Realms(std::string(128, 'r'));
  settings.software = std::string(400, 's');
  Send(Refresh().Fingerprint());
  EXPECT_LE(effects.last_reply().size(), 548u);
  EXPECT_FALSE(stun::Message::Parse(effects.last_reply())->Has(AttributeType::kSoftware));
  EXPECT_TRUE(stun::Message::Parse(effects.last_reply())->Has(AttributeType::kNonce));
}

// ST-03
TEST_F(AuthenticationTest, TheAnswerRepeatsMethodAndTransactionId) {
  TurnRequest request(Method::kRefresh, 0xdeadbeef);
  Send(request);
  const auto reply = stun::Message::Parse(effects.last_reply());
  EXPECT_EQ(reply->method(), Method::kRefresh);
  EXPECT_EQ(reply->message_class(), Class::kError);
  EXPECT_EQ(reply->transaction_id(), stun::Message::Parse(request.bytes())->transaction_id());
}

}  // namespace
}  // namespace culvert::turn
