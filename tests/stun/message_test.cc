#include "server/stun/message.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>
#include <vector>

#include "tests/stun/naive_message.h"
#include "tests/stun/test_bytes.h"

namespace culvert::stun {
namespace {

constexpr char kAnySha1[] = "0000000000000000000000000000000000000000";
constexpr char kAnySha256[] = "0000000000000000000000000000000000000000000000000000000000000000";

void ExpectRefused(const Bytes& bytes, ParseError error) {
  const auto message = Message::Parse(bytes);
  ASSERT_FALSE(message.ok());
  EXPECT_STREQ(ParseErrorName(message.error()), ParseErrorName(error));
}

std::string HexOf(const std::optional<ByteView>& value) {
  return value ? ToHex(*value) : "absent";
}

std::vector<std::string> HexOfEach(const Message& message, AttributeType type) {
  std::vector<std::string> values;
  message.ForEach(type, [&](ByteView value) { values.push_back(ToHex(value)); });
  return values;
}

std::vector<uint16_t> Unknown(const Message& message) {
  return {message.unknown_required().begin(), message.unknown_required().end()};
}

// A right FINGERPRINT behind `message`, computed by the slow twin.
Bytes WithFingerprint(Bytes message) {
  const Bytes empty = Attribute(0x8028, "00000000");
  message.insert(message.end(), empty.begin(), empty.end());
  RepairLength(&message);
  StoreBig32(message.data() + message.size() - 4,
             NaiveFingerprint(ByteView(message).first(message.size() - 8)));
  return message;
}

TEST(MessageTest, ABareHeaderIsAMessageWithoutAttributes) {
  const Bytes bytes = Hex("0001 0000 2112a442 0102030405060708090a0b0c");
  const Message message = MustParse(bytes);
  EXPECT_EQ(message.message_class(), Class::kRequest);
  EXPECT_EQ(message.method(), Method::kBinding);
  EXPECT_EQ(ToHex(message.transaction_id()), "0102030405060708090a0b0c");
  EXPECT_EQ(message.bytes().data(), bytes.data());
  EXPECT_EQ(message.bytes().size(), 20u);
  EXPECT_TRUE(message.unknown_required().empty());
  EXPECT_EQ(message.integrity_offset(), 0u);
  EXPECT_EQ(message.integrity_sha256_offset(), 0u);
  EXPECT_FALSE(message.has_fingerprint());
  EXPECT_FALSE(message.Has(AttributeType::kUsername));
}

TEST(MessageTest, ClassAndMethodAreInterleavedInTheType) {
  struct Case {
    uint16_t type;
    Class message_class;
    uint16_t method;
  };
  for (const Case& c :
       {Case{0x0001, Class::kRequest, 0x001}, Case{0x0011, Class::kIndication, 0x001},
        Case{0x0101, Class::kSuccess, 0x001}, Case{0x0111, Class::kError, 0x001},
        Case{0x0016, Class::kIndication, 0x006}, Case{0x0118, Class::kError, 0x008},
        Case{0x010b, Class::kSuccess, 0x00b}, Case{0x001c, Class::kIndication, 0x00c},
        Case{0x0020, Class::kRequest, 0x010}, Case{0x0200, Class::kRequest, 0x080},
        Case{0x02ef, Class::kRequest, 0x0ff}, Case{0x3fff, Class::kError, 0xfff},
        Case{0x3eef, Class::kRequest, 0xfff}}) {
    const Bytes bytes = RawMessage(c.type, {});
    const Message message = MustParse(bytes);
    EXPECT_EQ(message.message_class(), c.message_class) << c.type;
    EXPECT_EQ(static_cast<uint16_t>(message.method()), c.method) << c.type;
  }
}

TEST(MessageTest, FewerThanTwentyBytesAreTooShort) {
  const Bytes whole = RawMessage(0x0001, {});
  for (size_t size = 0; size < 20; ++size) {
    ExpectRefused(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)),
                  ParseError::kTooShort);
  }
}

TEST(MessageTest, EitherOfTheTopTwoBitsMakesItNotStun) {
  Bytes bytes = RawMessage(0x0001, {});
  for (const uint8_t first : {0x40, 0x80, 0xc0}) {
    bytes[0] = first;
    ExpectRefused(bytes, ParseError::kNotStun);
  }
}

TEST(MessageTest, EachWrongByteOfTheCookieIsABadCookie) {
  for (size_t i = 4; i < 8; ++i) {
    Bytes bytes = RawMessage(0x0001, {});
    bytes[i] ^= 0x01;
    ExpectRefused(bytes, ParseError::kBadCookie);
  }
}

TEST(MessageTest, ALengthThatIsNotTheSizeIsABadLength) {
  Bytes bytes = RawMessage(0x0001, {Attribute(0x8022, "41424344")});
  for (const uint16_t length : {0, 4, 12, 0xfffc}) {
    StoreBig16(bytes.data() + 2, length);
    ExpectRefused(bytes, ParseError::kBadLength);
  }
}

TEST(MessageTest, ALengthThatIsNotAMultipleOfFourIsABadLength) {
  for (const size_t more : {1, 2, 3}) {
    Bytes bytes = RawMessage(0x0001, {Attribute(0x8022, "41424344")});
    bytes.resize(bytes.size() + more);
    RepairLength(&bytes);
    ExpectRefused(bytes, ParseError::kBadLength);
  }
}

TEST(MessageTest, AnAttributeThatReachesBeyondTheMessageIsAnOverrun) {
  Bytes bytes = RawMessage(0x0001, {Attribute(0x8022, "41424344")});
  for (const uint16_t size : {5, 8, 0xffff}) {
    StoreBig16(bytes.data() + 22, size);
    ExpectRefused(bytes, ParseError::kAttributeOverrun);
  }
  ExpectRefused(RawMessage(0x0001, {Hex("80220001")}), ParseError::kAttributeOverrun);
}

TEST(MessageTest, AnOverrunBehindIntegrityIsStillAnOverrun) {
  ExpectRefused(RawMessage(0x0001, {Attribute(0x0008, kAnySha1), Hex("80220004")}),
                ParseError::kAttributeOverrun);
}

TEST(MessageTest, ARightFingerprintIsAccepted) {
  const Bytes bytes = WithFingerprint(RawMessage(0x0001, {Attribute(0x8022, "414243")}));
  const Message message = MustParse(bytes);
  EXPECT_TRUE(message.has_fingerprint());
  EXPECT_TRUE(message.Has(AttributeType::kFingerprint));
}

TEST(MessageTest, AFingerprintOverOtherBytesIsABadFingerprint) {
  const Bytes right = WithFingerprint(RawMessage(0x0001, {Attribute(0x8022, "41424344")}));
  for (const size_t changed : {1, 8, 24, 28 + 4, 28 + 7}) {
    Bytes bytes = right;
    bytes[changed] ^= 0x10;
    ExpectRefused(bytes, ParseError::kBadFingerprint);
  }
}

TEST(MessageTest, AFingerprintThatIsNotLastIsABadFingerprint) {
  Bytes bytes = WithFingerprint(RawMessage(0x0001, {}));
  const Bytes more = Attribute(0x8022, "41424344");
  bytes.insert(bytes.end(), more.begin(), more.end());
  RepairLength(&bytes);
  // The CRC is made right for the longer message, so that the place alone is wrong.
  StoreBig32(bytes.data() + 24, NaiveFingerprint(ByteView(bytes).first(20)));
  ExpectRefused(bytes, ParseError::kBadFingerprint);
}

TEST(MessageTest, AFingerprintOfAnotherSizeIsABadFingerprint) {
  Bytes three = WithFingerprint(RawMessage(0x0001, {}));
  three[23] = 3;
  ExpectRefused(three, ParseError::kBadFingerprint);
  ExpectRefused(RawMessage(0x0001, {Attribute(0x8028, "")}), ParseError::kBadFingerprint);
  ExpectRefused(RawMessage(0x0001, {Attribute(0x8028, "0000000000000000")}),
                ParseError::kBadFingerprint);
}

TEST(MessageTest, EachErrorHasANameOfItsOwn) {
  std::set<std::string> names;
  for (size_t i = 0; i < kParseErrorCount; ++i) {
    names.insert(ParseErrorName(static_cast<ParseError>(i)));
  }
  EXPECT_EQ(names.size(), kParseErrorCount);
  EXPECT_EQ(names.count(""), 0u);
}

TEST(MessageTest, PaddingMayHoldAnything) {
  for (const uint8_t pad : {0x00, 0x20, 0xff}) {
    const Bytes bytes =
        RawMessage(0x0001, {Attribute(0x0006, "616263", pad), Attribute(0x0014, "78", pad)});
    const Message message = MustParse(bytes);
    EXPECT_EQ(message.Text(AttributeType::kUsername), "abc");
    EXPECT_EQ(message.Text(AttributeType::kRealm), "x");
  }
}

TEST(MessageTest, OfRepeatedAttributesTheFirstCounts) {
  const Bytes bytes = RawMessage(0x0004, {Attribute(0x000d, "00000258"),
                                          Attribute(0x000d, "00000000"), Attribute(0x000d, "")});
  const Message message = MustParse(bytes);
  EXPECT_EQ(message.Uint32(AttributeType::kLifetime), 600u);
}

TEST(MessageTest, ForEachVisitsRepeatedAttributesInOrder) {
  const Bytes bytes = RawMessage(0x0008, {Attribute(0x0012, "01"), Attribute(0x0006, "ff"),
                                          Attribute(0x0012, "0203"), Attribute(0x0012, "")});
  const Message message = MustParse(bytes);
  EXPECT_EQ(HexOfEach(message, AttributeType::kXorPeerAddress),
            (std::vector<std::string>{"01", "0203", ""}));
}

TEST(MessageTest, WhatStandsBehindMessageIntegrityIsAsIfAbsent) {
  const Bytes bytes = RawMessage(
      0x0008, {Attribute(0x0012, "01"), Attribute(0x0008, kAnySha1), Attribute(0x0012, "02"),
               Attribute(0x0006, "03"), Attribute(0x7f00, "04"), Attribute(0x0008, "05")});
  const Message message = MustParse(bytes);
  EXPECT_EQ(HexOfEach(message, AttributeType::kXorPeerAddress), std::vector<std::string>{"01"});
  EXPECT_FALSE(message.Has(AttributeType::kUsername));
  EXPECT_TRUE(message.unknown_required().empty());
  EXPECT_EQ(message.integrity_offset(), 28u);
  EXPECT_EQ(HexOf(message.Find(AttributeType::kMessageIntegrity)), kAnySha1);
}

TEST(MessageTest, Sha256IntegrityAndFingerprintCountBehindMessageIntegrity) {
  const Bytes bytes = WithFingerprint(
      RawMessage(0x0003, {Attribute(0x0008, kAnySha1), Attribute(0x0006, "03"),
                          Attribute(0x001c, kAnySha256), Attribute(0x001c, "01020304")}));
  const Message message = MustParse(bytes);
  EXPECT_EQ(message.integrity_offset(), 20u);
  EXPECT_EQ(message.integrity_sha256_offset(), 52u);
  EXPECT_EQ(HexOf(message.Find(AttributeType::kMessageIntegritySha256)), kAnySha256);
  EXPECT_FALSE(message.Has(AttributeType::kUsername));
  EXPECT_TRUE(message.has_fingerprint());
}

TEST(MessageTest, OnlyFingerprintCountsBehindSha256Integrity) {
  const Bytes bytes = WithFingerprint(
      RawMessage(0x0003, {Attribute(0x001c, kAnySha256), Attribute(0x0008, kAnySha1),
                          Attribute(0x0006, "03"), Attribute(0x001e, "04")}));
  const Message message = MustParse(bytes);
  EXPECT_EQ(message.integrity_sha256_offset(), 20u);
  EXPECT_EQ(message.integrity_offset(), 0u);
  EXPECT_FALSE(message.Has(AttributeType::kMessageIntegrity));
  EXPECT_FALSE(message.Has(AttributeType::kUsername));
  EXPECT_TRUE(message.unknown_required().empty());
  EXPECT_TRUE(message.has_fingerprint());
}

TEST(MessageTest, UnknownRequiredTypesAreListedOnceInOrder) {
  const Bytes bytes = RawMessage(
      0x0003, {Attribute(0x7f01, "01"), Attribute(0x0019, "11000000"), Attribute(0x0024, ""),
               Attribute(0xf000, "02"), Attribute(0x7f01, ""), Attribute(0x7f00, "")});
  EXPECT_EQ(Unknown(MustParse(bytes)), (std::vector<uint16_t>{0x7f01, 0x0024, 0x7f00}));
}

TEST(MessageTest, RequiredTypesThatAreNotServedAreUnknown) {
  const std::vector<uint16_t> types = {0x0003, 0x0026, 0x0027};
  std::vector<Bytes> attributes;
  for (const uint16_t type : types) attributes.push_back(Attribute(type, "00000000"));
  const Bytes bytes = RawMessage(0x0003, attributes);
  const Message message = MustParse(bytes);
  EXPECT_EQ(Unknown(message), types);
  EXPECT_FALSE(message.Has(AttributeType::kPadding));
}

TEST(MessageTest, AtMostSixteenUnknownTypesAreRemembered) {
  std::vector<Bytes> attributes;
  std::vector<uint16_t> expected;
  for (uint16_t i = 0; i < 20; ++i) {
    const auto type = static_cast<uint16_t>(0x7000 + i);
    attributes.push_back(Attribute(type, ""));
    if (i < 16) expected.push_back(type);
  }
  EXPECT_EQ(Unknown(MustParse(RawMessage(0x0003, attributes))), expected);
}

TEST(MessageTest, AttributesBeyondOffset65535AreFound) {
  const Bytes long_data(65476, 0x61);
  const Bytes bytes = WithFingerprint(
      RawMessage(0x0016, {Attribute(0x0013, ByteView(long_data)), Attribute(0x8022, "41424344"),
                          Attribute(0x0008, kAnySha1), Attribute(0x000d, "00000001")}));
  ASSERT_EQ(bytes.size(), 65548u);
  const Message message = MustParse(bytes);
  EXPECT_EQ(message.Find(AttributeType::kData)->size(), 65476u);
  EXPECT_EQ(message.Text(AttributeType::kSoftware), "ABCD");
  EXPECT_EQ(message.integrity_offset(), 65508u);
  EXPECT_TRUE(message.has_fingerprint());
  EXPECT_EQ(HexOf(message.Find(AttributeType::kFingerprint)).size(), 8u);

  const Bytes longer_data(65508, 0x61);
  const Bytes largest =
      RawMessage(0x0016, {Attribute(0x0013, ByteView(longer_data)),
                          Attribute(0x0022, "0102030405060708"), Attribute(0x0018, "80")});
  ASSERT_EQ(largest.size(), 65552u);
  EXPECT_EQ(HexOf(MustParse(largest).Find(AttributeType::kReservationToken)), "0102030405060708");
  EXPECT_EQ(HexOf(MustParse(largest).Find(AttributeType::kEvenPort)), "80");
}

TEST(MessageTest, AUserNameOf763BytesParses) {
  const Bytes name(kMaxUsernameSize, 0x75);
  const Bytes bytes = RawMessage(0x0003, {Attribute(0x0006, ByteView(name))});
  EXPECT_EQ(MustParse(bytes).Text(AttributeType::kUsername), std::string(763, 'u'));
}

TEST(MessageTest, XorAddressesOfBothFamiliesAreDecoded) {
  // 192.0.2.1:32853 and [2001:db8:1234:5678:11:2233:4455:6677]:32853, as in RFC 5769.
  const Bytes bytes =
      RawMessage(0x0101, {Attribute(0x0020, "0001a147e112a643"),
                          Attribute(0x0012, "ff02a1470113a9faa5d3f179bc25f4b5bed2b9d9")});
  const Message message = MustParse(bytes);
  EXPECT_EQ(message.XorAddress(AttributeType::kXorMappedAddress),
            Endpoint::Parse("192.0.2.1:32853"));
  EXPECT_EQ(message.XorAddress(AttributeType::kXorPeerAddress),
            Endpoint::Parse("[2001:db8:1234:5678:11:2233:4455:6677]:32853"));
  EXPECT_EQ(message.XorAddress(AttributeType::kXorRelayedAddress), std::nullopt);
}

TEST(MessageTest, AMappedIPv6AddressStaysIPv6) {
  const TransactionId id{};
  const auto address = DecodeXorAddress(Hex("0002 2112 2112a442 00000000 0000ffff c0000201"), id);
  ASSERT_TRUE(address);
  EXPECT_EQ(address->family(), Family::kIPv6);
}

TEST(MessageTest, AddressesOfAnotherFamilyOrSizeAreMalformed) {
  const TransactionId id{};
  for (const char* value :
       {"", "00", "0001a1", "0001a147", "0001a147e112a6", "0001a147e112a64300", "0000a147e112a643",
        "0003a147e112a643", "0002a147e112a643", "0001a1470113a9faa5d3f179bc25f4b5bed2b9d9",
        "0002a1470113a9faa5d3f179bc25f4b5bed2b9", "0002a1470113a9faa5d3f179bc25f4b5bed2b9d900"}) {
    EXPECT_EQ(DecodeXorAddress(Hex(value), id), std::nullopt) << value;
  }
}

TEST(MessageTest, NumbersAreFourBytesLong) {
  for (const char* value : {"", "01", "0102", "010203", "0102030405", "0102030405060708"}) {
    const Bytes bytes = RawMessage(
        0x0003, {Attribute(0x000d, value), Attribute(0x0019, value), Attribute(0x000c, value)});
    const Message message = MustParse(bytes);
    EXPECT_TRUE(message.Has(AttributeType::kLifetime));
    EXPECT_EQ(message.Uint32(AttributeType::kLifetime), std::nullopt) << value;
    EXPECT_EQ(message.LeadingByte(AttributeType::kRequestedTransport), std::nullopt) << value;
    EXPECT_EQ(message.ChannelNumber(), std::nullopt) << value;
  }
  const Bytes bytes =
      RawMessage(0x0003, {Attribute(0x000d, "fffefdfc"), Attribute(0x0019, "11ffffff"),
                          Attribute(0x000c, "4001ffff")});
  const Message message = MustParse(bytes);
  EXPECT_EQ(message.Uint32(AttributeType::kLifetime), 0xfffefdfcu);
  EXPECT_EQ(message.LeadingByte(AttributeType::kRequestedTransport), kTransportUdp);
  EXPECT_EQ(message.ChannelNumber(), 0x4001);
  EXPECT_EQ(message.Uint32(AttributeType::kConnectionId), std::nullopt);
}

TEST(MessageTest, AnErrorCodeIsClassTimesHundredPlusNumber) {
  struct Case {
    const char* value;
    std::optional<int> error;
  };
  for (const Case& c :
       {Case{"00000300", 300}, Case{"00000425", 437}, Case{"0000045374657874", 483},
        Case{"fffffc01", 401}, Case{"00000663", 699}, Case{"00000664", std::nullopt},
        Case{"00000201", std::nullopt}, Case{"00000701", std::nullopt}, Case{"", std::nullopt},
        Case{"000004", std::nullopt}}) {
    const Bytes bytes = RawMessage(0x0113, {Attribute(0x0009, c.value)});
    EXPECT_EQ(MustParse(bytes).Error(), c.error) << c.value;
  }
  const Bytes without = RawMessage(0x0113, {});
  EXPECT_EQ(MustParse(without).Error(), std::nullopt);
}

}  // namespace
}  // namespace culvert::stun
