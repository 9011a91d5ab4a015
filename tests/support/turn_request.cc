#include "tests/support/turn_request.h"

#include <cstdlib>
#include <initializer_list>

#include "auth/keys.h"
#include "server/base/address.h"
#include "server/stun/builder.h"
#include "server/stun/integrity.h"

namespace culvert {

using stun::AttributeType;

namespace {

stun::TransactionId Numbered(uint32_t number) {
  stun::TransactionId id{};
  StoreBig32(id.data() + 8, number);
  return id;
}

}  // namespace

TestUser::TestUser(std::string_view name, std::string_view password, std::string_view its_realm)
    : username(name), realm(its_realm), key(auth::DeriveMd5Key(name, its_realm, password)) {}

TurnRequest::TurnRequest(stun::Method method, uint32_t number, stun::Class message_class)
    : bytes_(stun::kHeaderSize) {
  stun::Builder header(bytes_, message_class, method, Numbered(number));
  header.Finish();
}

TurnRequest& TurnRequest::Add(AttributeType type, ByteView value) {
  const size_t offset = bytes_.size();
  bytes_.resize(offset + stun::kAttributeHeaderSize + ((value.size() + 3) & ~size_t{3}));
  StoreBig16(bytes_.data() + offset, static_cast<uint16_t>(type));
  StoreBig16(bytes_.data() + offset + 2, static_cast<uint16_t>(value.size()));
  std::copy(value.begin(), value.end(),
            bytes_.begin() + static_cast<std::ptrdiff_t>(offset + stun::kAttributeHeaderSize));
  StoreLength(bytes_.size() - stun::kHeaderSize);
  return *this;
}

TurnRequest& TurnRequest::Add(AttributeType type, std::initializer_list<uint8_t> value) {
  return Add(type, ByteView(value.begin(), value.size()));
}

TurnRequest& TurnRequest::AddUnknown(uint16_t type) {
  return Add(static_cast<AttributeType>(type), ByteView());
}

TurnRequest& TurnRequest::Text(AttributeType type, std::string_view text) {
  return Add(type, AsBytes(text));
}

TurnRequest& TurnRequest::Uint32(AttributeType type, uint32_t value) {
  uint8_t bytes[4];
  StoreBig32(bytes, value);
  return Add(type, ByteView(bytes));
}

TurnRequest& TurnRequest::Transport(uint8_t protocol) {
  return Add(AttributeType::kRequestedTransport, {protocol, 0xff, 0xff, 0xff});
}

TurnRequest& TurnRequest::Lifetime(uint32_t value) {
  return Uint32(AttributeType::kLifetime, value);
}

TurnRequest& TurnRequest::RequestedFamily(uint8_t family) {
  return Add(AttributeType::kRequestedAddressFamily, {family, 0, 0, 0});
}

TurnRequest& TurnRequest::AdditionalFamily(uint8_t family) {
  return Add(AttributeType::kAdditionalAddressFamily, {family, 0, 0, 0});
}

TurnRequest& TurnRequest::EvenPort(bool reserve_next) {
  return Add(AttributeType::kEvenPort, {static_cast<uint8_t>(reserve_next ? 0x80 : 0)});
}

TurnRequest& TurnRequest::Peer(std::string_view endpoint) {
  const auto peer = Endpoint::Parse(endpoint);
  if (!peer) std::abort();
  // Encoded by a builder whose message has the same transaction id.
  stun::TransactionId id;
  std::copy(bytes_.begin() + 8, bytes_.begin() + stun::kHeaderSize, id.begin());
  uint8_t buffer[64];
  stun::Builder encoder(buffer, stun::Class::kRequest, stun::Method::kConnect, id);
  encoder.AddXorAddress(AttributeType::kXorPeerAddress, *peer);
  return Add(AttributeType::kXorPeerAddress,
             encoder.Finish().subspan(stun::kHeaderSize + stun::kAttributeHeaderSize));
}

TurnRequest& TurnRequest::Channel(uint16_t number) {
  return Uint32(AttributeType::kChannelNumber, static_cast<uint32_t>(number) << 16);
}

TurnRequest& TurnRequest::Connection(uint32_t id) {
  return Uint32(AttributeType::kConnectionId, id);
}

TurnRequest& TurnRequest::SignedBy(const TestUser& user, std::string_view nonce) {
  Text(AttributeType::kUsername, user.username);
  Text(AttributeType::kRealm, user.realm);
  Text(AttributeType::kNonce, nonce);
  return Integrity(user.key);
}

// RFC 8489 section 14.5: the header's length already counts the attribute.
TurnRequest& TurnRequest::Integrity(ByteView key) {
  StoreLength(bytes_.size() - stun::kHeaderSize + stun::kAttributeHeaderSize + stun::kSha1Size);
  const stun::Sha1Digest digest = stun::HmacSha1(key, bytes_);
  return Add(AttributeType::kMessageIntegrity, ByteView(digest));
}

TurnRequest& TurnRequest::IntegritySha256(ByteView key, size_t size) {
  StoreLength(bytes_.size() - stun::kHeaderSize + stun::kAttributeHeaderSize + size);
  const stun::Sha256Digest digest = stun::HmacSha256(key, bytes_);
  return Add(AttributeType::kMessageIntegritySha256, ByteView(digest).first(size));
}

TurnRequest& TurnRequest::Fingerprint() {
  StoreLength(bytes_.size() - stun::kHeaderSize + stun::kAttributeHeaderSize + 4);
  return Uint32(AttributeType::kFingerprint, stun::Fingerprint(bytes_));
}

void TurnRequest::StoreLength(size_t bytes_behind_header) {
  StoreBig16(bytes_.data() + 2, static_cast<uint16_t>(bytes_behind_header));
}

}  // namespace culvert
