// Whatever bytes come as ACCESS-TOKEN, only what was sealed with the key opens, and it opens to
// what was sealed.

#include <cstdlib>

#include "auth/access_token.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace culvert::auth;
  static const TokenSeal kSeal{
      TokenAlgorithm::kA256Gcm,
      {'1', '2', '3', '4', '5', '6', '7', '8', '9', '0', '1', '2', '3', '4', '5', '6',
       '7', '8', '9', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '0', '1', '2'},
      "turn.example.org"};
  const culvert::ByteView bytes(data, size);
  if (const auto token = OpenAccessToken(bytes, kSeal)) {
    // The corpus has one that opens; another that does was forged.
    const size_t nonce_size = culvert::LoadBig16(data);
    const auto again = SealAccessToken(*token, kSeal, bytes.subspan(2, nonce_size));
    if (OpenAccessToken(again, kSeal) != token) std::abort();
  }
  // The bytes as what is inside: any plaintext that an authorization server may seal.
  const size_t key_size = size < 64 ? size : 64;
  if (key_size == 0) return 0;
  const AccessToken made{{data, data + key_size},
                         culvert::WallTime(culvert::seconds(data[0] * 1000)),
                         culvert::seconds(data[size - 1])};
  const std::vector<uint8_t> nonce(12, data[0]);
  if (OpenAccessToken(SealAccessToken(made, kSeal, nonce), kSeal) != made) std::abort();
  return 0;
}
