// Any bytes: the parser agrees with its slow twin, every accessor stays inside the message, and a
// message put together again from its attributes says the same.

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "server/stun/builder.h"
#include "server/stun/integrity.h"
#include "server/stun/message.h"
#include "tests/stun/naive_message.h"

namespace culvert::stun {
namespace {

void Require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

bool IsInside(ByteView inner, ByteView outer) {
  return inner.data() >= outer.data() && inner.data() + inner.size() <= outer.data() + outer.size();
}

void UseEveryAccessor(const Message& message) {
  static volatile size_t sink = 0;
  for (const AttributeRow& row : kAttributes) {
    const auto value = message.Find(row.type);
    Require(message.Has(row.type) == value.has_value(), "Has is Find");
    if (value) Require(IsInside(*value, message.bytes()), "values lie in the message");
    message.ForEach(row.type, [&](ByteView each) {
      Require(IsInside(each, message.bytes()), "visited values lie in the message");
    });
    const auto address = message.XorAddress(row.type);
    if (address) sink = sink + address->port();
    sink = sink + message.Uint32(row.type).value_or(0) + message.LeadingByte(row.type).value_or(0);
    sink = sink + message.Text(row.type).value_or("").size();
  }
  sink = sink + message.ChannelNumber().value_or(0);
  const int error = message.Error().value_or(300);
  Require(error >= 300 && error <= 699, "error codes are in their range");
  const ByteView key = AsBytes("a key that signed nothing");
  Require(!VerifyIntegrity(message, IntegrityKind::kSha1, key), "a forged MESSAGE-INTEGRITY");
  Require(!VerifyIntegrity(message, IntegrityKind::kSha256, key), "a forged SHA-256 integrity");
}

void AddAll(const NaiveMessage& naive, Builder* builder) {
  for (const NaiveAttribute& attribute : naive.attributes) {
    const auto type = static_cast<AttributeType>(attribute.type);
    if (type == AttributeType::kFingerprint) {
      builder->AddFingerprint();
    } else {
      builder->Add(type, attribute.value);
    }
  }
}

void RoundTrip(const Message& message, const Bytes& bytes) {
  const auto naive = NaiveParse(bytes);
  Require(naive.ok(), "the twin accepts it too");
  Bytes buffer(bytes.size());
  Builder builder(buffer, message.message_class(), message.method(), message.transaction_id());
  AddAll(*naive, &builder);
  const ByteView built = builder.Finish();
  Require(!builder.overflowed(), "what was parsed fits its own size");
  const auto again = Message::Parse(built);
  Require(again.ok(), "what is built parses");
  Require(again->message_class() == message.message_class(), "the same class");
  Require(again->method() == message.method(), "the same method");
  Require(std::ranges::equal(again->unknown_required(), message.unknown_required()),
          "the same unknown types");
  for (const AttributeRow& row : kAttributes) {
    const auto before = message.Find(row.type);
    const auto after = again->Find(row.type);
    Require(before.has_value() == after.has_value(), "the same attributes");
    // The CRC covers what was left out and the padding, so it may differ.
    if (!before || row.type == AttributeType::kFingerprint) continue;
    Require(std::ranges::equal(*before, *after), "the same values");
  }
}

void SignAndVerify(const Message& message, const Bytes& bytes) {
  Bytes buffer(bytes.size() + 100);
  Builder builder(buffer, message.message_class(), message.method(), message.transaction_id());
  const auto user = message.Find(AttributeType::kUsername);
  if (user) builder.Add(AttributeType::kUsername, *user);
  const ByteView key = user.value_or(ByteView{});
  builder.AddIntegrity(IntegrityKind::kSha1, key);
  builder.AddIntegrity(IntegrityKind::kSha256, key);
  builder.AddFingerprint();
  if (builder.overflowed()) return;
  const auto again = Message::Parse(builder.Finish());
  Require(again.ok(), "what is signed parses");
  Require(VerifyIntegrity(*again, IntegrityKind::kSha1, key), "MESSAGE-INTEGRITY verifies");
  Require(VerifyIntegrity(*again, IntegrityKind::kSha256, key), "SHA-256 integrity verifies");
}

void Try(const Bytes& bytes) {
  const std::string difference = DifferenceFromNaive(bytes);
  Require(difference.empty(), difference.c_str());
  const auto message = Message::Parse(bytes);
  if (!message.ok()) return;
  UseEveryAccessor(*message);
  RoundTrip(*message, bytes);
  SignAndVerify(*message, bytes);
}

// The same bytes with a header and CRC that hold, so that what lies behind these checks is reached.
Bytes Repaired(Bytes bytes) {
  if (bytes.size() < kHeaderSize) return bytes;
  bytes.resize(std::min(bytes.size(), kMaxMessageSize) / 4 * 4);
  bytes[0] &= 0x3f;
  StoreBig32(bytes.data() + 4, kMagicCookie);
  RepairLength(&bytes);
  if (bytes.size() < kHeaderSize + 8) return bytes;
  const size_t last = bytes.size() - 8;
  if (LoadBig32(bytes.data() + last) == 0x80280004) {
    StoreBig32(bytes.data() + last + 4, NaiveFingerprint(ByteView(bytes).first(last)));
  }
  return bytes;
}

}  // namespace
}  // namespace culvert::stun

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const culvert::stun::Bytes bytes(data, data + size);
  culvert::stun::Try(bytes);
  culvert::stun::Try(culvert::stun::Repaired(bytes));
  return 0;
}
