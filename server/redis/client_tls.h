// TLS towards Redis: what all connections of a client have in common, and one session of it.
#pragma once

#include <memory>
#include <string>

#include "server/base/result.h"
#include "server/net/tls_context.h"
#include "server/redis/settings.h"

namespace culvert::redis {

class ClientTls {
 public:
  // Reads the files. The error names the word of the connection string and the file.
  static Result<std::unique_ptr<ClientTls>, std::string> Load(const TlsOptions& options);

  // A client session in connect state that speaks to memory: what comes is written to its read BIO,
  // what it has to send is read from its write BIO. It checks the server's certificate against
  // `server_name`, or `host` where the operator gave none. Null when memory is out.
  net::SslPtr NewSession(const std::string& host) const;

 private:
  ClientTls(net::SslContextPtr context, const TlsOptions& options)
      : context_(std::move(context)), verify_(options.verify), server_name_(options.server_name) {}

  net::SslContextPtr context_;
  const bool verify_;
  const std::string server_name_;
};

// Why a session broke down, from OpenSSL's error queue and the verdict on the certificate.
std::string WhyTlsFailed(const ssl_st* session);

}  // namespace culvert::redis
