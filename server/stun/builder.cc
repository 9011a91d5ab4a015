#include "server/stun/builder.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "server/stun/channel_data.h"

namespace culvert::stun {
namespace {

constexpr size_t kFingerprintSize = 4;
// The header's cookie and transaction ID, which lie side by side, are the mask of section 14.2.
constexpr size_t kMaskOffset = 4;

// RFC 8489 section 5: M11-M7 C1 M6-M4 C0 M3-M0.
uint16_t MessageType(Class message_class, Method method) {
  const auto m = static_cast<uint16_t>(method);
  const auto c = static_cast<uint16_t>(message_class);
  return static_cast<uint16_t>(((m & 0xf80) << 2) | ((m & 0x070) << 1) | (m & 0x00f) |
                               ((c & 2) << 7) | ((c & 1) << 4));
}

uint8_t FamilyOf(const Endpoint& address) {
  return address.ip().is_v4() ? kFamilyIPv4 : kFamilyIPv6;
}

// The part that ERROR-CODE and ADDRESS-ERROR-CODE share: class, number, reason phrase.
void StoreError(MutableBytes value, uint8_t leading, ErrorCode code, std::string_view reason) {
  const auto number = static_cast<uint16_t>(code);
  value[0] = leading;
  value[1] = 0;
  value[2] = static_cast<uint8_t>(number / 100);
  value[3] = static_cast<uint8_t>(number % 100);
  std::copy(reason.begin(), reason.end(), value.begin() + 4);
}

}  // namespace

Builder::Builder(MutableBytes buffer, Class message_class, Method method, const TransactionId& id)
    : buffer_(buffer.first(std::min(buffer.size(), kMaxMessageSize))) {
  if (buffer_.size() < kHeaderSize) {
    overflowed_ = true;
    return;
  }
  StoreBig16(buffer_.data(), MessageType(message_class, method));
  StoreBig32(buffer_.data() + kMaskOffset, kMagicCookie);
  std::memcpy(buffer_.data() + kMaskOffset + 4, id.data(), id.size());
  size_ = kHeaderSize;
  StoreLength(0);
}

MutableBytes Builder::Reserve(AttributeType type, size_t size) {
  // buffer_ is never larger than a message can be, so what fits has a size of 16 bits.
  const size_t left = buffer_.size() - size_;
  if (overflowed_ || left < kAttributeHeaderSize || left - kAttributeHeaderSize < size ||
      left - kAttributeHeaderSize < PaddedSize(size)) {
    overflowed_ = true;
    return {};
  }
  uint8_t* const start = buffer_.data() + size_;
  StoreBig16(start, static_cast<uint16_t>(type));
  StoreBig16(start + 2, static_cast<uint16_t>(size));
  const MutableBytes value = buffer_.subspan(size_ + kAttributeHeaderSize, size);
  std::fill(value.data() + size, value.data() + PaddedSize(size), uint8_t{0});
  size_ += kAttributeHeaderSize + PaddedSize(size);
  return value;
}

void Builder::Add(AttributeType type, ByteView value) {
  const MutableBytes room = Reserve(type, value.size());
  if (!room.empty()) std::memcpy(room.data(), value.data(), value.size());
}

void Builder::AddUint32(AttributeType type, uint32_t value) {
  const MutableBytes room = Reserve(type, sizeof value);
  if (!room.empty()) StoreBig32(room.data(), value);
}

void Builder::AddUint64(AttributeType type, uint64_t value) {
  const MutableBytes room = Reserve(type, sizeof value);
  if (!room.empty()) StoreBig64(room.data(), value);
}

void Builder::AddXorAddress(AttributeType type, const Endpoint& address) {
  const ByteView ip = address.ip().bytes();
  const MutableBytes room = Reserve(type, 4 + ip.size());
  if (room.empty()) return;
  const uint8_t* const mask = buffer_.data() + kMaskOffset;
  room[0] = 0;
  room[1] = FamilyOf(address);
  StoreBig16(room.data() + 2, address.port() ^ LoadBig16(mask));
  for (size_t i = 0; i < ip.size(); ++i) room[4 + i] = ip[i] ^ mask[i];
}

void Builder::AddPlainAddress(AttributeType type, const Endpoint& address) {
  const ByteView ip = address.ip().bytes();
  const MutableBytes room = Reserve(type, 4 + ip.size());
  if (room.empty()) return;
  room[0] = 0;
  room[1] = FamilyOf(address);
  StoreBig16(room.data() + 2, address.port());
  std::copy(ip.begin(), ip.end(), room.begin() + 4);
}

void Builder::AddErrorCode(ErrorCode code) {
  const std::string_view reason = ReasonPhrase(code);
  const MutableBytes room = Reserve(AttributeType::kErrorCode, 4 + reason.size());
  if (!room.empty()) StoreError(room, 0, code, reason);
}

void Builder::AddErrorCodeWithoutPhrase(ErrorCode code) {
  const MutableBytes room = Reserve(AttributeType::kErrorCode, 4);
  if (!room.empty()) StoreError(room, 0, code, {});
}

void Builder::AddAddressErrorCode(uint8_t family, ErrorCode code) {
  const std::string_view reason = ReasonPhrase(code);
  const MutableBytes room = Reserve(AttributeType::kAddressErrorCode, 4 + reason.size());
  if (!room.empty()) StoreError(room, family, code, reason);
}

void Builder::AddUnknownAttributes(std::span<const uint16_t> types) {
  const MutableBytes room = Reserve(AttributeType::kUnknownAttributes, types.size() * 2);
  if (room.empty()) return;
  for (size_t i = 0; i < types.size(); ++i) StoreBig16(room.data() + 2 * i, types[i]);
}

void Builder::AddChannelNumber(uint16_t channel) {
  AddUint32(AttributeType::kChannelNumber, uint32_t{channel} << 16);
}

void Builder::AddIcmp(uint8_t type, uint8_t code, uint32_t data) {
  AddUint64(AttributeType::kIcmp, uint64_t{type} << 40 | uint64_t{code} << 32 | data);
}

void Builder::AddIntegrity(IntegrityKind kind, ByteView key) {
  const ByteView covered = buffer_.first(size_);
  const bool sha1 = kind == IntegrityKind::kSha1;
  const MutableBytes room = sha1 ? Reserve(AttributeType::kMessageIntegrity, kSha1Size)
                                 : Reserve(AttributeType::kMessageIntegritySha256, kSha256Size);
  if (room.empty()) return;
  StoreLength(size_ - kHeaderSize);  // the hash covers a header that already counts this attribute
  if (sha1) {
    const Sha1Digest digest = HmacSha1(key, covered);
    std::copy(digest.begin(), digest.end(), room.begin());
  } else {
    const Sha256Digest digest = HmacSha256(key, covered);
    std::copy(digest.begin(), digest.end(), room.begin());
  }
}

void Builder::AddFingerprint() {
  const ByteView covered = buffer_.first(size_);
  const MutableBytes room = Reserve(AttributeType::kFingerprint, kFingerprintSize);
  if (room.empty()) return;
  StoreLength(size_ - kHeaderSize);
  StoreBig32(room.data(), Fingerprint(covered));
}

ByteView Builder::Finish() {
  if (overflowed_) return {};
  StoreLength(size_ - kHeaderSize);
  return buffer_.first(size_);
}

void Builder::StoreLength(size_t bytes_behind_header) {
  StoreBig16(buffer_.data() + 2, static_cast<uint16_t>(bytes_behind_header));
}

}  // namespace culvert::stun
