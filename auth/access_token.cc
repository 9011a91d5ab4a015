#include "auth/access_token.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

namespace culvert::auth {
namespace {

constexpr size_t kTagSize = 16;
constexpr size_t kLengthSize = 2;
constexpr size_t kTimesSize = 8 + 4;
constexpr int kFractionBits = 16;
// RFC 5116 wants 12; others are legal in GCM, and the length stands in the token.
constexpr size_t kMostNonce = 256;

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)>;

// A context with cipher, nonce, key and additional data in place; null when OpenSSL refuses.
Cipher Begin(const TokenSeal& seal, ByteView nonce, bool encrypt) {
  Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  const EVP_CIPHER* const algorithm =
      seal.algorithm == TokenAlgorithm::kA256Gcm ? EVP_aes_256_gcm() : EVP_aes_128_gcm();
  const int direction = encrypt ? 1 : 0;
  const auto* name = reinterpret_cast<const unsigned char*>(seal.server_name.data());
  int size = 0;
  const bool ready =
      cipher != nullptr && seal.key.size() == TokenKeySize(seal.algorithm) &&
      EVP_CipherInit_ex(cipher.get(), algorithm, nullptr, nullptr, nullptr, direction) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_IVLEN, static_cast<int>(nonce.size()),
                          nullptr) == 1 &&
      EVP_CipherInit_ex(cipher.get(), nullptr, nullptr, seal.key.data(), nonce.data(), direction) ==
          1 &&
      EVP_CipherUpdate(cipher.get(), nullptr, &size, name,
                       static_cast<int>(seal.server_name.size())) == 1;
  return ready ? std::move(cipher) : Cipher(nullptr, EVP_CIPHER_CTX_free);
}

// Plaintext of `body`, which ends with the tag.
std::optional<std::vector<uint8_t>> Decrypt(ByteView nonce, ByteView body, const TokenSeal& seal) {
  const Cipher cipher = Begin(seal, nonce, false);
  if (cipher == nullptr) return std::nullopt;
  const ByteView text = body.first(body.size() - kTagSize);
  std::array<uint8_t, kTagSize> tag;
  std::ranges::copy(body.last(kTagSize), tag.begin());
  std::vector<uint8_t> plain(text.size());
  int size = 0;
  const bool sound =
      EVP_CipherUpdate(cipher.get(), plain.data(), &size, text.data(),
                       static_cast<int>(text.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_TAG, kTagSize, tag.data()) == 1 &&
      EVP_CipherFinal_ex(cipher.get(), plain.data() + size, &size) == 1;
  if (!sound) {
    OPENSSL_cleanse(plain.data(), plain.size());
    return std::nullopt;
  }
  return plain;
}

}  // namespace

std::optional<TokenAlgorithm> ParseTokenAlgorithm(std::string_view name) {
  if (name == "A256GCM") return TokenAlgorithm::kA256Gcm;
  if (name == "A128GCM") return TokenAlgorithm::kA128Gcm;
  return std::nullopt;
}

size_t TokenKeySize(TokenAlgorithm algorithm) {
  return algorithm == TokenAlgorithm::kA256Gcm ? 32 : 16;
}

std::optional<AccessToken> OpenAccessToken(ByteView sealed, const TokenSeal& seal) {
  if (sealed.size() < kLengthSize) return std::nullopt;
  const size_t nonce_size = LoadBig16(sealed.data());
  const ByteView rest = sealed.subspan(kLengthSize);
  if (nonce_size == 0 || nonce_size > kMostNonce ||
      rest.size() < nonce_size + kLengthSize + kTimesSize + kTagSize) {
    return std::nullopt;
  }
  auto plain = Decrypt(rest.first(nonce_size), rest.subspan(nonce_size), seal);
  if (!plain) return std::nullopt;
  const size_t key_size = LoadBig16(plain->data());
  std::optional<AccessToken> token;
  if (key_size > 0 && plain->size() == kLengthSize + key_size + kTimesSize) {
    const uint8_t* const key = plain->data() + kLengthSize;
    const uint64_t timestamp = LoadBig64(key + key_size);
    token = AccessToken{{key, key + key_size},
                        WallTime(seconds(static_cast<int64_t>(timestamp >> kFractionBits))),
                        seconds(LoadBig32(key + key_size + 8))};
  }
  OPENSSL_cleanse(plain->data(), plain->size());
  return token;
}

std::vector<uint8_t> SealAccessToken(const AccessToken& token, const TokenSeal& seal,
                                     ByteView nonce) {
  const size_t key_size = token.session_key.size();
  std::vector<uint8_t> plain(kLengthSize + key_size + kTimesSize);
  StoreBig16(plain.data(), static_cast<uint16_t>(key_size));
  std::ranges::copy(token.session_key, plain.begin() + kLengthSize);
  uint8_t* const times = plain.data() + kLengthSize + key_size;
  const auto issued = static_cast<uint64_t>(token.issued.time_since_epoch().count());
  StoreBig64(times, issued << kFractionBits);
  StoreBig32(times + 8, static_cast<uint32_t>(token.lifetime.count()));

  std::vector<uint8_t> sealed(kLengthSize + nonce.size() + plain.size() + kTagSize);
  StoreBig16(sealed.data(), static_cast<uint16_t>(nonce.size()));
  std::ranges::copy(nonce, sealed.begin() + kLengthSize);
  uint8_t* const body = sealed.data() + kLengthSize + nonce.size();
  const Cipher cipher = Begin(seal, nonce, true);
  int size = 0;
  const bool done =
      cipher != nullptr &&
      EVP_CipherUpdate(cipher.get(), body, &size, plain.data(), static_cast<int>(plain.size())) ==
          1 &&
      EVP_CipherFinal_ex(cipher.get(), body + size, &size) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, kTagSize, body + plain.size()) == 1;
  OPENSSL_cleanse(plain.data(), plain.size());
  if (!done) return {};
  return sealed;
}

}  // namespace culvert::auth
