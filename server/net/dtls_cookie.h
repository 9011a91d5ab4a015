// The cookies of DTLS's HelloVerifyRequest (RFC 6347 section 4.2.1): proof that a client receives
// at the address it sends from, before the server keeps anything about it.
#pragma once

#include <openssl/ssl.h>

#include "server/base/address.h"

namespace culvert::net {

// Makes sessions of `context` answer a first ClientHello with a cookie: HMAC-SHA-256 over the
// client's address and port with a secret made once per process, so that any worker knows the
// cookies of the others.
void InstallDtlsCookies(SSL_CTX* context);

// Says whose cookies `session` makes and checks. `client` must live as long as that may happen;
// null makes the session refuse both.
void SetCookieClient(SSL* session, const ClientAddress* client);

}  // namespace culvert::net
