#include "tests/scenario/raw_messages.h"

#include "server/stun/message.h"
#include "tests/scenario/relay_fixture.h"

namespace culvert::testing {

using stun::AttributeType;

RawAnswer ReadAnswer(ClientConnection& stream) {
  RawAnswer answer;
  std::vector<uint8_t> bytes(stun::kHeaderSize);
  if (!stream.ReceiveAll(bytes, kPatience)) return answer;
  bytes.resize(stun::kHeaderSize + LoadBig16(bytes.data() + 2));
  if (!stream.ReceiveAll(MutableBytes(bytes).subspan(stun::kHeaderSize), kPatience)) return answer;
  const auto message = stun::Message::Parse(bytes);
  if (!message) return answer;
  if (message->message_class() == stun::Class::kSuccess) answer.code = 0;
  if (message->message_class() == stun::Class::kError) answer.code = message->Error().value_or(-1);
  answer.nonce = message->Text(AttributeType::kNonce).value_or("");
  answer.realm = message->Text(AttributeType::kRealm).value_or("");
  answer.bytes = std::move(bytes);
  return answer;
}

std::vector<uint8_t> BindRequest(const ClientCredentials& credentials, uint32_t id) {
  const TestUser user(credentials.username, credentials.password, credentials.realm);
  return TurnRequest(stun::Method::kConnectionBind)
      .Connection(id)
      .SignedBy(user, credentials.nonce)
      .bytes();
}

std::vector<uint8_t> UnsignedBind(uint32_t id) {
  return TurnRequest(stun::Method::kConnectionBind).Connection(id).bytes();
}

bool SendInSingleBytes(ClientConnection& stream, ByteView bytes) {
  for (const uint8_t& byte : bytes) {
    if (!stream.Send({&byte, 1}, kPatience)) return false;
  }
  return true;
}

}  // namespace culvert::testing
