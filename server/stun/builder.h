// Writes one STUN message into memory that the caller owns. Nothing is allocated. Padding is zero.
//
//     uint8_t buffer[512];
//     Builder answer(buffer, Class::kSuccess, Method::kBinding, request.transaction_id());
//     answer.AddXorAddress(AttributeType::kXorMappedAddress, client);
//     send(answer.Finish());
//
// What does not fit is left out and makes overflowed() true; Finish() then returns an empty view.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "server/base/address.h"
#include "server/base/bytes.h"
#include "server/stun/integrity.h"
#include "server/stun/protocol.h"

namespace culvert::stun {

class Builder {
 public:
  // `buffer` must outlive the builder and the view that Finish() returns.
  Builder(MutableBytes buffer, Class message_class, Method method, const TransactionId& id);

  void Add(AttributeType type, ByteView value);
  void AddText(AttributeType type, std::string_view text) { Add(type, AsBytes(text)); }
  void AddUint32(AttributeType type, uint32_t value);
  void AddUint64(AttributeType type, uint64_t value);
  void AddEmpty(AttributeType type) { Add(type, {}); }
  // RFC 8489 section 14.2.
  void AddXorAddress(AttributeType type, const Endpoint& address);
  // MAPPED-ADDRESS coding (section 14.1): ALTERNATE-SERVER, RESPONSE-ORIGIN.
  void AddPlainAddress(AttributeType type, const Endpoint& address);
  // ERROR-CODE (section 14.8) with the standard's reason phrase.
  void AddErrorCode(ErrorCode code);
  // The same with an empty one, where each byte counts.
  void AddErrorCodeWithoutPhrase(ErrorCode code);
  // ADDRESS-ERROR-CODE (RFC 8656 section 18.12).
  void AddAddressErrorCode(uint8_t family, ErrorCode code);
  // UNKNOWN-ATTRIBUTES (section 14.13).
  void AddUnknownAttributes(std::span<const uint16_t> types);
  // A CHANNEL-NUMBER and its reserved half.
  void AddChannelNumber(uint16_t channel);
  // ICMP (RFC 8656 section 18.13): 16 reserved bits, type, code, 32 bits of error data.
  void AddIcmp(uint8_t type, uint8_t code, uint32_t data);

  // Reserves room for an attribute of `size` bytes and returns it for the caller to fill (empty
  // when it does not fit). Padding is zeroed.
  MutableBytes Reserve(AttributeType type, size_t size);

  // RFC 8489 sections 14.5, 14.6: covers everything added so far.
  void AddIntegrity(IntegrityKind kind, ByteView key);
  // RFC 8489 section 14.7; must be the last attribute.
  void AddFingerprint();

  bool overflowed() const { return overflowed_; }
  size_t size() const { return size_; }
  // The finished message, or an empty view if it did not fit.
  ByteView Finish();

 private:
  void StoreLength(size_t bytes_behind_header);

  MutableBytes buffer_;
  size_t size_ = 0;
  bool overflowed_ = false;
};

}  // namespace culvert::stun
