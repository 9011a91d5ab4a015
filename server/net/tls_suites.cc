#include "server/net/tls_suites.h"

#include <openssl/ssl.h>
#if defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

#include <algorithm>
#include <array>

namespace culvert::net {
namespace {

constexpr std::array<std::string_view, 5> kTls13Names = {
    "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256"};

constexpr std::string_view kSeparators = ":, ";

bool IsTls13Suite(std::string_view name) {
  return std::find(kTls13Names.begin(), kTls13Names.end(), name) != kTls13Names.end();
}

void Append(std::string* list, std::string_view name) {
  if (!list->empty()) *list += ':';
  *list += name;
}

// OpenSSL's cipher strings know only OpenSSL's names.
std::string ToOpenSslName(std::string_view name) {
  std::string text(name);
  if (!name.starts_with("TLS_")) return text;
  std::string_view translated = OPENSSL_cipher_name(text.c_str());
  return translated == "(NONE)" ? text : std::string(translated);
}

}  // namespace

SuiteLists DefaultSuites(bool aes_is_fast) {
  const std::string ecdhe_aes =
      "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
      "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";
  const std::string ecdhe_chacha = "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
  // Last, for they cost the server most.
  const std::string dhe =
      ":DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:DHE-RSA-CHACHA20-POLY1305";
  const std::string aes_13 = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384";
  const std::string chacha_13 = "TLS_CHACHA20_POLY1305_SHA256";
  if (aes_is_fast) return {ecdhe_aes + ":" + ecdhe_chacha + dhe, aes_13 + ":" + chacha_13};
  return {ecdhe_chacha + ":" + ecdhe_aes + dhe, chacha_13 + ":" + aes_13};
}

SuiteLists SplitCipherList(std::string_view list, const SuiteLists& defaults) {
  SuiteLists split;
  while (!list.empty()) {
    size_t end = std::min(list.find_first_of(kSeparators), list.size());
    std::string_view name = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    if (name.empty()) continue;
    if (IsTls13Suite(name)) {
      Append(&split.tls_1_3, name);
    } else {
      Append(&split.tls_1_2, ToOpenSslName(name));
    }
  }
  // Commands such as @SECLEVEL=1 name no suite: they apply to the defaults.
  if (split.tls_1_2.empty()) split.tls_1_2 = defaults.tls_1_2;
  if (split.tls_1_2.starts_with('@')) split.tls_1_2 = defaults.tls_1_2 + ":" + split.tls_1_2;
  if (split.tls_1_3.empty()) split.tls_1_3 = defaults.tls_1_3;
  return split;
}

bool AesIsFast() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul");
#elif defined(__aarch64__)
  return (getauxval(AT_HWCAP) & HWCAP_AES) != 0;
#else
  return false;
#endif
}

}  // namespace culvert::net
