#include "auth/keys.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "auth/hex.h"
#include "server/stun/integrity.h"
#include "server/stun/message.h"

namespace culvert::auth {
namespace {

std::vector<uint8_t> FromHex(std::string_view hex) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

// The subscriber of the vectors that were computed for this project (with Python's hashlib and
// hmac).
constexpr std::string_view kUser = "user1_private@home1.net";
constexpr std::string_view kHome = "home1.net";
constexpr std::string_view kPassword = "secret-password";
constexpr std::string_view kHa1 = "96e72903d0fff6c72008061c92eccf7a";

// RFC 5769 section 2.4: MATORIKKUSU in katakana.
constexpr std::string_view kKatakana =
    "\xe3\x83\x9e\xe3\x83\x88\xe3\x83\xaa\xe3\x83\x83\xe3\x82\xaf\xe3\x82\xb9";

bool Verifies(std::string_view message_hex, stun::IntegrityKind kind, ByteView key) {
  const std::vector<uint8_t> bytes = FromHex(message_hex);
  const auto message = stun::Message::Parse(bytes);
  return message.ok() && stun::VerifyIntegrity(*message, kind, key);
}

TEST(KeysTest, Md5KeyIsThatOfRfc8489Section9_2_2) {
  EXPECT_EQ(Hex(DeriveMd5Key("user", "realm", "pass")), "8493fbc53ba582fb4c044c456bdc40eb");
}

TEST(KeysTest, Md5KeyIsThatOfRfc5769Section2_4) {
  EXPECT_EQ(Hex(DeriveMd5Key(kKatakana, "example.org", "TheMatrIX")),
            "e8ca7ad59d5eb0518e312911d2dab2a9");
}

TEST(KeysTest, Sha256KeyIsThatOfRfc8489AppendixB1) {
  // The key of that vector is right; its message is not (header length), so the message is not
  // used.
  EXPECT_EQ(Hex(DeriveSha256Key(kKatakana, "example.org", "TheMatrIX")),
            "dd295a613b9058c3c23d6dc7165bda072304d989c9d0af3a8c7e184b4f9bb4a1");
}

TEST(KeysTest, Md5KeyIsTheSipDigestHa1) {
  EXPECT_EQ(Hex(DeriveMd5Key(kUser, kHome, kPassword)), kHa1);
}

TEST(KeysTest, BothKeysComeTogether) {
  const IntegrityKeys keys = DeriveKeys(kUser, kHome, kPassword);
  ASSERT_TRUE(keys.md5 && keys.sha256);
  EXPECT_EQ(Hex(*keys.md5), kHa1);
  EXPECT_EQ(Hex(*keys.sha256), "ea4c6e4b6cc38aaacaf34d418746b157c1bc1fb91bb6a088919aa76953f2eb87");
}

TEST(KeysTest, EmptyPartsKeepTheirColons) {
  // md5sum and sha256sum of "::".
  EXPECT_EQ(Hex(DeriveMd5Key("", "", "")), "4501c091b0366d76ea3218b6cfdd8097");
  EXPECT_EQ(Hex(DeriveSha256Key("", "", "")),
            "71546855d6279ef70d20909b292c42c2dcb02cd06bde01485da52d13e304ebf4");
}

TEST(KeysTest, Rfc5769LongTermRequestVerifiesUnderTheDerivedKey) {
  constexpr std::string_view kMessage =
      "000100602112a44278ad3433c6ad72c029da412e00060012e3839ee38388e383aae38383e382afe382b90000"
      "0015001c662f2f3439396b39353464364f4c33346f4c394653547679363473410014000b6578616d706c652e"
      "6f72670000080014f67024656dd64a3e02b8e0712e85c9a28ca89666";
  const Md5Key key = DeriveMd5Key(kKatakana, "example.org", "TheMatrIX");
  EXPECT_TRUE(Verifies(kMessage, stun::IntegrityKind::kSha1, key));
  const Md5Key other = DeriveMd5Key(kKatakana, "example.org", "TheMatrIx");
  EXPECT_FALSE(Verifies(kMessage, stun::IntegrityKind::kSha1, other));
}

TEST(KeysTest, Md5KeyProtectsWithHmacSha256WhenTheAttributeSaysSo) {
  constexpr std::string_view kAllocate =
      "0003008c2112a442b7e7a701bc34d686fa87dfae00190004060000000006001775736572315f707269766174"
      "6540686f6d65312e6e65740000140009686f6d65312e6e65740000000015001d6f624d61744a6f7332674141"
      "41303132333435363738396162636465660000008002000400010000001d000400010000001c00200e231afc"
      "c53cce83f9168278b7024996ea23093a199c1bb95725ee09d65d1b65";
  EXPECT_TRUE(Verifies(kAllocate, stun::IntegrityKind::kSha256, *ParseMd5Key(kHa1)));
}

TEST(KeysTest, OldStyleConnectionBindVerifiesUnderHa1) {
  constexpr std::string_view kConnectionBind =
      "000b00682112a442b7e7a701bc34d686fa87dfae002a00045a17c3d90006001775736572315f707269766174"
      "6540686f6d65312e6e65740000140009686f6d65312e6e657400000000150010616263646566303132333435"
      "36373839000800148b40f97eb2e77474c5b855c4d1c3ccb89d10a6db802800045ebd829f";
  EXPECT_TRUE(Verifies(kConnectionBind, stun::IntegrityKind::kSha1, *ParseMd5Key(kHa1)));
}

TEST(KeysTest, Sha256KeyProtectsAnAnonymousAllocate) {
  constexpr std::string_view kAllocate =
      "000300982112a442b7e7a701bc34d686fa87dfae0019000411000000001e002013d9ad0675dd9c52f34c65b1"
      "4410bd3ea8c6d7e3c6a92d675b30a82f6cb51dfa00140009686f6d65312e6e65740000000015001d6f624d61"
      "744a6f73327741414130313233343536373839616263646566000000800200080002000000010000001d0004"
      "00020000001c002018386a5fff7de18f104420e56cb64df7b5846655e16619b0c7e4f72a9f4c2ed3";
  EXPECT_TRUE(
      Verifies(kAllocate, stun::IntegrityKind::kSha256, DeriveSha256Key(kUser, kHome, kPassword)));
}

TEST(KeysTest, StoredKeysAreReadWithAndWithoutPrefixInEitherCase) {
  const Md5Key key = DeriveMd5Key(kUser, kHome, kPassword);
  EXPECT_EQ(ParseMd5Key(kHa1), key);
  EXPECT_EQ(ParseMd5Key("0x96e72903d0fff6c72008061c92eccf7a"), key);
  EXPECT_EQ(ParseMd5Key("0X96E72903D0FFF6C72008061C92ECCF7A"), key);
}

TEST(KeysTest, WhatIsNot32HexDigitsIsNoStoredKey) {
  for (const std::string_view text :
       {"", "0x", "96e72903d0fff6c72008061c92eccf7", "96e72903d0fff6c72008061c92eccf7a0",
        "0x96e72903d0fff6c72008061c92eccf7", "0x0x96e72903d0fff6c72008061c92eccf",
        "96e72903d0fff6c72008061c92eccf7g", "96e72903d0fff6c72008061c92eccf7 ",
        "-6e72903d0fff6c72008061c92eccf7a"}) {
    EXPECT_EQ(ParseMd5Key(text), std::nullopt) << text;
  }
}

TEST(KeysTest, EphemeralPasswordIsThatOfTheTurnRestApi) {
  EXPECT_EQ(EphemeralPassword("north", "1700000000:alice").view(), "Cd/49soE35ICqcJF/bCTn8Z4OyE=");
}

}  // namespace
}  // namespace culvert::auth
