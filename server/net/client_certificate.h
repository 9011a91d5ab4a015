// Whom a client's certificate names (`client-cert-user`), once OpenSSL has found it to be of an
// authority in `CA-file`. A session that was resumed has the certificate of the handshake before:
// it lies in the ticket, and tickets of other authorities do not resume (tls_files.h).
//
// Any thread that has the session.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "server/base/time.h"

struct ssl_st;

namespace culvert::net {

enum class CertificateField : uint8_t {
  kCommonName,  // CN of the subject, if it has exactly one
  kDns,         // SubjectAltName (RFC 5280 section 4.2.1.6), any of its entries:
  kEmail,
  kUri,  // whole, or what stands behind "sip:" or "sips:"
};

// True when there is a verified certificate that is not past its date, and its `field` is one of
// `names`: to the byte, but for the case of DNS names. `ssl` may be null: then there is none.
bool CertificateNames(const ssl_st* ssl, CertificateField field,
                      std::initializer_list<std::string_view> names, WallTime now);

}  // namespace culvert::net
