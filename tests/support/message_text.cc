#include "tests/support/message_text.h"

#include <algorithm>
#include <cstdio>
#include <optional>

#include "server/stun/integrity.h"
#include "server/stun/message.h"
#include "server/stun/protocol.h"

namespace culvert {
namespace {

using stun::AttributeType;

const char* ClassName(stun::Class message_class) {
  switch (message_class) {
    case stun::Class::kRequest:
      return "request";
    case stun::Class::kIndication:
      return "indication";
    case stun::Class::kSuccess:
      return "success";
    case stun::Class::kError:
      return "error";
  }
  return "?";
}

std::string Hex(ByteView bytes) {
  std::string text;
  for (const uint8_t byte : bytes) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", byte);
    text += digits;
  }
  return text;
}

// Class and number stand in the third and fourth byte of both attributes that carry an error.
std::string ErrorNumber(ByteView value) {
  return value.size() < 4 ? Hex(value) : std::to_string((value[2] & 7) * 100 + value[3]);
}

std::string TransactionNumber(const stun::TransactionId& id) {
  if (std::any_of(id.begin(), id.begin() + 8, [](uint8_t byte) { return byte != 0; })) return "";
  return " #" + std::to_string(LoadBig32(id.data() + 8));
}

std::string ValueText(uint16_t type, ByteView value, const stun::Message& message, ByteView key) {
  switch (static_cast<AttributeType>(type)) {
    case AttributeType::kXorPeerAddress:
    case AttributeType::kXorRelayedAddress:
    case AttributeType::kXorMappedAddress: {
      const auto address = stun::DecodeXorAddress(value, message.transaction_id());
      return address ? " " + address->ToString() : " " + Hex(value);
    }
    case AttributeType::kErrorCode:
      return " " + ErrorNumber(value);
    case AttributeType::kAddressErrorCode:
      return " family " + std::to_string(value[0]) + " " + ErrorNumber(value);
    case AttributeType::kLifetime:
      return " " + std::to_string(LoadBig32(value.data()));
    case AttributeType::kConnectionId:
      return " " + std::to_string(LoadBig32(value.data()));
    case AttributeType::kRealm:
    case AttributeType::kSoftware:
    case AttributeType::kUsername:
      return " " + std::string(AsText(value));
    case AttributeType::kNonce:
    case AttributeType::kFingerprint:
      return "";
    case AttributeType::kMessageIntegrity:
      return stun::VerifyIntegrity(message, stun::IntegrityKind::kSha1, key) ? " ok" : " WRONG";
    case AttributeType::kMessageIntegritySha256:
      return stun::VerifyIntegrity(message, stun::IntegrityKind::kSha256, key) ? " ok" : " WRONG";
    default:
      return " " + Hex(value);
  }
}

}  // namespace

std::string MessageText(ByteView bytes, ByteView key) {
  const auto message = stun::Message::Parse(bytes);
  if (!message.ok()) return std::string("unreadable: ") + stun::ParseErrorName(message.error());
  std::string text = std::string(stun::MethodName(message->method())) + " " +
                     ClassName(message->message_class()) +
                     TransactionNumber(message->transaction_id()) + " {";
  const char* separator = "";
  for (size_t offset = stun::kHeaderSize; offset < bytes.size();) {
    const uint16_t type = LoadBig16(bytes.data() + offset);
    const size_t size = LoadBig16(bytes.data() + offset + 2);
    text += separator;
    text += stun::AttributeName(type);
    text +=
        ValueText(type, bytes.subspan(offset + stun::kAttributeHeaderSize, size), *message, key);
    separator = ", ";
    offset += stun::kAttributeHeaderSize + ((size + 3) & ~size_t{3});
  }
  return text + "}";
}

}  // namespace culvert
