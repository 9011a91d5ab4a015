#include "server/redis/client_tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <optional>

#include "server/base/address.h"
#include "server/net/tls_files.h"

namespace culvert::redis {
namespace {

using Error = std::optional<std::string>;

Error UseAuthorities(SSL_CTX* context, const TlsOptions& options) {
  if (options.ca_file.empty() && options.ca_path.empty()) {
    SSL_CTX_set_default_verify_paths(context);
    return std::nullopt;
  }
  if (!options.ca_file.empty() && SSL_CTX_load_verify_file(context, options.ca_file.c_str()) != 1) {
    return "ca=" + options.ca_file + " cannot be used: " + net::TakeOpenSslReason();
  }
  if (!options.ca_path.empty() && SSL_CTX_load_verify_dir(context, options.ca_path.c_str()) != 1) {
    return "capath=" + options.ca_path + " cannot be used: " + net::TakeOpenSslReason();
  }
  return std::nullopt;
}

// Instead of OpenSSL's own, which would ask at the terminal.
int NoPassword(char*, int, int, void*) {
  return -1;
}

Error UseOwnCertificate(SSL_CTX* context, const TlsOptions& options) {
  if (options.cert_file.empty()) return std::nullopt;
  if (SSL_CTX_use_certificate_chain_file(context, options.cert_file.c_str()) != 1) {
    return "cert=" + options.cert_file + " cannot be used: " + net::TakeOpenSslReason();
  }
  SSL_CTX_set_default_passwd_cb(context, &NoPassword);
  const std::string& key = options.key_file.empty() ? options.cert_file : options.key_file;
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    return "clientkey=" + key + " cannot be used: " + net::TakeOpenSslReason();
  }
  return std::nullopt;
}

// RFC 6125: an address must be in the certificate as an address, a name as a name.
bool ExpectName(SSL* session, const std::string& name) {
  const auto address = IpAddress::Parse(name);
  if (!address) return SSL_set1_host(session, name.c_str()) == 1;
  return X509_VERIFY_PARAM_set1_ip(SSL_get0_param(session), address->bytes().data(),
                                   address->bytes().size()) == 1;
}

}  // namespace

Result<std::unique_ptr<ClientTls>, std::string> ClientTls::Load(const TlsOptions& options) {
  ERR_clear_error();
  net::SslContextPtr context(SSL_CTX_new(TLS_client_method()));
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) {
    return Failure{"OpenSSL cannot set up TLS: " + net::TakeOpenSslReason()};
  }
  SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_verify(context.get(), options.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (Error error = UseAuthorities(context.get(), options)) return Failure{std::move(*error)};
  if (Error error = UseOwnCertificate(context.get(), options)) return Failure{std::move(*error)};
  return std::unique_ptr<ClientTls>(new ClientTls(std::move(context), options));
}

net::SslPtr ClientTls::NewSession(const std::string& host) const {
  net::SslPtr session(SSL_new(context_.get()));
  BIO* const in = BIO_new(BIO_s_mem());
  BIO* const out = BIO_new(BIO_s_mem());
  if (!session || in == nullptr || out == nullptr) {
    BIO_free(in);
    BIO_free(out);
    return nullptr;
  }
  SSL_set_bio(session.get(), in, out);
  SSL_set_connect_state(session.get());
  const std::string& name = server_name_.empty() ? host : server_name_;
  // RFC 6066 section 3: server_name is for names, not for addresses.
  if (!IpAddress::Parse(name)) {
    std::string sent = name;  // the call takes no const pointer
    SSL_ctrl(session.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, sent.data());
  }
  if (verify_ && !ExpectName(session.get(), name)) return nullptr;
  return session;
}

std::string WhyTlsFailed(const ssl_st* session) {
  const long verdict = SSL_get_verify_result(session);
  std::string reason = net::TakeOpenSslReason();
  if (verdict != X509_V_OK) {
    return std::string("the server's certificate is refused: ") +
           X509_verify_cert_error_string(verdict);
  }
  return "TLS failed: " + reason;
}

}  // namespace culvert::redis
