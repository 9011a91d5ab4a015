// Which cipher suites are offered, and how one operator's list serves TLS 1.2 and TLS 1.3, which
// OpenSSL configures apart.
#pragma once

#include <string>
#include <string_view>

namespace culvert::net {

struct SuiteLists {
  std::string tls_1_2;  // for SSL_CTX_set_cipher_list
  std::string tls_1_3;  // for SSL_CTX_set_ciphersuites
};

// Forward secrecy and authenticated encryption only (RFC 9325 section 4.2), the two suites that
// TURN names included (RFC 8656 section 3). AES-GCM first if `aes_is_fast`, else ChaCha20.
SuiteLists DefaultSuites(bool aes_is_fast);

// Splits a list with colons (commas and spaces are taken, too). Names of TLS 1.3 suites go to
// one side, the rest, in OpenSSL's words or the standard's (TLS_ECDHE_RSA_WITH_...), to the other.
// A side that the operator did not mention keeps the defaults: coturn hands the whole string to
// both, and lists made for it often name suites of one side only.
SuiteLists SplitCipherList(std::string_view list, const SuiteLists& defaults);

// Whether this processor computes AES in hardware.
bool AesIsFast();

}  // namespace culvert::net
