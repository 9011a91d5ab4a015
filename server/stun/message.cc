#include "server/stun/message.h"

#include <algorithm>
#include <cstring>

#include "server/stun/channel_data.h"
#include "server/stun/integrity.h"

namespace culvert::stun {
namespace {

// RFC 8489 section 14.2: what ports are XORed with.
constexpr uint16_t kPortXor = kMagicCookie >> 16;

// RFC 8489 section 5: the bits of class and method are interleaved, M11-M7 C1 M6-M4 C0 M3-M0.
Class ClassOf(uint16_t message_type) {
  return static_cast<Class>(((message_type >> 7) & 2) | ((message_type >> 4) & 1));
}

Method MethodOf(uint16_t message_type) {
  return static_cast<Method>(((message_type >> 2) & 0xf80) | ((message_type >> 1) & 0x070) |
                             (message_type & 0x00f));
}

std::optional<ParseError> CheckHeader(ByteView bytes) {
  if (bytes.size() < kHeaderSize) return ParseError::kTooShort;
  if ((bytes[0] & 0xc0) != 0) return ParseError::kNotStun;
  if (LoadBig32(bytes.data() + 4) != kMagicCookie) return ParseError::kBadCookie;
  const size_t length = LoadBig16(bytes.data() + 2);
  if (length % 4 != 0 || length != bytes.size() - kHeaderSize) return ParseError::kBadLength;
  return std::nullopt;
}

}  // namespace

const char* ParseErrorName(ParseError error) {
  switch (error) {
    case ParseError::kTooShort:
      return "too_short";
    case ParseError::kNotStun:
      return "not_stun";
    case ParseError::kBadCookie:
      return "bad_cookie";
    case ParseError::kBadLength:
      return "bad_length";
    case ParseError::kAttributeOverrun:
      return "attribute_overrun";
    case ParseError::kBadFingerprint:
      return "bad_fingerprint";
  }
  return "";
}

Result<Message, ParseError> Message::Parse(ByteView bytes) {
  if (const auto error = CheckHeader(bytes)) return Failure{*error};
  Message message;
  message.bytes_ = bytes;
  message.class_ = ClassOf(LoadBig16(bytes.data()));
  message.method_ = MethodOf(LoadBig16(bytes.data()));
  std::memcpy(message.transaction_id_.data(), bytes.data() + 8, message.transaction_id_.size());
  if (const auto error = message.Walk()) return Failure{*error};
  return message;
}

std::optional<ParseError> Message::Walk() {
  attributes_end_ = bytes_.size();
  for (size_t offset = kHeaderSize; offset < bytes_.size();) {
    // All offsets are multiples of 4, as the length is: there is always a whole attribute header,
    // and where the value fits its padding does.
    const uint16_t type = LoadBig16(bytes_.data() + offset);
    const size_t size = LoadBig16(bytes_.data() + offset + 2);
    const size_t left = bytes_.size() - offset - kAttributeHeaderSize;
    if (size > left) return ParseError::kAttributeOverrun;
    const size_t next = offset + kAttributeHeaderSize + PaddedSize(size);
    if (type == static_cast<uint16_t>(AttributeType::kFingerprint)) {
      if (next != bytes_.size() || !FingerprintIsRight(offset, size)) {
        return ParseError::kBadFingerprint;
      }
      has_fingerprint_ = true;
    }
    if (Counts(type)) Remember(type, offset, next);
    offset = next;
  }
  return std::nullopt;
}

// RFC 8489 section 9: behind MESSAGE-INTEGRITY only MESSAGE-INTEGRITY-SHA256 and FINGERPRINT count,
// behind MESSAGE-INTEGRITY-SHA256 only FINGERPRINT.
bool Message::Counts(uint16_t type) const {
  if (integrity_word_ == 0 && integrity_sha256_word_ == 0) return true;
  if (type == static_cast<uint16_t>(AttributeType::kFingerprint)) return true;
  return type == static_cast<uint16_t>(AttributeType::kMessageIntegritySha256) &&
         integrity_sha256_word_ == 0;
}

void Message::Remember(uint16_t type, size_t offset, size_t next) {
  const size_t row = AttributeRowOf(type);
  if (row == kNoRow) {
    if (IsComprehensionRequired(type)) RememberUnknown(type);
    return;
  }
  const auto word = static_cast<uint16_t>(offset / 4);
  if (first_word_[row] == 0) first_word_[row] = word;
  const bool sha1 = type == static_cast<uint16_t>(AttributeType::kMessageIntegrity);
  const bool sha256 = type == static_cast<uint16_t>(AttributeType::kMessageIntegritySha256);
  if (!sha1 && !sha256) return;
  if (integrity_word_ == 0 && integrity_sha256_word_ == 0) attributes_end_ = next;
  (sha1 ? integrity_word_ : integrity_sha256_word_) = word;
}

void Message::RememberUnknown(uint16_t type) {
  const auto end = unknown_.begin() + unknown_count_;
  if (unknown_count_ == kMaxUnknown || std::find(unknown_.begin(), end, type) != end) return;
  unknown_[unknown_count_++] = type;
}

bool Message::FingerprintIsRight(size_t offset, size_t size) const {
  return size == sizeof(uint32_t) && LoadBig32(bytes_.data() + offset + kAttributeHeaderSize) ==
                                         Fingerprint(bytes_.first(offset));
}

std::optional<ByteView> Message::Find(AttributeType type) const {
  const size_t row = AttributeRowOf(static_cast<uint16_t>(type));
  if (row == kNoRow || first_word_[row] == 0) return std::nullopt;
  const size_t offset = first_word_[row] * size_t{4};
  return bytes_.subspan(offset + kAttributeHeaderSize, LoadBig16(bytes_.data() + offset + 2));
}

std::optional<Endpoint> Message::XorAddress(AttributeType type) const {
  const auto value = Find(type);
  if (!value) return std::nullopt;
  return DecodeXorAddress(*value, transaction_id_);
}

std::optional<uint32_t> Message::Uint32(AttributeType type) const {
  const auto value = Find(type);
  if (!value || value->size() != 4) return std::nullopt;
  return LoadBig32(value->data());
}

std::optional<uint8_t> Message::LeadingByte(AttributeType type) const {
  const auto value = Find(type);
  if (!value || value->size() != 4) return std::nullopt;
  return value->front();
}

std::optional<uint16_t> Message::ChannelNumber() const {
  const auto value = Find(AttributeType::kChannelNumber);
  if (!value || value->size() != 4) return std::nullopt;
  return LoadBig16(value->data());
}

std::optional<std::string_view> Message::Text(AttributeType type) const {
  const auto value = Find(type);
  if (!value) return std::nullopt;
  return AsText(*value);
}

// RFC 8489 section 14.8: 21 reserved bits, class 3 to 6, number 0 to 99, reason phrase.
std::optional<int> Message::Error() const {
  const auto value = Find(AttributeType::kErrorCode);
  if (!value || value->size() < 4) return std::nullopt;
  const int hundreds = (*value)[2] & 0x07;
  const int number = (*value)[3];
  if (hundreds < 3 || hundreds > 6 || number > 99) return std::nullopt;
  return hundreds * 100 + number;
}

std::optional<Endpoint> DecodeXorAddress(ByteView value, const TransactionId& id) {
  constexpr size_t kAddressOffset = 4;  // behind a reserved byte, the family, and the port
  if (value.size() < kAddressOffset) return std::nullopt;
  const uint8_t family = value[1];
  const size_t size = family == kFamilyIPv4 ? 4 : 16;
  if (family != kFamilyIPv4 && family != kFamilyIPv6) return std::nullopt;
  if (value.size() != kAddressOffset + size) return std::nullopt;

  std::array<uint8_t, 16> mask;
  StoreBig32(mask.data(), kMagicCookie);
  std::memcpy(mask.data() + 4, id.data(), id.size());
  std::array<uint8_t, 16> address;
  for (size_t i = 0; i < size; ++i) address[i] = value[kAddressOffset + i] ^ mask[i];
  return Endpoint(IpAddress::FromBytes({address.data(), size}),
                  LoadBig16(value.data() + 2) ^ kPortXor);
}

}  // namespace culvert::stun
