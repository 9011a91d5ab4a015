// The operator's PEM files on their way into an OpenSSL context. Each function returns nothing when
// it is done, or a text for the operator: option, file, what is wrong, what to do. Called at start
// and at reload, by one thread.
#pragma once

#include <openssl/ssl.h>

#include <optional>
#include <string>

#include "server/net/tls_context.h"

namespace culvert::net {

using TlsFileError = std::optional<std::string>;

// `cert` and `pkey`: the chain, the key, and that they belong together.
TlsFileError UseCertificateAndKey(SSL_CTX* context, const TlsSettings& settings);

// `CA-file`: clients must show a certificate, and the list of authorities tells them of whom. The
// session id context becomes a digest of the file, so that no ticket of other authorities resumes.
TlsFileError UseClientAuthorities(SSL_CTX* context, const TlsSettings& settings);

// `dh-file`.
TlsFileError UseDhParameters(SSL_CTX* context, const TlsSettings& settings);

// The oldest reason in OpenSSL's error queue in its own words; empties the queue.
std::string TakeOpenSslReason();

}  // namespace culvert::net
