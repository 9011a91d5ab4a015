#include "tests/stun/naive_message.h"

#include <algorithm>
#include <cstddef>

namespace culvert::stun {
namespace {

constexpr uint16_t kSha1Type = 0x0008;
constexpr uint16_t kSha256Type = 0x001c;
constexpr uint16_t kFingerprintType = 0x8028;

unsigned Number(const Bytes& bytes, size_t offset, size_t size) {
  unsigned number = 0;
  for (size_t i = 0; i < size; ++i) number = number * 256 + bytes[offset + i];
  return number;
}

// The bits of the type named by position, the lowest first, as one number.
unsigned Bits(unsigned type, const std::vector<int>& positions) {
  unsigned number = 0;
  for (size_t i = 0; i < positions.size(); ++i) number |= ((type >> positions[i]) & 1) << i;
  return number;
}

bool IsKnown(uint16_t type) {
  return std::any_of(kAttributes.begin(), kAttributes.end(), [type](const AttributeRow& row) {
    return static_cast<uint16_t>(row.type) == type;
  });
}

Result<std::vector<NaiveAttribute>, ParseError> AllAttributes(const Bytes& bytes) {
  std::vector<NaiveAttribute> all;
  size_t offset = 20;
  while (offset != bytes.size()) {
    const auto type = static_cast<uint16_t>(Number(bytes, offset, 2));
    const unsigned size = Number(bytes, offset + 2, 2);
    size_t next = offset + 4 + size;
    while (next % 4 != 0) ++next;
    if (next > bytes.size()) return Failure{ParseError::kAttributeOverrun};
    const auto start = bytes.begin() + static_cast<std::ptrdiff_t>(offset) + 4;
    all.push_back({type, offset, Bytes(start, start + size)});
    if (type == kFingerprintType &&
        (next != bytes.size() || size != 4 ||
         Number(bytes, offset + 4, 4) != NaiveFingerprint({bytes.data(), offset}))) {
      return Failure{ParseError::kBadFingerprint};
    }
    offset = next;
  }
  return all;
}

// Drops what RFC 8489 section 9 ignores.
std::vector<NaiveAttribute> Counting(const std::vector<NaiveAttribute>& all) {
  std::vector<NaiveAttribute> counting;
  bool sha1 = false;
  bool sha256 = false;
  for (const NaiveAttribute& attribute : all) {
    const bool open = !sha1 && !sha256;
    const bool second = sha1 && !sha256 && attribute.type == kSha256Type;
    if (!open && !second && attribute.type != kFingerprintType) continue;
    counting.push_back(attribute);
    sha1 |= attribute.type == kSha1Type;
    sha256 |= attribute.type == kSha256Type;
  }
  return counting;
}

const NaiveAttribute* First(const NaiveMessage& message, uint16_t type) {
  for (const NaiveAttribute& attribute : message.attributes) {
    if (attribute.type == type) return &attribute;
  }
  return nullptr;
}

std::vector<uint16_t> UnknownRequired(const NaiveMessage& message) {
  std::vector<uint16_t> unknown;
  for (const NaiveAttribute& attribute : message.attributes) {
    const bool seen = std::count(unknown.begin(), unknown.end(), attribute.type) > 0;
    if (attribute.type >= 0x8000 || IsKnown(attribute.type) || seen) continue;
    if (unknown.size() < Message::kMaxUnknown) unknown.push_back(attribute.type);
  }
  return unknown;
}

// The values of `type` up to and including the first integrity attribute, where ForEach ends.
std::vector<Bytes> Occurrences(const NaiveMessage& message, uint16_t type) {
  std::vector<Bytes> values;
  for (const NaiveAttribute& attribute : message.attributes) {
    if (attribute.type == type) values.push_back(attribute.value);
    if (attribute.type == kSha1Type || attribute.type == kSha256Type) break;
  }
  return values;
}

std::string DifferenceInType(const Message& fast, const NaiveMessage& slow, uint16_t type) {
  const auto value = fast.Find(static_cast<AttributeType>(type));
  const NaiveAttribute* const first = IsKnown(type) ? First(slow, type) : nullptr;
  if (value.has_value() != (first != nullptr)) return "presence of " + std::to_string(type);
  if (value && !std::ranges::equal(*value, first->value)) return "value of " + std::to_string(type);
  std::vector<Bytes> visited;
  fast.ForEach(static_cast<AttributeType>(type),
               [&](ByteView each) { visited.emplace_back(each.begin(), each.end()); });
  return visited == Occurrences(slow, type) ? "" : "occurrences of " + std::to_string(type);
}

std::string DifferenceInMessage(const Message& fast, const NaiveMessage& slow) {
  if (static_cast<unsigned>(fast.message_class()) != slow.message_class) return "class";
  if (static_cast<unsigned>(fast.method()) != slow.method) return "method";
  if (!std::ranges::equal(fast.transaction_id(), slow.transaction_id)) return "transaction ID";
  if (!std::ranges::equal(fast.unknown_required(), UnknownRequired(slow))) return "unknown types";
  const NaiveAttribute* const sha1 = First(slow, kSha1Type);
  const NaiveAttribute* const sha256 = First(slow, kSha256Type);
  if (fast.integrity_offset() != (sha1 == nullptr ? 0 : sha1->offset)) return "integrity offset";
  if (fast.integrity_sha256_offset() != (sha256 == nullptr ? 0 : sha256->offset)) {
    return "SHA-256 integrity offset";
  }
  if (fast.has_fingerprint() != (First(slow, kFingerprintType) != nullptr)) return "fingerprint";
  for (const AttributeRow& row : kAttributes) {
    const std::string difference = DifferenceInType(fast, slow, static_cast<uint16_t>(row.type));
    if (!difference.empty()) return difference;
  }
  for (const NaiveAttribute& attribute : slow.attributes) {
    const std::string difference = DifferenceInType(fast, slow, attribute.type);
    if (!difference.empty()) return difference;
  }
  return "";
}

}  // namespace

uint32_t NaiveFingerprint(ByteView before) {
  uint32_t crc = ~uint32_t{0};
  for (const uint8_t byte : before) {
    for (int bit = 0; bit < 8; ++bit) {
      const bool carry = ((crc ^ (byte >> bit)) & 1) != 0;
      crc >>= 1;
      if (carry) crc ^= 0xedb88320;
    }
  }
  return ~crc ^ 0x5354554e;
}

Result<NaiveMessage, ParseError> NaiveParse(const Bytes& bytes) {
  if (bytes.size() < 20) return Failure{ParseError::kTooShort};
  if (bytes[0] >= 0x40) return Failure{ParseError::kNotStun};
  if (Number(bytes, 4, 4) != 0x2112a442) return Failure{ParseError::kBadCookie};
  if (Number(bytes, 2, 2) + 20 != bytes.size()) return Failure{ParseError::kBadLength};
  if (bytes.size() % 4 != 0) return Failure{ParseError::kBadLength};
  const auto all = AllAttributes(bytes);
  if (!all.ok()) return Failure{all.error()};
  const unsigned type = Number(bytes, 0, 2);
  return NaiveMessage{Bits(type, {4, 8}), Bits(type, {0, 1, 2, 3, 5, 6, 7, 9, 10, 11, 12, 13}),
                      Bytes(bytes.begin() + 8, bytes.begin() + 20), Counting(*all)};
}

std::string DifferenceFromNaive(const Bytes& bytes) {
  const auto fast = Message::Parse(bytes);
  const auto slow = NaiveParse(bytes);
  if (fast.ok() != slow.ok()) return fast.ok() ? "only accepted here" : "only refused here";
  if (fast.ok()) return DifferenceInMessage(*fast, *slow);
  if (fast.error() == slow.error()) return "";
  return std::string(ParseErrorName(fast.error())) + " not " + ParseErrorName(slow.error());
}

}  // namespace culvert::stun
