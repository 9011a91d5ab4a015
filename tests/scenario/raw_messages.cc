#include "tests/scenario/raw_messages.h"

#include "server/stun/channel_data.h"
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

std::vector<uint8_t> ReadMessage(ClientConnection& connection) {
  std::vector<uint8_t> bytes(65536);
  if (!connection.is_stream()) {
    const auto size = connection.Receive(bytes, kPatience);
    bytes.resize(size.ok() ? *size : 0);
    return bytes;
  }
  if (!connection.ReceiveAll({bytes.data(), 4}, kPatience)) return {};
  const bool channel = bytes[0] >= 0x40;
  const size_t size = LoadBig16(bytes.data() + 2);
  const size_t rest = channel ? stun::PaddedSize(size) : stun::kHeaderSize - 4 + size;
  if (!connection.ReceiveAll({bytes.data() + 4, rest}, kPatience)) return {};
  bytes.resize(4 + rest);
  return bytes;
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
