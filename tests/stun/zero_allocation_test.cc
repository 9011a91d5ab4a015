// Parsing, verifying, building and framing take nothing from the heap. This program counts every
// operator new; OpenSSL's own malloc is not seen, which is why no call here may need a context from
// it.

#include <gtest/gtest.h>
#include <openssl/crypto.h>

#include <cstdlib>
#include <new>

#include "server/stun/builder.h"
#include "server/stun/framer.h"
#include "server/stun/message.h"
#include "tests/stun/test_bytes.h"

namespace {

size_t allocations = 0;

void* Counted(size_t size) {
  ++allocations;
  void* const memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) std::abort();
  return memory;
}

void* CountedForOpenSsl(size_t size, const char*, int) {
  return Counted(size);
}
void* CountedAgain(void* memory, size_t size, const char*, int) {
  ++allocations;
  return std::realloc(memory, size);
}
void FreeForOpenSsl(void* memory, const char*, int) {
  std::free(memory);
}

}  // namespace

void* operator new(size_t size) {
  return Counted(size);
}
void* operator new[](size_t size) {
  return Counted(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, size_t) noexcept {
  std::free(memory);
}

namespace culvert::stun {
namespace {

// Before main: OpenSSL takes these functions only as long as it has allocated nothing.
const bool openssl_is_counted =
    CRYPTO_set_mem_functions(CountedForOpenSsl, CountedAgain, FreeForOpenSsl) == 1;

template <typename Action>
size_t AllocationsIn(Action action) {
  const size_t before = allocations;
  action();
  return allocations - before;
}

TEST(ZeroAllocationTest, TheCounterCounts) {
  ASSERT_TRUE(openssl_is_counted);
  EXPECT_GE(AllocationsIn([] {
              Bytes bytes(1000);
              bytes[0] = 1;
            }),
            1u);
  EXPECT_EQ(AllocationsIn([] { OPENSSL_free(OPENSSL_malloc(10)); }), 1u);
}

TEST(ZeroAllocationTest, ParsingAndVerifyingTakesNothingFromTheHeap) {
  const Bytes sha1 = ReadVector("connection_bind_sha1_fingerprint");
  const Bytes sha256 = ReadVector("allocate_tcp_sha256_md5_key");
  const Bytes key = Hex("96e72903d0fff6c72008061c92eccf7a");
  bool verified = true;
  size_t seen = 0;
  EXPECT_EQ(AllocationsIn([&] {
              const auto first = Message::Parse(sha1);
              verified &= first.ok() && VerifyIntegrity(*first, IntegrityKind::kSha1, key);
              const auto second = Message::Parse(sha256);
              verified &= second.ok() && VerifyIntegrity(*second, IntegrityKind::kSha256, key);
              for (const AttributeRow& row : kAttributes) {
                first->ForEach(row.type, [&](ByteView value) { seen += value.size(); });
                seen += first->XorAddress(row.type).has_value() + first->Has(row.type);
                seen += first->Uint32(row.type).has_value() + first->Text(row.type).has_value();
              }
            }),
            0u);
  EXPECT_TRUE(verified);
  EXPECT_GT(seen, 0u);
}

TEST(ZeroAllocationTest, BuildingTakesNothingFromTheHeap) {
  uint8_t buffer[512];
  const Endpoint v6 = *Endpoint::Parse("[2001:db8::1]:3478");
  const Bytes key(100, 0x61);
  size_t size = 0;
  EXPECT_EQ(AllocationsIn([&] {
              Builder builder(buffer, Class::kError, Method::kAllocate, TransactionId{});
              builder.AddErrorCode(ErrorCode::kUnauthenticated);
              builder.AddAddressErrorCode(kFamilyIPv6, ErrorCode::kInsufficientCapacity);
              builder.AddText(AttributeType::kRealm, "example.org");
              builder.AddXorAddress(AttributeType::kXorMappedAddress, v6);
              builder.AddPlainAddress(AttributeType::kAlternateServer, v6);
              builder.AddIcmp(3, 3, 0);
              builder.AddIntegrity(IntegrityKind::kSha1, key);
              builder.AddIntegrity(IntegrityKind::kSha256, key);
              builder.AddFingerprint();
              size = builder.Finish().size();
            }),
            0u);
  EXPECT_GT(size, 200u);
}

TEST(ZeroAllocationTest, FramingTakesNothingFromTheHeap) {
  const Bytes stream = ReadVector("connection_bind_sha1_fingerprint");
  Frame frame{};
  EXPECT_EQ(AllocationsIn([&] { frame = NextFrame(stream); }), 0u);
  EXPECT_EQ(frame.size, stream.size());
}

}  // namespace
}  // namespace culvert::stun
