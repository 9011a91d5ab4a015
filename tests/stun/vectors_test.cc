// Messages from the RFCs and from other implementations of the same hashes, in both directions. The
// origin of each is in tests/vectors.

#define OPENSSL_SUPPRESS_DEPRECATED

#include <gtest/gtest.h>
#include <openssl/md5.h>
#include <openssl/sha.h>

#include <string>
#include <vector>

#include "server/stun/builder.h"
#include "server/stun/message.h"
#include "tests/stun/naive_message.h"
#include "tests/stun/test_bytes.h"

namespace culvert::stun {
namespace {

constexpr std::string_view kRfc5769Password = "VOkJxbRl1RmTxUk/WvJxBt";
// The six katakana letters of "matrix" in UTF-8.
constexpr std::string_view kMatrix =
    "\xe3\x83\x9e\xe3\x83\x88\xe3\x83\xaa\xe3\x83\x83\xe3\x82\xaf\xe3\x82\xb9";
constexpr std::string_view kImsUser = "user1_private@home1.net";

Bytes Md5Key(const std::string& credential) {
  Bytes key(MD5_DIGEST_LENGTH);
  MD5(AsBytes(credential).data(), credential.size(), key.data());
  return key;
}

Bytes Sha256Key(const std::string& credential) {
  Bytes key(SHA256_DIGEST_LENGTH);
  SHA256(AsBytes(credential).data(), credential.size(), key.data());
  return key;
}

Bytes MatrixKey() {
  return Md5Key(std::string(kMatrix) + ":example.org:TheMatrIX");
}
Bytes ImsKey() {
  return Md5Key(std::string(kImsUser) + ":home1.net:secret-password");
}

TransactionId IdOf(const Bytes& message) {
  TransactionId id;
  std::copy_n(message.begin() + 8, id.size(), id.begin());
  return id;
}

// The samples of RFC 5769 sections 2.1 to 2.3 are padded with spaces. Integrity covers padding, so
// the spaces are put into the buffer before it is added.
void PadWithSpaces(MutableBytes buffer, const Builder& builder, size_t count) {
  std::fill_n(buffer.begin() + static_cast<std::ptrdiff_t>(builder.size() - count), count,
              uint8_t{0x20});
}

TEST(VectorsTest, KeysAreHashesOfUserRealmPassword) {
  EXPECT_EQ(ToHex(Md5Key("user:realm:pass")), "8493fbc53ba582fb4c044c456bdc40eb");
  EXPECT_EQ(ToHex(MatrixKey()), "e8ca7ad59d5eb0518e312911d2dab2a9");
  EXPECT_EQ(ToHex(ImsKey()), "96e72903d0fff6c72008061c92eccf7a");
}

TEST(VectorsTest, Rfc5769RequestParsesAndVerifies) {
  const Bytes bytes = ReadVector("rfc5769_2_1_request");
  const Message message = MustParse(bytes);
  EXPECT_EQ(message.message_class(), Class::kRequest);
  EXPECT_EQ(message.method(), Method::kBinding);
  EXPECT_EQ(message.Text(AttributeType::kSoftware), "STUN test client");
  EXPECT_EQ(message.Text(AttributeType::kUsername), "evtj:h6vY");
  // PRIORITY (0x0024) is ICE's; ICE-CONTROLLED (0x8029) need not be understood.
  ASSERT_EQ(message.unknown_required().size(), 1u);
  EXPECT_EQ(message.unknown_required()[0], 0x0024);
  EXPECT_TRUE(message.has_fingerprint());
  EXPECT_TRUE(VerifyIntegrity(message, IntegrityKind::kSha1, AsBytes(kRfc5769Password)));
  EXPECT_FALSE(VerifyIntegrity(message, IntegrityKind::kSha1, AsBytes("VOkJxbRl1RmTxUk/WvJxBT")));
}

TEST(VectorsTest, Rfc5769RequestIsBuiltByteForByte) {
  const Bytes expected = ReadVector("rfc5769_2_1_request");
  Bytes buffer(256);
  Builder builder(buffer, Class::kRequest, Method::kBinding, IdOf(expected));
  builder.AddText(AttributeType::kSoftware, "STUN test client");
  builder.Add(static_cast<AttributeType>(0x0024), Hex("6e0001ff"));
  builder.Add(static_cast<AttributeType>(0x8029), Hex("932ff9b151263b36"));
  builder.AddText(AttributeType::kUsername, "evtj:h6vY");
  PadWithSpaces(buffer, builder, 3);
  builder.AddIntegrity(IntegrityKind::kSha1, AsBytes(kRfc5769Password));
  builder.AddFingerprint();
  EXPECT_EQ(ToHex(builder.Finish()), ToHex(expected));
}

struct Answer {
  const char* vector;
  const char* address;
};
constexpr Answer kAnswers[] = {
    {"rfc5769_2_2_ipv4_response", "192.0.2.1:32853"},
    {"rfc5769_2_3_ipv6_response", "[2001:db8:1234:5678:11:2233:4455:6677]:32853"},
};

TEST(VectorsTest, Rfc5769AnswersParseAndVerify) {
  for (const Answer& answer : kAnswers) {
    const Bytes bytes = ReadVector(answer.vector);
    const Message message = MustParse(bytes);
    EXPECT_EQ(message.message_class(), Class::kSuccess);
    EXPECT_EQ(message.method(), Method::kBinding);
    EXPECT_EQ(message.Text(AttributeType::kSoftware), "test vector");
    EXPECT_EQ(message.XorAddress(AttributeType::kXorMappedAddress),
              Endpoint::Parse(answer.address));
    EXPECT_TRUE(message.unknown_required().empty());
    EXPECT_TRUE(message.has_fingerprint());
    EXPECT_TRUE(VerifyIntegrity(message, IntegrityKind::kSha1, AsBytes(kRfc5769Password)));
  }
}

TEST(VectorsTest, Rfc5769AnswersAreBuiltByteForByte) {
  for (const Answer& answer : kAnswers) {
    const Bytes expected = ReadVector(answer.vector);
    Bytes buffer(256);
    Builder builder(buffer, Class::kSuccess, Method::kBinding, IdOf(expected));
    builder.AddText(AttributeType::kSoftware, "test vector");
    PadWithSpaces(buffer, builder, 1);
    builder.AddXorAddress(AttributeType::kXorMappedAddress, *Endpoint::Parse(answer.address));
    builder.AddIntegrity(IntegrityKind::kSha1, AsBytes(kRfc5769Password));
    builder.AddFingerprint();
    EXPECT_EQ(ToHex(builder.Finish()), ToHex(expected));
  }
}

TEST(VectorsTest, Rfc5769LongTermRequestParsesAndVerifies) {
  const Bytes bytes = ReadVector("rfc5769_2_4_long_term");
  const Message message = MustParse(bytes);
  EXPECT_EQ(message.Text(AttributeType::kUsername), kMatrix);
  EXPECT_EQ(message.Text(AttributeType::kNonce), "f//499k954d6OL34oL9FSTvy64sA");
  EXPECT_EQ(message.Text(AttributeType::kRealm), "example.org");
  EXPECT_FALSE(message.has_fingerprint());
  EXPECT_TRUE(VerifyIntegrity(message, IntegrityKind::kSha1, MatrixKey()));
}

TEST(VectorsTest, Rfc5769LongTermRequestIsBuiltByteForByte) {
  const Bytes expected = ReadVector("rfc5769_2_4_long_term");
  Bytes buffer(256, 0xee);
  Builder builder(buffer, Class::kRequest, Method::kBinding, IdOf(expected));
  builder.AddText(AttributeType::kUsername, kMatrix);
  builder.AddText(AttributeType::kNonce, "f//499k954d6OL34oL9FSTvy64sA");
  builder.AddText(AttributeType::kRealm, "example.org");
  builder.AddIntegrity(IntegrityKind::kSha1, MatrixKey());
  EXPECT_EQ(ToHex(builder.Finish()), ToHex(expected));
}

TEST(VectorsTest, Rfc8489SampleIsRefusedForItsLength) {
  const auto message = Message::Parse(ReadVector("rfc8489_b_1_defective"));
  ASSERT_FALSE(message.ok());
  EXPECT_EQ(message.error(), ParseError::kBadLength);
}

TEST(VectorsTest, Rfc8489SampleWithTheRightLengthNeedsAnotherHmac) {
  const Bytes key = Sha256Key(std::string(kMatrix) + ":example.org:TheMatrIX");
  EXPECT_EQ(ToHex(key), "dd295a613b9058c3c23d6dc7165bda072304d989c9d0af3a8c7e184b4f9bb4a1");
  Bytes bytes = ReadVector("rfc8489_b_1_defective");
  RepairLength(&bytes);
  EXPECT_FALSE(VerifyIntegrity(MustParse(bytes), IntegrityKind::kSha256, key));
  const Bytes right = Hex("234112fbd4e27f983eb4032836f998216f5b23f8d927753fbc4f882bfbdf0dec");
  std::copy(right.begin(), right.end(), bytes.end() - static_cast<std::ptrdiff_t>(right.size()));
  EXPECT_TRUE(VerifyIntegrity(MustParse(bytes), IntegrityKind::kSha256, key));
}

TEST(VectorsTest, AllocateWithMd5KeyAndSha256IntegrityVerifies) {
  const Bytes bytes = ReadVector("allocate_tcp_sha256_md5_key");
  const Message message = MustParse(bytes);
  EXPECT_EQ(message.method(), Method::kAllocate);
  EXPECT_EQ(message.LeadingByte(AttributeType::kRequestedTransport), kTransportTcp);
  EXPECT_EQ(message.Text(AttributeType::kUsername), kImsUser);
  EXPECT_EQ(message.Text(AttributeType::kRealm), "home1.net");
  EXPECT_EQ(message.Text(AttributeType::kNonce), "obMatJos2gAAA0123456789abcdef");
  EXPECT_FALSE(message.Has(AttributeType::kMessageIntegrity));
  EXPECT_TRUE(VerifyIntegrity(message, IntegrityKind::kSha256, ImsKey()));
}

TEST(VectorsTest, AllocateWithMd5KeyAndSha256IntegrityIsBuiltByteForByte) {
  const Bytes expected = ReadVector("allocate_tcp_sha256_md5_key");
  Bytes buffer(256, 0xee);
  Builder builder(buffer, Class::kRequest, Method::kAllocate, IdOf(expected));
  builder.AddUint32(AttributeType::kRequestedTransport, uint32_t{kTransportTcp} << 24);
  builder.AddText(AttributeType::kUsername, kImsUser);
  builder.AddText(AttributeType::kRealm, "home1.net");
  builder.AddText(AttributeType::kNonce, "obMatJos2gAAA0123456789abcdef");
  builder.Add(AttributeType::kPasswordAlgorithms, Hex("00010000"));
  builder.Add(AttributeType::kPasswordAlgorithm, Hex("00010000"));
  builder.AddIntegrity(IntegrityKind::kSha256, ImsKey());
  EXPECT_EQ(ToHex(builder.Finish()), ToHex(expected));
}

TEST(VectorsTest, ConnectionBindWithFingerprintVerifies) {
  const Bytes bytes = ReadVector("connection_bind_sha1_fingerprint");
  const Message message = MustParse(bytes);
  EXPECT_EQ(message.method(), Method::kConnectionBind);
  EXPECT_EQ(message.Uint32(AttributeType::kConnectionId), 0x5a17c3d9u);
  EXPECT_EQ(message.Text(AttributeType::kNonce), "abcdef0123456789");
  EXPECT_TRUE(message.has_fingerprint());
  EXPECT_TRUE(VerifyIntegrity(message, IntegrityKind::kSha1, ImsKey()));
}

TEST(VectorsTest, ConnectionBindWithFingerprintIsBuiltByteForByte) {
  const Bytes expected = ReadVector("connection_bind_sha1_fingerprint");
  Bytes buffer(256, 0xee);
  Builder builder(buffer, Class::kRequest, Method::kConnectionBind, IdOf(expected));
  builder.AddUint32(AttributeType::kConnectionId, 0x5a17c3d9);
  builder.AddText(AttributeType::kUsername, kImsUser);
  builder.AddText(AttributeType::kRealm, "home1.net");
  builder.AddText(AttributeType::kNonce, "abcdef0123456789");
  builder.AddIntegrity(IntegrityKind::kSha1, ImsKey());
  builder.AddFingerprint();
  EXPECT_EQ(ToHex(builder.Finish()), ToHex(expected));
}

TEST(VectorsTest, AllocateWithUserhashAndSha256KeyVerifies) {
  const Bytes bytes = ReadVector("allocate_udp_userhash_sha256_key");
  const Message message = MustParse(bytes);
  const Bytes key = Sha256Key(std::string(kImsUser) + ":home1.net:secret-password");
  EXPECT_TRUE(VerifyIntegrity(message, IntegrityKind::kSha256, key));
  EXPECT_FALSE(VerifyIntegrity(message, IntegrityKind::kSha256, ImsKey()));
}

TEST(VectorsTest, ParserAndTwinAgreeOnEachOfThem) {
  for (const char* name :
       {"rfc5769_2_1_request", "rfc5769_2_2_ipv4_response", "rfc5769_2_3_ipv6_response",
        "rfc5769_2_4_long_term", "rfc8489_b_1_defective", "allocate_tcp_sha256_md5_key",
        "connection_bind_sha1_fingerprint", "allocate_udp_userhash_sha256_key",
        "channel_data_padded_hello"}) {
    EXPECT_EQ(DifferenceFromNaive(ReadVector(name)), "") << name;
  }
}

}  // namespace
}  // namespace culvert::stun
