#include "auth/base64.h"

#include <openssl/evp.h>

#include <algorithm>

namespace culvert::auth {
namespace {

bool IsDigit(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '/';
}

}  // namespace

std::string ToBase64(ByteView bytes) {
  std::string text((bytes.size() + 2) / 3 * 4, '\0');
  // EVP_EncodeBlock also writes the terminating zero, which std::string has room for.
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                  static_cast<int>(bytes.size()));
  return text;
}

std::optional<std::vector<uint8_t>> ParseBase64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  const size_t digits = text.find('=') == std::string_view::npos ? text.size() : text.find('=');
  const size_t padding = text.size() - digits;
  // OpenSSL passes over blanks at both ends and takes padding in the middle.
  if (padding > 2 || !std::all_of(text.begin(), text.begin() + digits, IsDigit) ||
      !std::all_of(text.begin() + digits, text.end(), [](char c) { return c == '='; })) {
    return std::nullopt;
  }
  std::vector<uint8_t> bytes(text.size() / 4 * 3);
  const int size =
      EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  bytes.resize(bytes.size() - padding);
  return bytes;
}

}  // namespace culvert::auth
