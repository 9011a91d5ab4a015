#include "auth/keys.h"

#include <openssl/evp.h>

#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <memory>

#include "auth/base64.h"
#include "auth/hex.h"
#include "server/base/bytes.h"
#include "server/stun/integrity.h"

namespace culvert::auth {
namespace {

// A digest fails when memory is gone or when the machine's policy forbids the algorithm. There is
// no key to go on with, and a made-up one would let everybody in.
void Require(bool worked, const char* what) {
  if (worked) return;
  std::fprintf(stderr, "culvert: OpenSSL cannot compute %s\n", what);
  std::abort();
}

// Digest of the parts with ":" between them. They go into the context one by one, so that the
// password is never copied; OpenSSL wipes the context when it is freed.
template <typename Key>
Key DigestOfParts(const EVP_MD* algorithm, const char* what,
                  std::initializer_list<std::string_view> parts) {
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                   EVP_MD_CTX_free);
  Require(context && EVP_DigestInit_ex(context.get(), algorithm, nullptr) == 1, what);
  const auto update = [&](std::string_view text) {
    Require(EVP_DigestUpdate(context.get(), text.data(), text.size()) == 1, what);
  };
  for (const std::string_view& part : parts) {
    if (&part != parts.begin()) update(":");
    update(part);
  }
  Key key;
  unsigned size = 0;
  Require(EVP_DigestFinal_ex(context.get(), key.data(), &size) == 1 && size == key.size(), what);
  return key;
}

template <typename Key>
std::optional<Key> ParseKey(std::string_view hex) {
  if (hex.starts_with("0x") || hex.starts_with("0X")) hex.remove_prefix(2);
  Key key;
  if (!ParseHex(hex, key)) return std::nullopt;
  return key;
}

}  // namespace

Md5Key DeriveMd5Key(std::string_view username, std::string_view realm, std::string_view password) {
  return DigestOfParts<Md5Key>(EVP_md5(), "MD5", {username, realm, password});
}

Sha256Key DeriveSha256Key(std::string_view username, std::string_view realm,
                          std::string_view password) {
  return DigestOfParts<Sha256Key>(EVP_sha256(), "SHA-256", {username, realm, password});
}

IntegrityKeys DeriveKeys(std::string_view username, std::string_view realm,
                         std::string_view password) {
  IntegrityKeys keys;
  keys.md5 = DeriveMd5Key(username, realm, password);
  keys.sha256 = DeriveSha256Key(username, realm, password);
  return keys;
}

UserHash DeriveUserHash(std::string_view username, std::string_view realm) {
  return DigestOfParts<UserHash>(EVP_sha256(), "SHA-256", {username, realm});
}

std::optional<Md5Key> ParseMd5Key(std::string_view hex) {
  return ParseKey<Md5Key>(hex);
}

std::optional<Sha256Key> ParseSha256Key(std::string_view hex) {
  return ParseKey<Sha256Key>(hex);
}

SecretText EphemeralPassword(std::string_view secret, std::string_view username) {
  return SecretText(ToBase64(stun::HmacSha1(AsBytes(secret), AsBytes(username))));
}

}  // namespace culvert::auth
