#include "server/stun/integrity.h"

#include <gtest/gtest.h>

#include <string>

#include "server/stun/builder.h"
#include "server/stun/message.h"
#include "tests/stun/test_bytes.h"

namespace culvert::stun {
namespace {

constexpr TransactionId kId = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

Bytes Signed(IntegrityKind kind, ByteView key) {
  Bytes buffer(256);
  Builder builder(buffer, Class::kRequest, Method::kAllocate, kId);
  builder.AddText(AttributeType::kUsername, "alice");
  builder.AddText(AttributeType::kRealm, "example.org");
  builder.AddIntegrity(kind, key);
  const ByteView message = builder.Finish();
  return {message.begin(), message.end()};
}

TEST(IntegrityTest, HmacSha1AgreesWithRfc2202) {
  EXPECT_EQ(ToHex(HmacSha1(Bytes(20, 0x0b), AsBytes("Hi There"))),
            "b617318655057264e28bc0b6fb378c8ef146be00");
  EXPECT_EQ(ToHex(HmacSha1(AsBytes("Jefe"), AsBytes("what do ya want for nothing?"))),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  EXPECT_EQ(ToHex(HmacSha1(Bytes(80, 0xaa),
                           AsBytes("Test Using Larger Than Block-Size Key - Hash Key First"))),
            "aa4ae5e15272d00e95705637ce8a3b55ed402112");
}

TEST(IntegrityTest, HmacSha256AgreesWithRfc4231) {
  EXPECT_EQ(ToHex(HmacSha256(Bytes(20, 0x0b), AsBytes("Hi There"))),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(ToHex(HmacSha256(AsBytes("Jefe"), AsBytes("what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(ToHex(HmacSha256(Bytes(131, 0xaa),
                             AsBytes("Test Using Larger Than Block-Size Key - Hash Key First"))),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(IntegrityTest, TwoPartsHashLikeTheWhole) {
  const std::string text(200, 'x');
  for (const size_t cut : {0, 1, 20, 63, 64, 65, 200}) {
    const ByteView whole = AsBytes(text);
    EXPECT_EQ(HmacSha1(AsBytes("k"), whole.first(cut), whole.subspan(cut)),
              HmacSha1(AsBytes("k"), whole));
    EXPECT_EQ(HmacSha256(AsBytes("k"), whole.first(cut), whole.subspan(cut)),
              HmacSha256(AsBytes("k"), whole));
  }
}

TEST(IntegrityTest, AKeyOfOneBlockIsUsedAsItIsAndALongerOneIsHashed) {
  // RFC 2104 section 2: zeros behind a key that does not fill the block change nothing.
  Bytes padded = Bytes(10, 0x55);
  padded.resize(64);
  EXPECT_EQ(HmacSha1(padded, AsBytes("text")), HmacSha1(Bytes(10, 0x55), AsBytes("text")));
  padded.resize(65);
  EXPECT_NE(HmacSha1(padded, AsBytes("text")), HmacSha1(Bytes(10, 0x55), AsBytes("text")));
}

TEST(IntegrityTest, OnlyTheRightKeyAndKindVerify) {
  for (const IntegrityKind kind : {IntegrityKind::kSha1, IntegrityKind::kSha256}) {
    const Bytes bytes = Signed(kind, AsBytes("secret"));
    const Message message = MustParse(bytes);
    EXPECT_TRUE(VerifyIntegrity(message, kind, AsBytes("secret")));
    EXPECT_FALSE(VerifyIntegrity(message, kind, AsBytes("Secret")));
    EXPECT_FALSE(VerifyIntegrity(message, kind, {}));
    const auto other = kind == IntegrityKind::kSha1 ? IntegrityKind::kSha256 : IntegrityKind::kSha1;
    EXPECT_FALSE(VerifyIntegrity(message, other, AsBytes("secret")));
  }
}

TEST(IntegrityTest, AnEmptyKeyVerifiesWhatItSigned) {
  const Bytes bytes = Signed(IntegrityKind::kSha1, {});
  EXPECT_TRUE(VerifyIntegrity(MustParse(bytes), IntegrityKind::kSha1, {}));
}

TEST(IntegrityTest, AMessageWithoutIntegrityNeverVerifies) {
  const Bytes bytes = RawMessage(0x0003, {});
  EXPECT_FALSE(VerifyIntegrity(MustParse(bytes), IntegrityKind::kSha1, AsBytes("key")));
  EXPECT_FALSE(VerifyIntegrity(MustParse(bytes), IntegrityKind::kSha256, AsBytes("key")));
}

TEST(IntegrityTest, AnyFlippedBitIsNoticed) {
  for (const IntegrityKind kind : {IntegrityKind::kSha1, IntegrityKind::kSha256}) {
    const Bytes right = Signed(kind, AsBytes("secret"));
    int verified = 0;
    for (size_t bit = 0; bit < right.size() * 8; ++bit) {
      Bytes bytes = right;
      bytes[bit / 8] ^= static_cast<uint8_t>(1u << bit % 8);
      const auto message = Message::Parse(bytes);
      if (message.ok() && VerifyIntegrity(*message, kind, AsBytes("secret"))) ++verified;
    }
    EXPECT_EQ(verified, 0);
  }
}

TEST(IntegrityTest, WhatFollowsTheAttributeDoesNotChangeIt) {
  Bytes bytes = Signed(IntegrityKind::kSha1, AsBytes("secret"));
  for (const Bytes& more : {Attribute(0x001c, std::string(64, '0')), Attribute(0x7f00, "01")}) {
    bytes.insert(bytes.end(), more.begin(), more.end());
    RepairLength(&bytes);
    EXPECT_TRUE(VerifyIntegrity(MustParse(bytes), IntegrityKind::kSha1, AsBytes("secret")));
  }
}

Bytes WithSha256Integrity(size_t size) {
  Bytes bytes = RawMessage(0x0003, {Attribute(0x001c, ByteView(Bytes(size)))});
  const Sha256Digest digest = HmacSha256(AsBytes("key"), ByteView(bytes).first(kHeaderSize));
  std::copy_n(digest.begin(), std::min(size, digest.size()),
              bytes.begin() + kHeaderSize + kAttributeHeaderSize);
  return bytes;
}

// RFC 8489 section 14.6 lets a usage take it cut to 16 bytes or more, in steps of 4; TURN does not.
TEST(IntegrityTest, TruncatedSha256IntegrityIsForThoseWhoAskForIt) {
  for (const size_t size : {0, 12, 15, 16, 18, 20, 24, 28, 32, 36}) {
    const Bytes bytes = WithSha256Integrity(size);
    const Message message = MustParse(bytes);
    const auto verifies = [&](size_t least) {
      return VerifyIntegrity(message, IntegrityKind::kSha256, AsBytes("key"), least);
    };
    EXPECT_EQ(verifies(kSha256Size), size == 32) << size;
    EXPECT_EQ(verifies(24), size == 24 || size == 28 || size == 32) << size;
    EXPECT_EQ(verifies(0), size >= 16 && size <= 32 && size % 4 == 0) << size;
  }
}

TEST(IntegrityTest, AWrongByteOfATruncatedSha256IntegrityIsFound) {
  for (size_t at = 0; at < 16; ++at) {
    Bytes bytes = WithSha256Integrity(16);
    bytes[kHeaderSize + kAttributeHeaderSize + at] ^= 1;
    EXPECT_FALSE(VerifyIntegrity(MustParse(bytes), IntegrityKind::kSha256, AsBytes("key"), 16))
        << at;
  }
}

TEST(IntegrityTest, MessageIntegrityOfAnotherSizeIsRefused) {
  for (const size_t size : {0, 16, 19, 21, 24}) {
    Bytes bytes = RawMessage(0x0003, {Attribute(0x0008, ByteView(Bytes(size)))});
    const Sha1Digest digest = HmacSha1(AsBytes("key"), ByteView(bytes).first(kHeaderSize));
    std::copy_n(digest.begin(), std::min(size, digest.size()),
                bytes.begin() + kHeaderSize + kAttributeHeaderSize);
    EXPECT_FALSE(VerifyIntegrity(MustParse(bytes), IntegrityKind::kSha1, AsBytes("key"))) << size;
  }
}

TEST(IntegrityTest, FingerprintIsCrc32WithAMask) {
  // 0xcbf43926 is the check value of this CRC-32 in every catalogue.
  EXPECT_EQ(Fingerprint(AsBytes("123456789")), 0xcbf43926u ^ 0x5354554eu);
  EXPECT_EQ(Fingerprint({}), 0x5354554eu);
}

TEST(IntegrityTest, EqualMeansSameSizeAndSameBytes) {
  EXPECT_TRUE(EqualInConstantTime({}, {}));
  EXPECT_TRUE(EqualInConstantTime(AsBytes("abc"), AsBytes("abc")));
  EXPECT_FALSE(EqualInConstantTime(AsBytes("abc"), AsBytes("abd")));
  EXPECT_FALSE(EqualInConstantTime(AsBytes("abc"), AsBytes("abcd")));
  EXPECT_FALSE(EqualInConstantTime(AsBytes("abc"), {}));
}

}  // namespace
}  // namespace culvert::stun
