#include "server/net/dtls_cookie.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>
#include <cstdlib>
#include <cstring>

namespace culvert::net {
namespace {

constexpr size_t kCookieBytes = 32;
using Cookie = std::array<uint8_t, kCookieBytes>;

struct CookieSecret {
  std::array<uint8_t, 32> bytes;

  CookieSecret() {
    // Without randomness there is no security to offer; OpenSSL's own keys would fail as well.
    if (RAND_bytes(bytes.data(), bytes.size()) != 1) std::abort();
  }
};

int ClientIndex() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

bool MakeCookie(SSL* session, Cookie* out) {
  static const CookieSecret secret;
  const auto* client = static_cast<const ClientAddress*>(SSL_get_ex_data(session, ClientIndex()));
  if (client == nullptr) return false;
  ByteView ip = client->ip().bytes();
  uint8_t text[16 + 2];
  std::memcpy(text, ip.data(), ip.size());
  StoreBig16(text + ip.size(), client->port());
  unsigned int size = 0;
  return HMAC(EVP_sha256(), secret.bytes.data(), static_cast<int>(secret.bytes.size()), text,
              ip.size() + 2, out->data(), &size) != nullptr;
}

int GenerateCookie(SSL* session, unsigned char* out, unsigned int* size) {
  Cookie cookie;
  if (!MakeCookie(session, &cookie)) return 0;
  std::memcpy(out, cookie.data(), cookie.size());
  *size = kCookieBytes;
  return 1;
}

int VerifyCookie(SSL* session, const unsigned char* given, unsigned int size) {
  Cookie cookie;
  if (size != kCookieBytes || !MakeCookie(session, &cookie)) return 0;
  return CRYPTO_memcmp(cookie.data(), given, kCookieBytes) == 0 ? 1 : 0;
}

}  // namespace

void InstallDtlsCookies(SSL_CTX* context) {
  SSL_CTX_set_options(context, SSL_OP_COOKIE_EXCHANGE);
  SSL_CTX_set_cookie_generate_cb(context, &GenerateCookie);
  SSL_CTX_set_cookie_verify_cb(context, &VerifyCookie);
}

void SetCookieClient(SSL* session, const ClientAddress* client) {
  SSL_set_ex_data(session, ClientIndex(), const_cast<ClientAddress*>(client));
}

}  // namespace culvert::net
