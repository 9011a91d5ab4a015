// A received STUN message, read in place.
//
//     0                   1                   2                   3
//     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |0 0|     STUN Message Type     |         Message Length        |
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |                         Magic Cookie                          |
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//    |                     Transaction ID (96 bits)                  |
//    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+   RFC 8489 section 5
//
// Parsing walks the attributes once, allocates nothing, and remembers where the first of each known
// type stands. Everything handed out points into the caller's bytes and lives as long as they do.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "server/base/address.h"
#include "server/base/bytes.h"
#include "server/base/result.h"
#include "server/stun/attributes.h"
#include "server/stun/protocol.h"

namespace culvert::stun {

// Why bytes are not a STUN message. One counter each: see ParseErrorName.
enum class ParseError : uint8_t {
  kTooShort,          // fewer than 20 bytes
  kNotStun,           // the top two bits are set
  kBadCookie,         // RFC 3489, or something else altogether
  kBadLength,         // length not a multiple of 4, or not the size of the message
  kAttributeOverrun,  // an attribute reaches beyond the message
  kBadFingerprint,    // FINGERPRINT is there and wrong, or is not last
};
inline constexpr size_t kParseErrorCount = 6;
const char* ParseErrorName(ParseError error);

class Message {
 public:
  // Most unknown comprehension-required attributes that are remembered; more are not listed in a
  // 420.
  static constexpr size_t kMaxUnknown = 16;

  // Reads exactly one message that fills `bytes` (RFC 8489 section 6.3). A message whose class does
  // not fit its method, or whose method is unknown, still parses: the caller decides.
  // What stands behind MESSAGE-INTEGRITY is as if absent, but for MESSAGE-INTEGRITY-SHA256 and
  // FINGERPRINT (section 9); of repeated attributes the first counts (section 14).
  static Result<Message, ParseError> Parse(ByteView bytes);

  Class message_class() const { return class_; }
  // May be a value that is no enumerator.
  Method method() const { return method_; }
  const TransactionId& transaction_id() const { return transaction_id_; }
  ByteView bytes() const { return bytes_; }

  bool Has(AttributeType type) const { return Find(type).has_value(); }
  // The value of the first attribute of that type, without padding. Only types in the attribute
  // table (attributes.h) are found.
  std::optional<ByteView> Find(AttributeType type) const;

  // Each occurrence of `type`, in order; used for XOR-PEER-ADDRESS, which CreatePermission may
  // repeat.
  template <typename Visitor>
  void ForEach(AttributeType type, Visitor visit) const {
    for (size_t offset = kHeaderSize; offset < attributes_end_;) {
      const uint16_t found = LoadBig16(bytes_.data() + offset);
      const uint16_t size = LoadBig16(bytes_.data() + offset + 2);
      if (found == static_cast<uint16_t>(type)) {
        visit(bytes_.subspan(offset + kAttributeHeaderSize, size));
      }
      offset += kAttributeHeaderSize + ((size + 3u) & ~3u);
    }
  }

  // Comprehension-required types without a row in the attribute table, in order of appearance,
  // each once.
  std::span<const uint16_t> unknown_required() const { return {unknown_.data(), unknown_count_}; }

  // Offset of the attribute header of MESSAGE-INTEGRITY(-SHA256), 0 when absent.
  size_t integrity_offset() const { return integrity_word_ * size_t{4}; }
  size_t integrity_sha256_offset() const { return integrity_sha256_word_ * size_t{4}; }
  bool has_fingerprint() const { return has_fingerprint_; }

  // Decoded attributes. nullopt when absent *or* malformed; ask Has() to tell them apart.
  std::optional<Endpoint> XorAddress(AttributeType type) const;
  std::optional<uint32_t> Uint32(AttributeType type) const;
  // First byte of a 4-byte value: REQUESTED-TRANSPORT, REQUESTED-/ADDITIONAL-ADDRESS-FAMILY.
  std::optional<uint8_t> LeadingByte(AttributeType type) const;
  // CHANNEL-NUMBER: 16 bits and 16 reserved.
  std::optional<uint16_t> ChannelNumber() const;
  std::optional<std::string_view> Text(AttributeType type) const;
  // ERROR-CODE as a number (class * 100 + number), for clients and tests.
  std::optional<int> Error() const;

 private:
  Message() = default;
  // Visits every attribute once; the reason to refuse the message, if there is one.
  std::optional<ParseError> Walk();
  bool Counts(uint16_t type) const;
  void Remember(uint16_t type, size_t offset, size_t next);
  void RememberUnknown(uint16_t type);
  bool FingerprintIsRight(size_t offset, size_t size) const;

  ByteView bytes_;
  size_t attributes_end_ = 0;  // of what counts: before anything that is to be ignored
  Class class_ = Class::kRequest;
  Method method_ = Method::kBinding;
  bool has_fingerprint_ = false;
  uint8_t unknown_count_ = 0;
  // Attributes start at multiples of 4, in the largest message beyond 65535: so their offsets are
  // kept in words of 4 bytes. 0 is absent.
  uint16_t integrity_word_ = 0;
  uint16_t integrity_sha256_word_ = 0;
  TransactionId transaction_id_{};
  // Where the first attribute of each known type stands, by its row in the table.
  std::array<uint16_t, kKnownAttributeCount> first_word_{};
  std::array<uint16_t, kMaxUnknown> unknown_{};
};

// Decodes the value of an XOR-*-ADDRESS attribute (RFC 8489 section 14.2). An IPv4-mapped IPv6
// address stays IPv6 here: policy decides about it.
std::optional<Endpoint> DecodeXorAddress(ByteView value, const TransactionId& id);

}  // namespace culvert::stun
