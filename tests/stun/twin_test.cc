// The parser against its slow obvious twin, on random messages that are then damaged at random.

#include <gtest/gtest.h>

#include <array>
#include <random>

#include "tests/stun/naive_message.h"
#include "tests/stun/test_bytes.h"

namespace culvert::stun {
namespace {

constexpr unsigned kSeed = 20080;
constexpr int kMessages = 20000;

class RandomMessages {
 public:
  explicit RandomMessages(unsigned seed) : random_(seed) {}

  Bytes Next() {
    std::vector<Bytes> attributes;
    for (size_t left = Below(9); left > 0; --left) attributes.push_back(RandomAttribute());
    Bytes message = RawMessage(static_cast<uint16_t>(Below(0x4000)), attributes);
    if (Below(3) == 0) AppendFingerprint(&message);
    if (Below(2) == 0) Damage(&message);
    return message;
  }

 private:
  size_t Below(size_t end) { return random_() % end; }
  uint8_t Byte() { return static_cast<uint8_t>(Below(256)); }

  uint16_t RandomType() {
    if (Below(4) == 0) return Below(2) == 0 ? 0x0008 : 0x001c;
    if (Below(4) == 0)
      return static_cast<uint16_t>(Below(2) == 0 ? Below(0x30) : 0x7f00 + Below(3));
    if (Below(100) == 0) return 0x8028;
    const AttributeType type = kAttributes[Below(kAttributes.size())].type;
    return type == AttributeType::kFingerprint ? 0xf000 : static_cast<uint16_t>(type);
  }

  Bytes RandomAttribute() {
    Bytes value(Below(24));
    for (uint8_t& byte : value) byte = Byte();
    return Attribute(RandomType(), ByteView(value), Byte());
  }

  void AppendFingerprint(Bytes* message) {
    const Bytes attribute = Attribute(0x8028, "00000000");
    message->insert(message->end(), attribute.begin(), attribute.end());
    RepairLength(message);
    StoreBig32(message->data() + message->size() - 4,
               NaiveFingerprint(ByteView(*message).first(message->size() - 8)));
  }

  void Damage(Bytes* message) {
    for (size_t left = 1 + Below(3); left > 0; --left) {
      (*message)[Below(message->size())] ^= static_cast<uint8_t>(1u << Below(8));
    }
    if (Below(8) == 0) message->resize(Below(message->size() + 1));
    if (message->size() < 20) return;
    if (Below(2) == 0) RepairLength(message);
    if (Below(2) == 0) StoreBig32(message->data() + 4, kMagicCookie);
  }

  std::mt19937 random_;
};

TEST(TwinTest, ParserAndTwinAgreeOnRandomMessages) {
  RandomMessages messages(kSeed);
  std::array<int, kParseErrorCount> refused{};
  int accepted = 0;
  for (int i = 0; i < kMessages; ++i) {
    const Bytes bytes = messages.Next();
    ASSERT_EQ(DifferenceFromNaive(bytes), "") << "message " << i << ": " << ToHex(bytes);
    const auto message = Message::Parse(bytes);
    if (message.ok()) {
      ++accepted;
    } else {
      ++refused[static_cast<size_t>(message.error())];
    }
  }
  // The messages are worth their name only if each outcome is among them.
  EXPECT_GT(accepted, kMessages / 4);
  for (size_t i = 0; i < kParseErrorCount; ++i) {
    EXPECT_GT(refused[i], 0) << ParseErrorName(static_cast<ParseError>(i));
  }
}

}  // namespace
}  // namespace culvert::stun
