#include "server/stun/builder.h"

#include <gtest/gtest.h>

#include <array>
#include <numeric>
#include <string>
#include <vector>

#include "server/stun/message.h"
#include "tests/stun/test_bytes.h"

namespace culvert::stun {
namespace {

constexpr TransactionId kId = {0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34,
                               0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae};
constexpr size_t kHexOfHeader = 2 * kHeaderSize;

// What `add` puts behind the header, in hexadecimal. The buffer is full of 0xee before.
template <typename Add>
std::string Built(Add add) {
  Bytes buffer(512, 0xee);
  Builder builder(buffer, Class::kSuccess, Method::kAllocate, kId);
  add(builder);
  EXPECT_FALSE(builder.overflowed());
  const ByteView message = builder.Finish();
  EXPECT_EQ(LoadBig16(message.data() + 2), message.size() - kHeaderSize);
  EXPECT_EQ(message.size(), builder.size());
  return ToHex(message).substr(kHexOfHeader);
}

TEST(BuilderTest, AMessageWithoutAttributesIsAHeader) {
  Bytes buffer(20, 0xee);
  Builder builder(buffer, Class::kError, Method::kAllocate, kId);
  EXPECT_EQ(ToHex(builder.Finish()), "011300002112a442b7e7a701bc34d686fa87dfae");
}

TEST(BuilderTest, EveryClassAndMethodComesBackFromTheParser) {
  for (uint16_t method = 0; method <= 0xfff; ++method) {
    for (const Class c : {Class::kRequest, Class::kIndication, Class::kSuccess, Class::kError}) {
      Bytes buffer(20);
      Builder builder(buffer, c, static_cast<Method>(method), kId);
      const auto message = Message::Parse(builder.Finish());
      ASSERT_TRUE(message.ok());
      ASSERT_EQ(message->message_class(), c);
      ASSERT_EQ(static_cast<uint16_t>(message->method()), method);
    }
  }
}

TEST(BuilderTest, ValuesArePaddedWithZeroAndCountedWithoutPadding) {
  EXPECT_EQ(Built([](Builder& b) { b.AddText(AttributeType::kUsername, ""); }), "00060000");
  EXPECT_EQ(Built([](Builder& b) { b.AddText(AttributeType::kUsername, "a"); }),
            "0006000161000000");
  EXPECT_EQ(Built([](Builder& b) { b.AddText(AttributeType::kUsername, "ab"); }),
            "0006000261620000");
  EXPECT_EQ(Built([](Builder& b) { b.AddText(AttributeType::kUsername, "abc"); }),
            "0006000361626300");
  EXPECT_EQ(Built([](Builder& b) { b.AddText(AttributeType::kUsername, "abcd"); }),
            "0006000461626364");
}

TEST(BuilderTest, NumbersAreBigEndian) {
  EXPECT_EQ(Built([](Builder& b) { b.AddUint32(AttributeType::kLifetime, 0x01020304); }),
            "000d000401020304");
  EXPECT_EQ(
      Built([](Builder& b) { b.AddUint64(AttributeType::kReservationToken, 0x0102030405060708); }),
      "002200080102030405060708");
  EXPECT_EQ(Built([](Builder& b) { b.AddChannelNumber(0x4fff); }), "000c00044fff0000");
  EXPECT_EQ(Built([](Builder& b) { b.AddEmpty(AttributeType::kDontFragment); }), "001a0000");
}

TEST(BuilderTest, AddressesAreXoredWithCookieAndTransactionId) {
  EXPECT_EQ(Built([](Builder& b) {
              b.AddXorAddress(AttributeType::kXorMappedAddress,
                              *Endpoint::Parse("192.0.2.1:32853"));
            }),
            "002000080001a147e112a643");
  EXPECT_EQ(Built([](Builder& b) {
              b.AddXorAddress(AttributeType::kXorPeerAddress,
                              *Endpoint::Parse("[2001:db8:1234:5678:11:2233:4455:6677]:32853"));
            }),
            "001200140002a1470113a9faa5d3f179bc25f4b5bed2b9d9");
}

TEST(BuilderTest, PlainAddressesAreNotXored) {
  EXPECT_EQ(Built([](Builder& b) {
              b.AddPlainAddress(AttributeType::kAlternateServer,
                                *Endpoint::Parse("192.0.2.1:3478"));
            }),
            "8023000800010d96c0000201");
  EXPECT_EQ(Built([](Builder& b) {
              b.AddPlainAddress(AttributeType::kAlternateServer,
                                *Endpoint::Parse("[2001:db8::1]:3478"));
            }),
            "8023001400020d9620010db8000000000000000000000001");
}

TEST(BuilderTest, ErrorsCarryClassNumberAndReason) {
  EXPECT_EQ(Built([](Builder& b) { b.AddErrorCode(ErrorCode::kStaleNonce); }),
            "0009000f000004265374616c65204e6f6e636500");
  EXPECT_EQ(Built([](Builder& b) { b.AddErrorCode(ErrorCode::kTryAlternate); }),
            "00090011000003005472792"
            "0416c7465726e617465000000");
  EXPECT_EQ(Built([](Builder& b) {
              b.AddAddressErrorCode(kFamilyIPv6, ErrorCode::kInsufficientCapacity);
            }),
            "80010019"
            "02000508" +
                ToHex(AsBytes("Insufficient Capacity")) + "000000");
}

TEST(BuilderTest, UnknownAttributesAreListedWithoutRepeatingTheLast) {
  constexpr std::array<uint16_t, 3> kTypes = {0x7f00, 0x001e, 0x0003};
  EXPECT_EQ(Built([&](Builder& b) { b.AddUnknownAttributes(std::span(kTypes).first(1)); }),
            "000a00027f000000");
  EXPECT_EQ(Built([&](Builder& b) { b.AddUnknownAttributes(std::span(kTypes).first(2)); }),
            "000a00047f00001e");
  EXPECT_EQ(Built([&](Builder& b) { b.AddUnknownAttributes(kTypes); }), "000a00067f00001e00030000");
}

TEST(BuilderTest, IcmpIsReservedTypeCodeData) {
  EXPECT_EQ(Built([](Builder& b) { b.AddIcmp(3, 4, 1400); }),
            "8004000800000304"
            "00000578");
}

TEST(BuilderTest, ReservedRoomIsTheCallersToFill) {
  EXPECT_EQ(Built([](Builder& b) {
              const MutableBytes room = b.Reserve(AttributeType::kData, 5);
              ASSERT_EQ(room.size(), 5u);
              std::iota(room.begin(), room.end(), uint8_t{1});
            }),
            "001300050102030405000000");
}

TEST(BuilderTest, FinishMayBeCalledBetween) {
  Bytes buffer(64);
  Builder builder(buffer, Class::kRequest, Method::kBinding, kId);
  EXPECT_EQ(builder.Finish().size(), 20u);
  builder.AddUint32(AttributeType::kLifetime, 1);
  EXPECT_EQ(ToHex(builder.Finish()), "000100082112a442b7e7a701bc34d686fa87dfae000d000400000001");
}

TEST(BuilderTest, ABufferSmallerThanAHeaderOverflows) {
  for (size_t size = 0; size < kHeaderSize; ++size) {
    Bytes buffer(size + 1, 0xee);
    Builder builder(MutableBytes(buffer).first(size), Class::kRequest, Method::kBinding, kId);
    builder.AddUint32(AttributeType::kLifetime, 1);
    builder.AddIntegrity(IntegrityKind::kSha1, AsBytes("key"));
    builder.AddFingerprint();
    EXPECT_TRUE(builder.overflowed());
    EXPECT_TRUE(builder.Finish().empty());
    EXPECT_EQ(buffer, Bytes(size + 1, 0xee));
  }
}

// Builds one attribute by `add` into buffers of each size up to the one that it needs.
template <typename Add>
void ExpectFitsFrom(size_t needed, Add add) {
  for (size_t size = kHeaderSize; size <= needed; ++size) {
    Bytes buffer(needed + 8, 0xee);
    Builder builder(MutableBytes(buffer).first(size), Class::kRequest, Method::kBinding, kId);
    add(builder);
    EXPECT_EQ(builder.overflowed(), size < needed) << size;
    EXPECT_EQ(builder.Finish().size(), size < needed ? 0 : needed) << size;
    for (size_t i = size; i < buffer.size(); ++i) ASSERT_EQ(buffer[i], 0xee) << "byte " << i;
  }
}

TEST(BuilderTest, NothingIsWrittenBeyondTheBuffer) {
  const Endpoint v4 = *Endpoint::Parse("192.0.2.1:1");
  const Endpoint v6 = *Endpoint::Parse("[2001:db8::1]:1");
  constexpr std::array<uint16_t, 3> kTypes = {1, 2, 3};
  ExpectFitsFrom(24, [](Builder& b) { b.AddEmpty(AttributeType::kDontFragment); });
  ExpectFitsFrom(32, [](Builder& b) { b.AddText(AttributeType::kSoftware, "abcde"); });
  ExpectFitsFrom(28, [](Builder& b) { b.AddUint32(AttributeType::kLifetime, 1); });
  ExpectFitsFrom(32, [](Builder& b) { b.AddUint64(AttributeType::kReservationToken, 1); });
  ExpectFitsFrom(32, [&](Builder& b) { b.AddXorAddress(AttributeType::kXorPeerAddress, v4); });
  ExpectFitsFrom(44, [&](Builder& b) { b.AddXorAddress(AttributeType::kXorPeerAddress, v6); });
  ExpectFitsFrom(32, [&](Builder& b) { b.AddPlainAddress(AttributeType::kAlternateServer, v4); });
  ExpectFitsFrom(44, [&](Builder& b) { b.AddPlainAddress(AttributeType::kAlternateServer, v6); });
  ExpectFitsFrom(40, [](Builder& b) { b.AddErrorCode(ErrorCode::kStaleNonce); });
  ExpectFitsFrom(40, [](Builder& b) { b.AddAddressErrorCode(2, ErrorCode::kStaleNonce); });
  ExpectFitsFrom(32, [&](Builder& b) { b.AddUnknownAttributes(kTypes); });
  ExpectFitsFrom(28, [](Builder& b) { b.AddChannelNumber(0x4000); });
  ExpectFitsFrom(32, [](Builder& b) { b.AddIcmp(3, 3, 0); });
  ExpectFitsFrom(44, [](Builder& b) { b.AddIntegrity(IntegrityKind::kSha1, AsBytes("key")); });
  ExpectFitsFrom(56, [](Builder& b) { b.AddIntegrity(IntegrityKind::kSha256, AsBytes("key")); });
  ExpectFitsFrom(28, [](Builder& b) { b.AddFingerprint(); });
}

TEST(BuilderTest, AfterAnOverflowSmallerAttributesAreLeftOutToo) {
  Bytes buffer(32);
  Builder builder(buffer, Class::kRequest, Method::kBinding, kId);
  builder.AddText(AttributeType::kSoftware, "does not fit");
  builder.AddUint32(AttributeType::kLifetime, 1);
  EXPECT_EQ(builder.size(), kHeaderSize);
  EXPECT_TRUE(builder.Finish().empty());
}

TEST(BuilderTest, ValuesWhoseSizeNoHeaderHoldsOverflow) {
  Bytes buffer(kMaxMessageSize + 1000);
  const Bytes value(0x10000);
  Builder builder(buffer, Class::kRequest, Method::kBinding, kId);
  builder.Add(AttributeType::kData, value);
  EXPECT_TRUE(builder.overflowed());
  Builder huge(buffer, Class::kRequest, Method::kBinding, kId);
  EXPECT_TRUE(huge.Reserve(AttributeType::kData, SIZE_MAX).empty());
  EXPECT_TRUE(huge.overflowed());
}

TEST(BuilderTest, TheLargestMessageIsBuiltAndParsed) {
  Bytes buffer(kMaxMessageSize + 1000);
  const Bytes value(0xfff8, 0x61);
  Builder builder(buffer, Class::kIndication, Method::kSend, kId);
  builder.Add(AttributeType::kData, value);
  const ByteView message = builder.Finish();
  ASSERT_EQ(message.size(), 20u + 0xfffc);
  const auto parsed = Message::Parse(message);
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->Find(AttributeType::kData)->size(), 0xfff8u);

  builder.AddEmpty(AttributeType::kDontFragment);
  EXPECT_TRUE(builder.overflowed());
}

TEST(BuilderTest, IntegrityAndFingerprintAreRightForTheParser) {
  Bytes buffer(256, 0xee);
  Builder builder(buffer, Class::kRequest, Method::kRefresh, kId);
  builder.AddText(AttributeType::kUsername, "alice");
  builder.AddIntegrity(IntegrityKind::kSha1, AsBytes("one key"));
  builder.AddIntegrity(IntegrityKind::kSha256, AsBytes("another"));
  builder.AddFingerprint();
  const auto message = Message::Parse(builder.Finish());
  ASSERT_TRUE(message.ok()) << ParseErrorName(message.error());
  EXPECT_TRUE(VerifyIntegrity(*message, IntegrityKind::kSha1, AsBytes("one key")));
  EXPECT_TRUE(VerifyIntegrity(*message, IntegrityKind::kSha256, AsBytes("another")));
  EXPECT_TRUE(message->has_fingerprint());
}

}  // namespace
}  // namespace culvert::stun
