// The low-level SHA functions are called deprecated since OpenSSL 3.0, yet they are what a relay
// needs: the EVP and HMAC interfaces look their algorithm up and allocate a context in each call,
// which costs several times the hash of a STUN message.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "server/stun/integrity.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cstring>

#include "server/stun/message.h"

namespace culvert::stun {
namespace {

struct Sha1 {
  using Context = SHA_CTX;
  using Digest = Sha1Digest;
  static void Start(Context* c) { SHA1_Init(c); }
  static void Update(Context* c, ByteView data) { SHA1_Update(c, data.data(), data.size()); }
  static void Finish(Context* c, Digest* digest) { SHA1_Final(digest->data(), c); }
};

struct Sha256 {
  using Context = SHA256_CTX;
  using Digest = Sha256Digest;
  static void Start(Context* c) { SHA256_Init(c); }
  static void Update(Context* c, ByteView data) { SHA256_Update(c, data.data(), data.size()); }
  static void Finish(Context* c, Digest* digest) { SHA256_Final(digest->data(), c); }
};

// Both hashes work on blocks of 64 bytes.
constexpr size_t kBlockSize = 64;
using Block = std::array<uint8_t, kBlockSize>;

template <typename Hash>
Block KeyBlock(ByteView key) {
  Block block{};
  if (key.size() <= kBlockSize) {
    std::copy(key.begin(), key.end(), block.begin());
    return block;
  }
  typename Hash::Context context;
  typename Hash::Digest digest;
  Hash::Start(&context);
  Hash::Update(&context, key);
  Hash::Finish(&context, &digest);
  std::copy(digest.begin(), digest.end(), block.begin());
  return block;
}

template <typename Hash>
void StartPadded(typename Hash::Context* context, Block block, uint8_t pad) {
  for (uint8_t& byte : block) byte ^= pad;
  Hash::Start(context);
  Hash::Update(context, block);
}

// RFC 2104: H(K ^ opad, H(K ^ ipad, text)).
template <typename Hash>
typename Hash::Digest Hmac(ByteView key, ByteView first, ByteView second) {
  const Block block = KeyBlock<Hash>(key);
  typename Hash::Context context;
  typename Hash::Digest digest;
  StartPadded<Hash>(&context, block, 0x36);
  Hash::Update(&context, first);
  Hash::Update(&context, second);
  Hash::Finish(&context, &digest);
  StartPadded<Hash>(&context, block, 0x5c);
  Hash::Update(&context, digest);
  Hash::Finish(&context, &digest);
  return digest;
}

// RFC 8489 section 14.7: the CRC-32 of ITU V.42, reflected polynomial.
constexpr uint32_t kCrcPolynomial = 0xedb88320;

constexpr auto MakeCrcTable() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < table.size(); ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ kCrcPolynomial : crc >> 1;
    table[i] = crc;
  }
  return table;
}

constexpr auto kCrcTable = MakeCrcTable();

bool IsIntegritySize(IntegrityKind kind, size_t size, size_t least_sha256) {
  if (kind == IntegrityKind::kSha1) return size == kSha1Size;
  return size >= least_sha256 && size >= kLeastSha256Size && size <= kSha256Size && size % 4 == 0;
}

}  // namespace

Sha1Digest HmacSha1(ByteView key, ByteView first, ByteView second) {
  return Hmac<Sha1>(key, first, second);
}

Sha256Digest HmacSha256(ByteView key, ByteView first, ByteView second) {
  return Hmac<Sha256>(key, first, second);
}

bool VerifyIntegrity(const Message& message, IntegrityKind kind, ByteView key,
                     size_t least_sha256) {
  const bool sha1 = kind == IntegrityKind::kSha1;
  const size_t offset = sha1 ? message.integrity_offset() : message.integrity_sha256_offset();
  if (offset == 0) return false;
  const ByteView bytes = message.bytes();
  const size_t size = LoadBig16(bytes.data() + offset + 2);
  if (!IsIntegritySize(kind, size, least_sha256)) return false;

  // Sections 14.5, 14.6: hashed with a header length that ends at this attribute, whatever follows
  // it.
  std::array<uint8_t, kHeaderSize> header;
  std::memcpy(header.data(), bytes.data(), header.size());
  const size_t end = offset + kAttributeHeaderSize + size;
  StoreBig16(header.data() + 2, static_cast<uint16_t>(end - kHeaderSize));

  const ByteView value = bytes.subspan(offset + kAttributeHeaderSize, size);
  const ByteView covered = bytes.subspan(kHeaderSize, offset - kHeaderSize);
  return sha1 ? EqualInConstantTime(value, HmacSha1(key, header, covered))
              : EqualInConstantTime(value, ByteView(HmacSha256(key, header, covered)).first(size));
}

uint32_t Fingerprint(ByteView before) {
  uint32_t crc = 0xffffffff;
  for (const uint8_t byte : before) crc = kCrcTable[(crc ^ byte) & 0xff] ^ crc >> 8;
  return ~crc ^ kFingerprintXor;
}

bool EqualInConstantTime(ByteView a, ByteView b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace culvert::stun
